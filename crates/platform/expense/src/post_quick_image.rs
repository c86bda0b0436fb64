//! `POST /quickexpense/v4/users/{userId}/context/{contextType}/quickexpenses/image`.
//! Source: v4.quick-expense.md, "Create a Quick Expense with an Image".

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use bursar_blobs::Blobs;
use bursar_oauth::Caller;
use bursar_pictures::{Format, receive};
use bursar_web::{DataCenter, Multipart};
use utoipa::ToSchema;

use crate::ExpenseState;
use crate::access::{Call, Named, Quick};
use crate::error::{Broken, ExpenseError, ExpenseErrorBody, Fault};
use crate::post_quick::{BODY_MAX, Created, QuickExpenseCreated, Sent, created};

/// Source: `fileContent`: PNG, PDF, TIFF, JPEG; no GIF. What the part declares is not believed.
const FORMATS: [Format; 4] = [Format::Png, Format::Pdf, Format::Tiff, Format::Jpeg];
/// Source: the same: 50 MB. `Choice:` of 1,048,576 bytes, so that no reading of it is refused.
const PICTURE_MAX: usize = 50 << 20;
/// Both parts, and room for what divides them.
const FORM_MAX: usize = BODY_MAX + PICTURE_MAX + (64 << 10);

const PICTURE: &str = "fileContent";
const REQUEST: &str = "quickExpenseRequest";

/// The parts of a quick expense with an image.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "only described")]
pub(crate) struct QuickExpenseForm {
    /// PNG, PDF, TIFF or JPEG, at most 50 MB.
    #[schema(value_type = String, format = Binary)]
    file_content: Vec<u8>,
    /// The quick expense's JSON.
    #[schema(value_type = Object)]
    quick_expense_request: String,
}

/// Posts a quick expense with an image.
#[utoipa::path(post, tag = "Quick Expense v4",
    path = "/quickexpense/v4/users/{userId}/context/{contextType}/quickexpenses/image",
    params(
        ("userId" = String, Path, description = "The traveller's UUID"),
        ("contextType" = String, Path, description = "TRAVELER"),
    ),
    request_body(content = QuickExpenseForm, content_type = "multipart/form-data"),
    responses((status = 201, body = QuickExpenseCreated),
        (status = 400, body = ExpenseErrorBody), (status = 401, body = ExpenseErrorBody),
        (status = 403, body = ExpenseErrorBody), (status = 404, body = ExpenseErrorBody),
        (status = 413, body = ExpenseErrorBody), (status = 415, body = ExpenseErrorBody),
        (status = 429, body = ExpenseErrorBody)))]
pub(crate) async fn post_quick_expense_image(
    State(state): State<ExpenseState>,
    caller: Caller<Quick>,
    call: Call,
    Extension(data_center): Extension<Arc<DataCenter>>,
    Named(place): Named<(String, String)>,
    request: Request,
) -> Result<Created, ExpenseError> {
    let sent = form(request, &state.blobs);
    let posted = state.post(&caller, &call, place, sent).await;
    posted
        .map(|posted| created(&data_center, &posted))
        .map_err(|fault| call.refused(fault))
}

/// Reads both parts, each once, in either order. `Choice:` others are refused, for one with a
/// misspelt name would be lost.
async fn form(request: Request, blobs: &Blobs) -> Result<Sent, Fault> {
    let mut form = Multipart::of(request, FORM_MAX)?;
    let (mut json, mut picture) = (None, None);
    while let Some(part) = form.next().await? {
        match part.name() {
            REQUEST if json.is_none() => json = Some(part.whole(BODY_MAX).await?),
            PICTURE if picture.is_none() => {
                picture = Some(receive(part, blobs, &FORMATS, PICTURE_MAX).await?);
            }
            other => return Err(Fault::Part(other.to_owned())),
        }
    }
    match (json, picture) {
        (Some(json), Some(picture)) => Ok(Sent {
            json,
            picture: Some(picture),
        }),
        (json, picture) => {
            let missing = [(REQUEST, json.is_none()), (PICTURE, picture.is_none())];
            let missing = missing.into_iter().filter(|(_, missing)| *missing);
            let broken = missing.map(|(name, _)| Broken {
                message: format!("{name} is missing"),
                source: name.to_owned(),
            });
            Err(Fault::Rules(broken.collect()))
        }
    }
}
