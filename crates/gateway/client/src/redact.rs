//! Bodies as they may be kept: secrets masked, everything else to the letter.

use bytes::Bytes;
use http::HeaderMap;
use http::header::{AUTHORIZATION, SET_COOKIE};
use serde_json::Value;

/// What stands for a secret.
const MASK: &str = "[redacted]";

/// Parameters and fields whose values are secrets, of requests and answers alike.
const SECRETS: [&str; 10] = [
    "access_token",
    "client_secret",
    "code",
    "code_verifier",
    "id_token",
    "otp",
    "password",
    "refresh_token",
    "secret",
    "token",
];

/// Bytes of an answer's header fields that are kept.
const HEADERS_MAX: usize = 16 << 10;

/// Header fields, a line each, without their secrets.
pub(crate) fn headers(headers: &HeaderMap) -> String {
    let mut text = String::new();
    for (name, value) in headers {
        let secret = [AUTHORIZATION, SET_COOKIE].contains(name);
        let value = String::from_utf8_lossy(value.as_bytes());
        let value = if secret { MASK } else { &value };
        if text.len() + name.as_str().len() + value.len() > HEADERS_MAX {
            break;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text.extend([name.as_str(), ": ", value]);
    }
    text
}

/// A form without its secrets.
pub(crate) fn form(pairs: &[(&str, &str)]) -> Bytes {
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs {
        let secret = SECRETS.contains(name);
        text.append_pair(name, if secret { MASK } else { value });
    }
    text.finish().into()
}

/// A JSON object without its secrets. A body that is no object may be anything, secrets included:
/// only its length is told.
pub(crate) fn json(body: &Bytes) -> Bytes {
    if body.is_empty() {
        return Bytes::new();
    }
    let Ok(Value::Object(mut object)) = serde_json::from_slice(body) else {
        return format!("[{} bytes that are no JSON object]", body.len()).into();
    };
    for (name, value) in &mut object {
        // Of an error, `code` is its number.
        let number = name == "code" && !value.is_string();
        if SECRETS.contains(&name.as_str()) && !number {
            *value = MASK.into();
        }
    }
    Value::Object(object).to_string().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_and_nothing_else() {
        let masked = form(&[("grant_type", "otp"), ("otp", "hush"), ("name", "Ana B")]);
        assert_eq!(masked, "grant_type=otp&otp=%5Bredacted%5D&name=Ana+B");
        let masked = json(&Bytes::from_static(
            br#"{"code":16,"access_token":"hush","geolocation":"https://x.test"}"#,
        ));
        assert_eq!(
            masked,
            r#"{"access_token":"[redacted]","code":16,"geolocation":"https://x.test"}"#
        );
    }

    #[test]
    fn header_fields_are_kept_without_cookies() {
        let mut map = HeaderMap::new();
        for (name, value) in [("set-cookie", "a=hush"), ("link", "<x>"), ("link", "<y>")] {
            map.append(name, value.parse().unwrap());
        }
        let kept = headers(&map);
        assert_eq!(kept, "set-cookie: [redacted]\nlink: <x>\nlink: <y>");
        map.append("long", "a".repeat(HEADERS_MAX).parse().unwrap());
        assert_eq!(headers(&map), kept);
    }

    #[test]
    fn what_cannot_be_read_is_not_kept() {
        let masked = json(&Bytes::from_static(b"access_token=hush"));
        assert_eq!(masked, "[17 bytes that are no JSON object]");
        assert_eq!(json(&Bytes::new()), "");
    }
}
