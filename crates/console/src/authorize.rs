//! `/oauth2/v0/authorize`: an app asks a person to allow it to act for them.
//!
//! Source: api-reference/authentication/apidoc.markdown, "Authorization grant"; the e-receipts
//! integration guide, "Web Flow". What the parameters mean, and who may be redirected where, is
//! `bursar_oauth`'s.

use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use bursar_db::{DbError, Isolation, Tx};
use bursar_directory::{Decision, Stamp, api as directory};
use bursar_kernel::Uuid;
use bursar_oauth::api::{
    Authorization, AuthorizationCode, NotAsked, Prompt, authorization, issue_code,
};
use bursar_pages::session::csrf_token_matches;
use bursar_pages::{ErrorKind, respond};
use bursar_web::{BodyError, Form, RawBody, encode_form};
use serde_json::{Value, json};

use crate::sign_in::{FORM_MAX, first, own_form};
use crate::store::Session;
use crate::views::{ConsentPage, NotAskedPage};
use crate::{AUTHORIZE, Asked};

/// What an app sends people along with. Each at most once.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query, which is read by names")]
struct AuthorizeQuery {
    /// The app's id.
    client_id: String,
    /// Where the answer goes: one of the app's registered addresses, byte for byte.
    redirect_uri: String,
    /// Always `code`.
    response_type: String,
    /// Names separated by spaces; all of the app's without it.
    scope: Option<String>,
    /// Comes back unchanged.
    state: Option<String>,
    /// Comes back in the id token.
    nonce: Option<String>,
    /// `none`, `login`, `consent` or `select_account`.
    prompt: Option<String>,
    /// `page`, `popup`, `touch` or `wap`.
    display: Option<String>,
    /// SHA-256 of a verifier (RFC 7636).
    code_challenge: Option<String>,
    /// Always `S256`.
    code_challenge_method: Option<String>,
}

/// Asks a person, on the `www` name, whether an app may act for them.
///
/// After sign-in where there is no session. The decision leads back to `redirect_uri` with
/// `geolocation`, `code` and `state`, or with `error_code` and `error_description`.
#[utoipa::path(
    get,
    path = "/oauth2/v0/authorize",
    params(AuthorizeQuery),
    responses(
        (status = 200, description = "The consent page", body = String, content_type = "text/html"),
        (status = 303, description = "To the sign-in page, or back to the app with a refusal"),
        (status = 400, description = "A page that says why nobody is sent back",
            body = String, content_type = "text/html"),
        (status = 500, description = "Our fault", body = String, content_type = "text/html"),
        (status = 503, description = "Busy", body = String, content_type = "text/html"),
    )
)]
pub(crate) async fn show(asked: Asked, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let authorization = match authorization(&asked.state.oauth, &query).await {
        Ok(authorization) => authorization,
        Err(error) => return not_asked(&asked, error),
    };
    let session = match asked.session().await {
        Ok(session) => session,
        Err(error) => return asked.failed(&error),
    };
    match (authorization.prompt, session) {
        (Prompt::SignIn, _) => first(&without_sign_in(&query)),
        (Prompt::Nothing, None) => leave(&authorization.not_without_a_page(false)),
        (Prompt::Usual, None) => first(&format!("{AUTHORIZE}?{query}")),
        (prompt, Some(session)) => {
            let company_id = session.company.id;
            match authorization
                .turned_off(&asked.state.oauth, company_id)
                .await
            {
                Err(error) => asked.failed(&error),
                Ok(Some(target)) => leave(&target),
                Ok(None) if prompt == Prompt::Nothing => {
                    leave(&authorization.not_without_a_page(true))
                }
                Ok(None) => consent(&asked, &session, &authorization, query),
            }
        }
    }
}

/// After sign-in the same request must not ask for sign-in again. That it asks for consent stays:
/// some scopes want that.
fn without_sign_in(query: &str) -> String {
    let form = Form::parse(query.as_bytes()).unwrap_or_default();
    let rest = form.pairs().filter_map(|(name, value)| match name {
        "prompt" => {
            let mut words = value.split_ascii_whitespace();
            words
                .find(|word| *word == "consent")
                .map(|word| (name, word))
        }
        _ => Some((name, value)),
    });
    format!("{AUTHORIZE}?{}", encode_form(rest))
}

fn consent(
    asked: &Asked,
    session: &Session,
    authorization: &Authorization,
    request: String,
) -> Response {
    let page = ConsentPage {
        frame: asked.state.frame(&asked.headers, Some(session)),
        app_name: authorization.app_name.clone(),
        publisher: authorization.publisher.clone(),
        scopes: authorization
            .scopes
            .names()
            .map(ToOwned::to_owned)
            .collect(),
        request,
    };
    respond::page_leading_to(&authorization.form_target(), &page)
}

/// Takes the person's decision. The request comes back whole and is checked again; the session's
/// token shows that it is the one that the person saw.
pub(crate) async fn decide(asked: Asked, body: Result<RawBody<FORM_MAX>, BodyError>) -> Response {
    let session = match asked.session().await {
        Ok(session) => session,
        Err(error) => return asked.failed(&error),
    };
    let form = own_form(&asked, body).unwrap_or_default();
    let field = |name| form.get(name).unwrap_or_default();
    let csrf = session.as_ref().map_or("", |session| session.csrf.as_str());
    let Some(session) = session
        .as_ref()
        .filter(|_| csrf_token_matches(csrf, field("csrf_token")))
    else {
        return asked.refuse(session.as_ref(), ErrorKind::SignedOut);
    };
    let authorization = match authorization(&asked.state.oauth, field("request")).await {
        Ok(authorization) => authorization,
        Err(error) => return not_asked(&asked, error),
    };
    match field("decision") {
        "allow" => allow(&asked, session, authorization).await,
        _ => leave(&authorization.declined()),
    }
}

async fn allow(asked: &Asked, session: &Session, authorization: Authorization) -> Response {
    let state = &asked.state;
    match authorization
        .turned_off(&state.oauth, session.company.id)
        .await
    {
        Ok(None) => {}
        Ok(Some(target)) => return leave(&target),
        Err(error) => return asked.failed(&error),
    }
    let home = match state.data_centers.home(&session.company.home) {
        Ok(home) => home,
        Err(error) => return asked.failed(&error),
    };
    let noted = Noted {
        stamp: Stamp::draw(&state.rng, state.clock.now(), session.user.id),
        company_id: session.company.id,
        app_name: authorization.app_name.clone(),
        details: json!({
            "app": authorization.app_id(),
            "for": "user",
            "scopes": authorization.scopes.names().collect::<Vec<_>>(),
        }),
    };
    let code = AuthorizationCode::draw(&state.oauth, authorization.clone(), &session.user);
    let target = authorization.granted(code.text(), home.base_uri());
    let args = (code, noted);
    let issuing = state
        .db
        .write(Isolation::Append, args, |tx, (code, noted)| {
            Box::pin(async move {
                issue_code(tx, code).await?;
                noted.append(tx).await
            })
        });
    match issuing.await {
        Ok(()) => leave(&target),
        Err(error) => asked.failed(&error),
    }
}

/// The consent's entry in the audit log.
struct Noted {
    stamp: Stamp,
    company_id: Uuid,
    app_name: String,
    details: Value,
}

impl Noted {
    async fn append(&self, tx: &mut Tx) -> Result<(), DbError> {
        let decision = Decision {
            company_id: &self.company_id,
            action: "app.connect",
            subject: &self.app_name,
            details: self.details.clone(),
        };
        directory::append_audit(tx, &self.stamp, &decision).await
    }
}

/// Leads to an app's registered address, which the checks above gave. Nothing of ours goes along.
fn leave(target: &str) -> Response {
    let headers = [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
    ];
    (headers, Redirect::to(target)).into_response()
}

fn not_asked(asked: &Asked, error: NotAsked) -> Response {
    match error {
        NotAsked::SentBack(target) => leave(&target),
        NotAsked::Shown(code, description) => {
            let page = NotAskedPage {
                frame: asked.state.frame(&asked.headers, None),
                code,
                description,
                correlation_id: asked.correlation_id.to_string(),
            };
            respond::page(StatusCode::BAD_REQUEST, &page)
        }
        NotAsked::Db(error) => asked.failed(&error),
    }
}

/// Whether a path of ours is an app's request.
pub(crate) fn leads_there(next: &str) -> bool {
    query_in(next).is_some()
}

fn query_in(next: &str) -> Option<&str> {
    next.strip_prefix(AUTHORIZE)?.strip_prefix('?')
}

/// The name of the app that asks at the path `next`, for the pages on the way there.
pub(crate) async fn app_name(asked: &Asked, next: &str) -> Option<String> {
    let asking = authorization(&asked.state.oauth, query_in(next)?).await;
    asking.ok().map(|authorization| authorization.app_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sign_in_is_taken_away() {
        for (prompt, left) in [
            ("login", ""),
            ("select_account", ""),
            ("login%20consent", "prompt=consent&"),
            ("consent+select_account", "prompt=consent&"),
        ] {
            let query = format!("client_id=1&%70rompt={prompt}&state=a%26b");
            let expected = format!("/oauth2/v0/authorize?client_id=1&{left}state=a%26b");
            assert_eq!(without_sign_in(&query), expected);
        }
    }

    #[test]
    fn an_apps_request_is_told_from_other_paths() {
        assert!(leads_there("/oauth2/v0/authorize?client_id=1"));
        for other in [
            "/expenses",
            "/oauth2/v0/authorize",
            "/oauth2/v0/authorized?x",
            "/?x",
        ] {
            assert!(!leads_there(other), "{other}");
        }
    }
}
