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

/// Header fields, a line each, without their secrets. One that does not fit leaves its length, or
/// is counted at the end.
pub(crate) fn headers(headers: &HeaderMap) -> String {
    let (mut lines, mut length, mut left_out) = (Vec::new(), 0, 0);
    for (name, value) in headers {
        let secret = [AUTHORIZATION, SET_COOKIE].contains(name);
        let text = String::from_utf8_lossy(value.as_bytes());
        let whole = format!("{name}: {}", if secret { MASK } else { &text });
        let cut = format!("{name}: [cut: {} bytes]", value.len());
        let fits = |line: &String| length + line.len() < HEADERS_MAX;
        let Some(line) = [whole, cut].into_iter().find(fits) else {
            left_out += 1;
            continue;
        };
        length += line.len() + 1;
        lines.push(line);
    }
    if left_out > 0 {
        lines.push(format!("[cut: {left_out} fields]"));
    }
    lines.join("\n")
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
        // One that is too long does not hide those after it.
        map.append("long", "a".repeat(HEADERS_MAX).parse().unwrap());
        map.append("last", "z".parse().unwrap());
        let cut = format!("{kept}\nlong: [cut: 16384 bytes]\nlast: z");
        assert_eq!(headers(&map), cut);
        for _ in 0..1_000 {
            map.append("more", "0123456789".parse().unwrap());
        }
        let many = headers(&map);
        assert!(
            many.len() < HEADERS_MAX + 32 && many.starts_with(&cut),
            "{many}"
        );
        assert!(many.ends_with(" fields]"), "{many}");
    }

    #[test]
    fn what_cannot_be_read_is_not_kept() {
        let masked = json(&Bytes::from_static(b"access_token=hush"));
        assert_eq!(masked, "[17 bytes that are no JSON object]");
        assert_eq!(json(&Bytes::new()), "");
    }
}
