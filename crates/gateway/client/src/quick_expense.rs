//! Quick Expense v4. Source: expense/quick-expense/v4.quick-expense.md; the e-receipts and quick
//! expense guide.

use bytes::Bytes;
use http::Method;
use serde::Deserialize;

use crate::failure::Failure;
use crate::media::{Image, json_part};
use crate::{AccessToken, Client, Done, Result};

/// A quick expense to post.
#[derive(Clone)]
pub struct NewQuickExpense {
    /// The expense, as JSON. It is sent to the letter.
    pub json: Bytes,
    /// Its picture: PNG, PDF, TIFF or JPEG of at most 50 MB.
    pub image: Option<Image>,
}

/// A quick expense that the platform has. Keep all of it: support asks for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PostedQuickExpense {
    /// `quickExpenseIdUri`.
    pub uri: String,
    /// The platform's correlation id, or the one sent.
    pub correlation_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    quick_expense_id_uri: String,
}

impl Client {
    /// Posts a quick expense for a user.
    pub async fn post_quick_expense(
        &self,
        access: &AccessToken,
        user_id: &str,
        expense: NewQuickExpense,
    ) -> Result<PostedQuickExpense> {
        let path = format!("/quickexpense/v4/users/{user_id}/context/TRAVELER/quickexpenses");
        let mut url = access.geolocation().join(&path);
        if expense.image.is_some() {
            url.push_str("/image");
        }
        let call = self.call(Method::POST, url).bearer(&access.secret);
        let call = match expense.image {
            None => call.json(expense.json),
            Some(image) => call.multipart(
                json_part("quickExpenseRequest", expense.json),
                image.part("fileContent"),
            ),
        };
        let mut exchanges = Vec::new();
        let success = self.after(&mut exchanges, call).await?;
        let Ok(body) = serde_json::from_slice::<Body>(&success.body) else {
            return Err(Failure::undocumented("has no quickExpenseIdUri", exchanges));
        };
        Ok(Done {
            value: PostedQuickExpense {
                uri: body.quick_expense_id_uri,
                correlation_id: success.exchange.correlation_id().to_owned(),
            },
            exchanges,
        })
    }
}
