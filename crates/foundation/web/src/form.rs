//! `application/x-www-form-urlencoded`, read strictly.

use std::collections::BTreeMap;
use std::fmt;

/// The parameters of a form or a query, each at most once (RFC 6749 section 3.2).
///
/// `Debug` shows names only: forms carry secrets.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Form(BTreeMap<String, String>);

/// Why a form cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FormError {
    /// A parameter stands there twice.
    #[error("the parameter {0} is repeated")]
    Repeated(String),
    /// A percent sign without two hex digits, or text that is not UTF-8.
    #[error("the form is not well encoded")]
    Malformed,
    /// More than [`Form::PARAMETERS_MAX`] parameters.
    #[error("the form has more than {} parameters", Form::PARAMETERS_MAX)]
    TooMany,
}

impl Form {
    /// Our own limit on the number of parameters.
    pub const PARAMETERS_MAX: usize = 100;

    /// Parses a body or a query string (without its question mark).
    pub fn parse(encoded: &[u8]) -> Result<Self, FormError> {
        let mut parameters = BTreeMap::new();
        for pair in encoded
            .split(|&byte| byte == b'&')
            .filter(|pair| !pair.is_empty())
        {
            if parameters.len() == Self::PARAMETERS_MAX {
                return Err(FormError::TooMany);
            }
            let equals = pair.iter().position(|&byte| byte == b'=');
            let (name, value) =
                equals.map_or((pair, &b""[..]), |at| (&pair[..at], &pair[at + 1..]));
            let name = decode(name)?;
            if parameters.contains_key(&name) {
                return Err(FormError::Repeated(name));
            }
            parameters.insert(name, decode(value)?);
        }
        Ok(Self(parameters))
    }

    /// A parameter's value. One without a value counts as absent (RFC 6749 section 3.2).
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// All parameters that have a value, in the order of their names.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.0.iter().map(|(name, value)| (&**name, &**value));
        all.filter(|(_, value)| !value.is_empty())
    }

    /// The names of all parameters, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// Writes parameters as a query or a body; what [`Form::parse`] reads, and every URL parser.
pub fn encode_form<'a>(parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut encoded = String::new();
    for (name, value) in parameters {
        if !encoded.is_empty() {
            encoded.push('&');
        }
        encode(&mut encoded, name);
        encoded.push('=');
        encode(&mut encoded, value);
    }
    encoded
}

/// Everything but the unreserved characters of RFC 3986 becomes a percent sign and two digits.
fn encode(encoded: &mut String, text: &str) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
            encoded.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Form")?;
        f.debug_set().entries(self.0.keys()).finish()
    }
}

fn decode(encoded: &[u8]) -> Result<String, FormError> {
    let mut decoded = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let [first, tail @ ..] = rest {
        rest = tail;
        match first {
            b'+' => decoded.push(b' '),
            b'%' => {
                let ([high, low], tail) = rest.split_first_chunk().ok_or(FormError::Malformed)?;
                decoded.push(nibble(*high)? << 4 | nibble(*low)?);
                rest = tail;
            }
            byte => decoded.push(*byte),
        }
    }
    String::from_utf8(decoded).map_err(|_| FormError::Malformed)
}

fn nibble(digit: u8) -> Result<u8, FormError> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        _ => Err(FormError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_parameters() {
        let form =
            Form::parse(b"grant_type=password&username=a%2Bb%40x.test&p=1+2%3d&&no&e=").unwrap();
        assert_eq!(form.get("grant_type"), Some("password"));
        assert_eq!(form.get("username"), Some("a+b@x.test"));
        assert_eq!(form.get("p"), Some("1 2="));
        for absent in ["no", "e", "other"] {
            assert_eq!(form.get(absent), None);
        }
        assert_eq!(
            form.names().collect::<Vec<_>>(),
            ["e", "grant_type", "no", "p", "username"]
        );
        assert_eq!(Form::parse(b""), Ok(Form::default()));
    }

    #[test]
    fn shows_no_value() {
        let form = Form::parse(b"password=secret").unwrap();
        assert_eq!(format!("{form:?}"), r#"Form{"password"}"#);
    }

    #[test]
    fn refuses_repeated_parameters_however_they_are_spelt() {
        for text in ["a=1&a=1", "a=1&%61=2", "a&b=1&a="] {
            assert_eq!(
                Form::parse(text.as_bytes()),
                Err(FormError::Repeated("a".into())),
                "{text}"
            );
        }
    }

    #[test]
    fn refuses_broken_encodings_and_floods() {
        for text in ["a=%", "a=%2", "a=%zz", "%=1", "a=%ff", "a=%C3"] {
            assert_eq!(
                Form::parse(text.as_bytes()),
                Err(FormError::Malformed),
                "{text}"
            );
        }
        let flood = (0..=Form::PARAMETERS_MAX)
            .map(|number| format!("{number}=1"))
            .collect::<Vec<_>>()
            .join("&");
        assert_eq!(Form::parse(flood.as_bytes()), Err(FormError::TooMany));
    }

    proptest! {
        #[test]
        fn reads_back_any_text(name in "\\PC{1,9}", value in "\\PC{1,40}") {
            let encoded = encode_form([(name.as_str(), value.as_str()), ("", "")]);
            let form = Form::parse(encoded.as_bytes()).unwrap();
            prop_assert_eq!(form.get(&name), Some(value.as_str()));
            prop_assert_eq!(form.pairs().collect::<Vec<_>>(), [(&*name, &*value)]);
        }

        #[test]
        fn never_panics(bytes: Vec<u8>) {
            let _ = Form::parse(&bytes);
        }
    }
}
