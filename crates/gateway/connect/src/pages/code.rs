//! The code that was mailed, typed where it was asked for, and the password that it may set.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::http::StatusCode;
use axum::response::Response;
use bursar_pages::respond;
use bursar_secrets::is_long_enough;
use secrecy::SecretString;

use super::proof::Wanted;
use super::sign_up::{is_name, owner};
use super::store::proof::Current;
use super::views::{CodePage, CodeProblem, PasswordPage, SignUpFaults};
use super::visit::{Posted, Visit};

/// `GET /{app}/signin/code`.
pub(super) async fn show(visit: Visit) -> Response {
    match visit.proof().await {
        Ok(Some((current, _))) if current.proved => visit.to("signin/password"),
        Ok(Some((_, wanted))) => page(&visit, &wanted, None),
        Ok(None) => visit.to("connect"),
        Err(answer) => answer,
    }
}

fn page(visit: &Visit, wanted: &Wanted, problem: Option<CodeProblem>) -> Response {
    let status = match problem {
        None => StatusCode::OK,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let page = CodePage {
        frame: visit.frame(),
        base: format!("/{}", visit.app.id),
        brand: visit.app.brand.clone(),
        address: wanted.address.clone(),
        problem,
    };
    respond::page(status, &page)
}

/// `POST /{app}/signin/code`.
pub(super) async fn enter(visit: Visit, posted: Posted) -> Response {
    let entered = async {
        let form = visit.strangers_form(posted)?;
        let (Some(key), Some((current, wanted))) = (visit.session_key(), visit.proof().await?)
        else {
            return Ok(visit.to("connect"));
        };
        if current.proved {
            return Ok(visit.to("signin/password"));
        }
        let Some(tried) = visit.try_code(key).await? else {
            // Sent twice: the first one was it, and the session is another by now.
            let still = visit.proof().await?.is_some();
            let void = still.then(|| page(&visit, &wanted, Some(CodeProblem::Void)));
            return Ok(void.unwrap_or_else(|| visit.to("connect")));
        };
        let digits: String = form
            .get("code")
            .unwrap_or_default()
            .split_whitespace()
            .collect();
        let right = verify_slices_are_equal(digits.as_bytes(), tried.proof.code.as_bytes());
        if right.is_ok() {
            return visit.prove(tried.id, &tried.proof.wanted).await;
        }
        let problem = if tried.last {
            CodeProblem::Void
        } else {
            CodeProblem::Wrong
        };
        Ok(page(&visit, &wanted, Some(problem)))
    };
    entered.await.unwrap_or_else(|no: Response| no)
}

/// `POST /{app}/signin/code/again`: another code, which replaces the one before.
pub(super) async fn again(visit: Visit, posted: Posted) -> Response {
    let sent = async {
        visit.strangers_form(posted)?;
        let Some((_, wanted)) = visit.proof().await? else {
            return Ok(visit.to("connect"));
        };
        let sent = visit.ask_for_code(wanted.clone()).await?;
        Ok(sent.unwrap_or_else(|| page(&visit, &wanted, Some(CodeProblem::TooMany))))
    };
    sent.await.unwrap_or_else(|no: Response| no)
}

/// `GET /{app}/signin/password`: for who has proved an address.
pub(super) async fn show_password(visit: Visit) -> Response {
    let shown = async {
        let (_, wanted) = proved(&visit).await?;
        let page = password_page(&visit, &wanted).await?;
        Ok(respond::page(StatusCode::OK, &page))
    };
    shown.await.unwrap_or_else(|no: Response| no)
}

/// `POST /{app}/signin/password`.
pub(super) async fn set_password(visit: Visit, posted: Posted) -> Response {
    let set = async {
        let form = visit.strangers_form(posted)?;
        let (current, wanted) = proved(&visit).await?;
        let page = password_page(&visit, &wanted).await?;
        let field = |name| form.get(name).unwrap_or_default();
        let faults = SignUpFaults {
            name: page.is_new && !is_name(field("name")),
            email: false,
            short: !is_long_enough(&SecretString::from(field("password"))),
        };
        if !faults.is_empty() {
            let name = field("name").to_owned();
            let page = PasswordPage {
                name,
                faults,
                ..page
            };
            return Ok(respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page));
        }
        let owner = owner(&visit, &form).await?;
        visit.set_password(current.id, &wanted, &owner).await
    };
    set.await.unwrap_or_else(|no: Response| no)
}

/// What this session has proved, or the way to where that begins.
async fn proved(visit: &Visit) -> Result<(Current, Wanted), Response> {
    let found = visit.proof().await?;
    let proved = found.filter(|(current, _)| current.proved && current.expires_at > visit.now());
    proved.ok_or_else(|| visit.to("signin/forgot"))
}

async fn password_page(visit: &Visit, wanted: &Wanted) -> Result<PasswordPage, Response> {
    let vault = &visit.state.vault;
    let found = vault.find_account(&visit.app.id, &wanted.address).await;
    let found = found.map_err(|error| visit.failed(&error))?;
    Ok(PasswordPage {
        frame: visit.frame(),
        base: format!("/{}", visit.app.id),
        brand: visit.app.brand.clone(),
        address: wanted.address.clone(),
        is_new: found.is_none(),
        name: String::new(),
        faults: SignUpFaults::default(),
    })
}
