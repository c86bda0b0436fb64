//! What a traveller changes of an expense. Each change leaves a row of its history, in the same
//! operation: nothing disappears without a trace.

use bursar_db::{DbError, Tx};
use bursar_kernel::{Micros, Uuid};

use crate::{AvailableExpense, ExpenseType, Traveller, store};

/// Who changes something, and when.
#[derive(Clone, Debug)]
pub struct Author {
    /// Names the change; time-ordered, so that a history needs no other sort.
    pub change_id: Uuid,
    /// The user.
    pub user_id: Uuid,
    /// That user's name, as it is now.
    pub name: String,
    /// The moment.
    pub at: Micros,
}

/// What was changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Changed {
    /// The expense type, by name.
    Type,
    /// The comment.
    Comment,
    /// Whether it is hidden: `yes` or nothing.
    Hidden,
}

impl Changed {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Comment => "comment",
            Self::Hidden => "hidden",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::Type, Self::Comment, Self::Hidden]
            .into_iter()
            .find(|what| what.as_str() == name)
    }
}

/// An entry of an expense's history.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// The name of whoever did it.
    pub by: String,
    /// When.
    pub at: Micros,
    /// What was changed.
    pub what: Changed,
    /// What it was; nothing where there was none.
    pub was: Option<String>,
    /// What it became.
    pub became: Option<String>,
}

/// An expense's own words, as a form gives them.
#[derive(Clone, Debug)]
pub struct Edit {
    /// The expense.
    pub expense_id: Uuid,
    /// The version that the form was made from.
    pub version: i64,
    /// What it was for.
    pub expense_type: ExpenseType,
    /// The comment, if there is to be one.
    pub comment: Option<String>,
}

/// What became of a change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It is as the form says, be it that it was so before.
    Done,
    /// Somebody else, or another window, changed it after the form was made. Nothing was done.
    Overtaken(Box<AvailableExpense>),
    /// There is no such expense for this traveller.
    NotFound,
}

/// Changes type and comment.
pub(crate) async fn edit(
    tx: &mut Tx,
    of: Traveller,
    edit: &Edit,
    author: &Author,
) -> Result<Outcome, DbError> {
    let Some(now) = store::get(tx, of, edit.expense_id).await? else {
        return Ok(Outcome::NotFound);
    };
    if is_so(&now, edit) {
        return Ok(Outcome::Done);
    }
    if now.version != edit.version || !store::set_own(tx, of, edit).await? {
        return overtaken(tx, of, edit).await;
    }
    let types = (&now.expense_type, &edit.expense_type);
    if types.0 != types.1 {
        let names = (Some(types.0.name.as_str()), Some(types.1.name.as_str()));
        store::note(tx, of, edit.expense_id, author, (Changed::Type, names)).await?;
    }
    if now.comment != edit.comment {
        let texts = (now.comment.as_deref(), edit.comment.as_deref());
        store::note(tx, of, edit.expense_id, author, (Changed::Comment, texts)).await?;
    }
    Ok(Outcome::Done)
}

/// A form that is sent twice meets its own change.
async fn overtaken(tx: &mut Tx, of: Traveller, edit: &Edit) -> Result<Outcome, DbError> {
    Ok(match store::get(tx, of, edit.expense_id).await? {
        None => Outcome::NotFound,
        Some(now) if is_so(&now, edit) => Outcome::Done,
        Some(now) => Outcome::Overtaken(Box::new(now)),
    })
}

fn is_so(now: &AvailableExpense, edit: &Edit) -> bool {
    now.expense_type == edit.expense_type && now.comment == edit.comment
}

/// Hides an expense, or shows it again. What is so already stays so, and leaves no trace.
pub(crate) async fn set_hidden(
    tx: &mut Tx,
    of: Traveller,
    expense_id: Uuid,
    hidden: bool,
    author: &Author,
) -> Result<Outcome, DbError> {
    if store::set_hidden(tx, of, expense_id, hidden).await? {
        let words = |hidden: bool| hidden.then_some("yes");
        let change = (Changed::Hidden, (words(!hidden), words(hidden)));
        store::note(tx, of, expense_id, author, change).await?;
        return Ok(Outcome::Done);
    }
    let found = store::get(tx, of, expense_id).await?;
    Ok(found.map_or(Outcome::NotFound, |_| Outcome::Done))
}
