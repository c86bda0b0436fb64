//! Where the platform's App Center and its mails lead to: what the address brings is taken out of
//! it at once.

use axum::extract::RawQuery;
use axum::response::{IntoResponse as _, Response};
use bursar_web::Form;

use super::pending::Pending;
use super::views::Refusal;
use super::visit::Visit;

/// More characters are no id and no token.
const VALUE_MAX: usize = 512;

/// `GET /{app}/landing`: `id` and `requestToken`, for a company `userId` too.
///
/// Source: the e-receipts integration guide, "App Center Flow"; the funds management guide,
/// "Activation / Connection".
pub(super) async fn land(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let query = parameters(query.as_deref());
    let (Some(id), Some(request_token)) = (value(&query, "id"), value(&query, "requestToken"))
    else {
        return visit.to_refused(Refusal::Incomplete);
    };
    let pending = Pending::AppCenter {
        id,
        request_token,
        user_id: value(&query, "userId"),
    };
    go_on(&visit, pending).await
}

/// `GET /{app}/otp`: the guide calls the one-time password `otl`, the reference `token`.
pub(super) async fn mailed(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let query = parameters(query.as_deref());
    let token = value(&query, "token").or_else(|| value(&query, "otl"));
    match token {
        Some(token) => go_on(&visit, Pending::Mailed { token }).await,
        None => visit.to_refused(Refusal::Incomplete),
    }
}

/// Keeps what came, and leads to the page that asks.
pub(super) async fn go_on(visit: &Visit, pending: Pending) -> Response {
    match visit.keep(pending).await {
        Ok(cookie) => (cookie, visit.to("connect")).into_response(),
        Err(answer) => answer,
    }
}

/// The parameters of an address; none where it cannot be read.
pub(super) fn parameters(query: Option<&str>) -> Form {
    Form::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default()
}

/// A parameter that can be one of the platform's values.
pub(super) fn value(query: &Form, name: &str) -> Option<String> {
    let value = query.get(name)?;
    let fit = value.len() <= VALUE_MAX && value.bytes().all(|byte| byte.is_ascii_graphic());
    fit.then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_values_of_the_platform_are_taken() {
        let long = format!("id={}", "a".repeat(VALUE_MAX + 1));
        for bad in ["", "id", "id=a%20b", "id=%00", "id=a&id=b", long.as_str()] {
            assert_eq!(value(&parameters(Some(bad)), "id"), None, "{bad}");
        }
        let query = parameters(Some("id=8568a4cd&requestToken=5185ae5a"));
        assert_eq!(value(&query, "id").as_deref(), Some("8568a4cd"));
    }
}
