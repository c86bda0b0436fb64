//! What travellers change of their expenses: type and comment, and whether they see them.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use bursar_appcenter::{Fault, Faults};
use bursar_db::{DbError, Isolation};
use bursar_expense::{
    Author, AvailableExpense, Edit, ExpenseType, Outcome, Traveller, api as expenses,
};
use bursar_kernel::{Uuid, hex32};
use bursar_pages::ErrorKind;
use bursar_web::{Form, encode_form};

use crate::expense::{self, Named, Shown, Typed};
use crate::expenses::JUST;
use crate::list_query::{ListQuery, parse_id, with_query};
use crate::reader::{Anyone, Posted, Reader};

/// `Choice:` characters of a comment.
const COMMENT_MAX: usize = 2000;

/// Stores type and comment, unless they were changed after the form was made.
pub(crate) async fn set_details(
    reader: Reader<Anyone>,
    Path(id): Path<String>,
    posted: Posted,
) -> Response {
    let form = match reader.form(posted) {
        Ok(form) => form,
        Err(answer) => return answer,
    };
    let of = reader.session.traveller();
    let (now, types) = match found(&reader, of, &id).await {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let Some(version) = form.get("version").and_then(|version| version.parse().ok()) else {
        return reader.refuse(ErrorKind::Unreadable);
    };
    let (expense_type, comment, faults) = read(&form, &now, types);
    let (Some(expense_type), true) = (expense_type, faults.is_empty()) else {
        return again(
            reader,
            now.id,
            &form,
            StatusCode::UNPROCESSABLE_ENTITY,
            faults,
        )
        .await;
    };
    let edit = Edit {
        expense_id: now.id,
        version,
        expense_type,
        comment,
    };
    let args = (of, edit, author(&reader));
    let db = &reader.state().db;
    let saving = db.write(Isolation::ReadCommitted, args, |tx, (of, edit, author)| {
        Box::pin(expenses::edit(tx, *of, edit, author))
    });
    let saved: Result<_, DbError> = saving.await;
    match saved {
        Ok(Outcome::Done) => Redirect::to(&own_page(&now.id, &form)).into_response(),
        Ok(Outcome::Overtaken(_)) => {
            again(reader, now.id, &form, StatusCode::CONFLICT, Faults::new()).await
        }
        Ok(Outcome::NotFound) => reader.refuse(ErrorKind::NotFound),
        Err(error) => reader.failed(&error),
    }
}

/// Hides an expense, or shows it again; the list then offers the way back.
pub(crate) async fn set_hidden(
    reader: Reader<Anyone>,
    Path(id): Path<String>,
    posted: Posted,
) -> Response {
    let form = match reader.form(posted) {
        Ok(form) => form,
        Err(answer) => return answer,
    };
    let Some(id) = parse_id(&id) else {
        return reader.refuse(ErrorKind::NotFound);
    };
    let hidden = match form.get("hidden") {
        Some("yes") => true,
        Some("no") => false,
        _ => return reader.refuse(ErrorKind::Unreadable),
    };
    let args = (reader.session.traveller(), id, hidden, author(&reader));
    let db = &reader.state().db;
    let hiding = db.write(
        Isolation::ReadCommitted,
        args,
        |tx, (of, id, hidden, author)| {
            Box::pin(expenses::set_hidden(tx, *of, *id, *hidden, author))
        },
    );
    let done: Result<_, DbError> = hiding.await;
    match done {
        Ok(Outcome::NotFound) => reader.refuse(ErrorKind::NotFound),
        Ok(_) => Redirect::to(&list_with(&id, &form)).into_response(),
        Err(error) => reader.failed(&error),
    }
}

/// The traveller's expense, and the types that it may have.
async fn found(
    reader: &Reader<Anyone>,
    of: Traveller,
    id: &str,
) -> Result<(AvailableExpense, Vec<ExpenseType>), Response> {
    let Some(id) = parse_id(id) else {
        return Err(reader.refuse(ErrorKind::NotFound));
    };
    let reading = reader.state().db.scan((of, id), |tx, &(of, id)| {
        Box::pin(async move {
            let types = expenses::expense_types(tx, of.company_id).await?;
            Ok::<_, DbError>((expenses::get(tx, of, id).await?, types))
        })
    });
    match reading.await {
        Ok((Some(expense), types)) => Ok((expense, types)),
        Ok((None, _)) => Err(reader.refuse(ErrorKind::NotFound)),
        Err(error) => Err(reader.failed(&error)),
    }
}

/// Type and comment as typed, and what is wrong with them. The type that the expense has may stay,
/// be it configured or not.
fn read(
    form: &Form,
    now: &AvailableExpense,
    types: Vec<ExpenseType>,
) -> (Option<ExpenseType>, Option<String>, Faults) {
    let mut faults = Faults::new();
    let wanted = form.get("expense_type").unwrap_or_default();
    let mut types = types.into_iter();
    let expense_type = if now.expense_type.id == wanted {
        Some(now.expense_type.clone())
    } else {
        types.find(|one| one.id == wanted)
    };
    if expense_type.is_none() {
        faults.insert("expense_type", Fault::NotOffered);
    }
    let comment = form
        .get("comment")
        .unwrap_or_default()
        .replace("\r\n", "\n");
    let comment = comment.trim();
    if comment.chars().count() > COMMENT_MAX {
        faults.insert("comment", Fault::TooLong(COMMENT_MAX));
    }
    if comment
        .chars()
        .any(|c| c.is_control() && c != '\n' && c != '\t')
    {
        faults.insert("comment", Fault::Invisible);
    }
    let comment = (!comment.is_empty()).then(|| comment.to_owned());
    (expense_type, comment, faults)
}

fn author(reader: &Reader<Anyone>) -> Author {
    let state = reader.state();
    let at = state.clock.now();
    Author {
        change_id: state.rng.uuid_at(at),
        user_id: reader.session.user.id,
        name: reader.session.display_name(),
        at,
    }
}

/// The page with what was typed: nothing of it is stored.
async fn again(
    reader: Reader<Anyone>,
    id: Uuid,
    form: &Form,
    status: StatusCode,
    faults: Faults,
) -> Response {
    let text = |name| form.get(name).unwrap_or_default().to_owned();
    let shown = Shown {
        list: ListQuery::parse(&text("list")),
        saved: false,
        typed: Some(Typed {
            expense_type: text("expense_type"),
            comment: text("comment"),
            faults,
        }),
    };
    match Named::find(reader.asked, reader.session, id).await {
        Ok(named) => expense::page(named, status, shown).await,
        Err(answer) => answer,
    }
}

/// The expense's page after a change; reloading it does nothing again.
fn own_page(id: &Uuid, form: &Form) -> String {
    let list = ListQuery::parse(form.get("list").unwrap_or_default()).query();
    let all = [("list", list.as_str()), ("saved", "1")];
    let query = encode_form(all.into_iter().filter(|(_, value)| !value.is_empty()));
    with_query(&format!("/expenses/{}", hex32(id)), &query)
}

/// The list that the reader came from, with a word on this expense.
fn list_with(id: &Uuid, form: &Form) -> String {
    let list = ListQuery::parse(form.get("list").unwrap_or_default()).query();
    let id = hex32(id);
    let just = encode_form([(JUST, id.as_str())]);
    let query = if list.is_empty() {
        just
    } else {
        format!("{list}&{just}")
    };
    with_query("/expenses", &query)
}
