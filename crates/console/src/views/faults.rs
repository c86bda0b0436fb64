//! What is wrong with the fields of a form, in words.

use bursar_appcenter::{Fault, Faults};
use bursar_pages::{Field, Messages};

/// A field that was checked.
pub(super) trait Checked {
    /// With its fault, if `faults` has one.
    #[must_use]
    fn checked(self, messages: &Messages, faults: &Faults) -> Self;
}

impl Checked for Field {
    fn checked(self, messages: &Messages, faults: &Faults) -> Self {
        let error = error(messages, faults, self.name());
        self.error(error)
    }
}

/// What is wrong with a field, in words; empty when nothing is.
pub(super) fn error(messages: &Messages, faults: &Faults, name: &str) -> String {
    let Some(fault) = faults.get(name) else {
        return String::new();
    };
    match fault {
        Fault::Missing => messages.text("fault-missing"),
        Fault::TooLong(max) => messages.text_with("fault-too-long", [("max", (*max).into())]),
        Fault::Invisible => messages.text("fault-invisible"),
        Fault::NotAnAddress => messages.text("fault-not-an-address"),
        Fault::NotHttps => messages.text("fault-not-https"),
        Fault::NotPlain => messages.text("fault-not-plain"),
        Fault::Reserved(name) => messages.text_with("fault-reserved", [("name", (*name).into())]),
        Fault::NotAScope(name) => {
            messages.text_with("fault-not-a-scope", [("name", name.as_str().into())])
        }
        Fault::NotARedirectUri(line) => {
            messages.text_with("fault-not-a-redirect-uri", [("line", line.as_str().into())])
        }
        Fault::Repeated(line) => {
            messages.text_with("fault-repeated", [("line", line.as_str().into())])
        }
        Fault::NotOffered => messages.text("fault-not-offered"),
        Fault::NotADay => messages.text("fault-not-a-day"),
    }
}
