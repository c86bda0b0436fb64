//! Asking before something is done that others notice at once.

use askama::Template;
use bursar_appcenter::{Faults, Stage};
use bursar_kernel::Uuid;
use bursar_pages::{Field, Frame};

use super::faults::Checked as _;
use super::settings::stage_text;

/// What is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Question {
    /// A partner wants to stop one of its apps.
    StopApp(Stage),
    /// A partner wants to take a listing back.
    Withdraw,
    /// An operator wants to stop the apps of a listing.
    BlockApps,
    /// An operator wants to take a certification back.
    TakeBack,
}

/// `GET` of what a form does that cannot be taken lightly; nothing is done yet.
#[derive(Template)]
#[template(path = "confirm.html")]
pub struct ConfirmPage {
    /// What surrounds it.
    pub frame: Frame,
    /// What is asked.
    pub question: Question,
    /// The listing that it is about.
    pub listing_id: Uuid,
    /// The listing's name.
    pub name: String,
    /// The words to the partner that were typed, where there are to be some.
    pub note: String,
    /// What is wrong with them.
    pub faults: Faults,
}

impl ConfirmPage {
    fn heading(&self) -> String {
        let messages = &self.frame.messages;
        let name = ("listing", self.name.as_str().into());
        match self.question {
            Question::StopApp(stage) => {
                let stage = ("stage", stage_text(messages, stage).into());
                messages.text_with("ask-stop", [name, stage])
            }
            Question::Withdraw => messages.text_with("ask-withdraw", [name]),
            Question::BlockApps => messages.text_with("ask-block", [name]),
            Question::TakeBack => messages.text_with("ask-take-back", [name]),
        }
    }

    fn title(&self) -> String {
        let heading = self.heading();
        if self.faults.is_empty() {
            return heading;
        }
        let listing = ("listing", heading.into());
        let messages = &self.frame.messages;
        messages.text_with("listing-title-failed", [listing])
    }

    fn lead(&self) -> String {
        let messages = &self.frame.messages;
        match self.question {
            Question::StopApp(_) => messages.text("ask-stop-lead"),
            Question::Withdraw => messages.text("ask-withdraw-lead"),
            Question::BlockApps => messages.text("ask-block-lead"),
            Question::TakeBack => messages.text("ask-take-back-lead"),
        }
    }

    fn yes(&self) -> String {
        let messages = &self.frame.messages;
        match self.question {
            Question::StopApp(_) | Question::BlockApps => messages.text("ask-stop-yes"),
            Question::Withdraw => messages.text("ask-withdraw-yes"),
            Question::TakeBack => messages.text("ask-take-back-yes"),
        }
    }

    fn path(&self) -> String {
        let id = self.listing_id;
        match self.question {
            Question::StopApp(stage) => format!("/partner/apps/{id}/enabled/{}", stage.word()),
            Question::Withdraw => format!("/partner/apps/{id}/state"),
            Question::BlockApps => format!("/operator/apps/{id}/blocked"),
            Question::TakeBack => format!("/operator/apps/{id}/review"),
        }
    }

    /// Name and value of the button that says yes.
    fn answer(&self) -> (&'static str, &'static str) {
        match self.question {
            Question::StopApp(_) => ("enabled", "no"),
            Question::Withdraw => ("action", "withdraw"),
            Question::BlockApps => ("blocked", "yes"),
            Question::TakeBack => ("decision", "take-back"),
        }
    }

    fn back(&self) -> String {
        match self.question {
            Question::StopApp(_) | Question::Withdraw => {
                format!("/partner/apps/{}", self.listing_id)
            }
            Question::BlockApps | Question::TakeBack => "/operator/apps".to_owned(),
        }
    }

    fn note_field(&self) -> Option<Field> {
        let messages = &self.frame.messages;
        (self.question == Question::TakeBack).then(|| {
            Field::line("ask", "note", messages.text("review-note"), &self.note)
                .hint(messages.text("ask-take-back-hint"))
                .checked(messages, &self.faults)
        })
    }
}
