//! Ids as they are written on the wire.

use std::fmt;

use uuid::Uuid;

/// A text that is not an id of the expected form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IdError;

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a well-formed id")
    }
}

impl std::error::Error for IdError {}

/// Receipt ids are 32 lower-case hex digits: a UUID without dashes.
pub fn hex32(id: &Uuid) -> String {
    id.simple().to_string()
}

/// Parses a UUID in its 36-character form, either case; no braces, no URN, no missing dashes.
pub fn uuid_from_text(text: &str) -> Result<Uuid, IdError> {
    if text.len() != 36 {
        return Err(IdError);
    }
    Uuid::try_parse(text).map_err(|_| IdError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_only_the_dashed_form() {
        let text = "08bdda1e-0d4f-4261-9f1b-f9b8d9f817d6";
        let id = uuid_from_text(text).unwrap();
        assert_eq!(uuid_from_text(&text.to_uppercase()), Ok(id));
        assert_eq!(hex32(&id), "08bdda1e0d4f42619f1bf9b8d9f817d6");
        assert_eq!(uuid_from_text(&hex32(&id)), Err(IdError));
        assert_eq!(
            uuid_from_text("urn:uuid:08bdda1e-0d4f-4261-9f1b-f9b8d9f817d6"),
            Err(IdError)
        );
    }
}
