//! `Authorization: Bearer` (RFC 6750 section 2.1).

use http::HeaderMap;
use http::header::AUTHORIZATION;

/// Why a request carries no usable bearer token.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BearerError {
    /// There is no `Authorization`, or it is of another scheme: RFC 6750 wants a challenge
    /// without an error code.
    #[error("no bearer token")]
    Missing,
    /// There are several, or the token has other characters than a token may have.
    #[error("a malformed Authorization header")]
    Malformed,
}

/// The bearer token of a request. The scheme's case does not matter.
pub fn bearer(headers: &HeaderMap) -> Result<&str, BearerError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(BearerError::Missing)?;
    if values.next().is_some() {
        return Err(BearerError::Malformed);
    }
    let value = value.to_str().map_err(|_| BearerError::Malformed)?;
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Err(BearerError::Missing);
    }
    let token = token.trim_start_matches(' ');
    if is_token(token) {
        Ok(token)
    } else {
        Err(BearerError::Malformed)
    }
}

/// `b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`
fn is_token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    !body.is_empty() && body.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn read(values: &[&str]) -> Result<String, BearerError> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(
                AUTHORIZATION,
                HeaderValue::from_bytes(value.as_bytes()).unwrap(),
            );
        }
        bearer(&headers).map(str::to_owned)
    }

    #[test]
    fn reads_one_token_of_any_scheme_case() {
        for value in [
            "Bearer aZ0-._~+/==",
            "bearer aZ0-._~+/==",
            "BEARER  aZ0-._~+/==",
        ] {
            assert_eq!(read(&[value]).as_deref(), Ok("aZ0-._~+/=="), "{value}");
        }
    }

    #[test]
    fn tells_missing_from_malformed() {
        for values in [&[][..], &["Basic YTpi"], &["Bearertoken"], &[""]] {
            assert_eq!(read(values), Err(BearerError::Missing), "{values:?}");
        }
        let malformed = [
            "Bearer",
            "Bearer ",
            "Bearer a b",
            "Bearer a,b",
            "Bearer =",
            "Bearer a=b",
            "Bearer é",
        ];
        for value in malformed {
            assert_eq!(read(&[value]), Err(BearerError::Malformed), "{value}");
        }
        assert_eq!(read(&["Bearer a", "Bearer a"]), Err(BearerError::Malformed));
    }
}
