//! Forms that pages send, as far as they are the same everywhere.

use axum::body::Bytes;
use bursar_web::{BodyError, Form, RawBody};

use crate::ErrorKind;

/// A form's body, as handlers take it.
pub type Posted<const MAX: usize> = Result<RawBody<MAX>, BodyError>;

/// The bytes of a form, or what is shown in its place.
pub fn bytes<const MAX: usize>(posted: Posted<MAX>) -> Result<Bytes, ErrorKind> {
    match posted {
        Ok(body) => Ok(body.bytes),
        Err(BodyError::TooLarge { .. }) => Err(ErrorKind::TooLarge),
        Err(_) => Err(ErrorKind::Unreadable),
    }
}

/// The fields of a form, or what is shown in its place.
pub fn fields<const MAX: usize>(posted: Posted<MAX>) -> Result<Form, ErrorKind> {
    Form::parse(&bytes(posted)?).map_err(|_| ErrorKind::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &'static str) -> RawBody<64> {
        RawBody {
            bytes: text.into(),
            content_type: None,
        }
    }

    #[test]
    fn a_form_is_read_or_says_why_not() {
        let form = fields(Ok(body("name=a+b&csrf_token=c"))).unwrap();
        assert_eq!(form.get("name"), Some("a b"));
        assert_eq!(fields(Ok(body("a=1&a=2"))), Err(ErrorKind::Unreadable));
        let too_large: Posted<64> = Err(BodyError::TooLarge { max: 64 });
        assert_eq!(fields(too_large), Err(ErrorKind::TooLarge));
        let broken: Posted<64> = Err(BodyError::Broken);
        assert_eq!(bytes(broken), Err(ErrorKind::Unreadable));
    }
}
