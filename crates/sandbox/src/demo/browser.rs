//! Somebody's browser.

use std::collections::BTreeMap;

use bursar_outbound::{Request, Response};
use http::header::{COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use http::{HeaderValue, Method, StatusCode};

use super::{Demo, DemoError, FORM, Login, check, encode, expect, header, unexpected};

/// Keeps cookies, and the token of the last form that it saw.
pub(super) struct Browser<'d> {
    demo: &'d Demo<'d>,
    base: &'d str,
    cookies: BTreeMap<String, String>,
    csrf_token: String,
}

impl<'d> Browser<'d> {
    pub(super) fn new(demo: &'d Demo<'d>, base: &'d str) -> Self {
        Self {
            demo,
            base,
            cookies: BTreeMap::new(),
            csrf_token: String::new(),
        }
    }

    /// Whether somebody may be signed in.
    pub(super) fn has_cookies(&self) -> bool {
        !self.cookies.is_empty()
    }

    /// Signs in at the platform, on the way to `next`.
    pub(super) async fn sign_in(
        &mut self,
        step: &'static str,
        login: &Login,
        next: &str,
    ) -> Result<(), DemoError> {
        let Login {
            user_name,
            password,
        } = login;
        let form = [
            ("user_name", user_name.as_str()),
            ("password", password),
            ("next", next),
        ];
        let answer = self.post(step, "/signin", &form, StatusCode::SEE_OTHER);
        answer.await.map(drop)
    }

    pub(super) async fn get(
        &mut self,
        step: &'static str,
        path: &str,
        status: StatusCode,
    ) -> Result<Response, DemoError> {
        let request = self.request(step, Method::GET, path)?;
        let answer = self.demo.call(step, request, &shown("GET", path)).await?;
        self.remember(&answer);
        expect(step, &answer, status)?;
        Ok(answer)
    }

    /// Posts a form, with the token of the last one that was seen.
    pub(super) async fn post(
        &mut self,
        step: &'static str,
        path: &str,
        fields: &[(&str, &str)],
        status: StatusCode,
    ) -> Result<Response, DemoError> {
        let token = [("csrf_token", self.csrf_token.as_str())];
        let pairs = token.iter().chain(fields);
        let pairs = pairs.map(|(name, value)| format!("{name}={}", encode(value)));
        let form = pairs.collect::<Vec<_>>().join("&");
        let request = self
            .request(step, Method::POST, path)?
            .header(ORIGIN, secret(step, self.base)?)
            .body(FORM, form);
        let answer = self.demo.call(step, request, &shown("POST", path)).await?;
        self.remember(&answer);
        expect(step, &answer, status)?;
        Ok(answer)
    }

    /// The same, where the answer leads to another site; answers the path there.
    pub(super) async fn leave(
        &mut self,
        step: &'static str,
        path: &str,
        fields: &[(&str, &str)],
        site: &str,
    ) -> Result<String, DemoError> {
        let answer = self.post(step, path, fields, StatusCode::SEE_OTHER).await?;
        let target = header(step, &answer, &LOCATION)?;
        let problem = format!("it does not lead to {site}");
        check(step, target.starts_with(site), &problem)?;
        Ok(target[site.len()..].to_owned())
    }

    /// Looks at a page until `holds` says that all is there.
    pub(super) async fn look_until(
        &self,
        step: &'static str,
        path: &str,
        holds: impl Fn(&str) -> Result<bool, DemoError>,
    ) -> Result<(), DemoError> {
        let ask = || self.request(step, Method::GET, path);
        let read = |answer: &Response| {
            let there = holds(&String::from_utf8_lossy(&answer.body))?;
            Ok(there.then_some(()))
        };
        self.demo.until(step, &shown("GET", path), ask, read).await
    }

    fn request(
        &self,
        step: &'static str,
        method: Method,
        path: &str,
    ) -> Result<Request, DemoError> {
        let request = self.demo.request(method, &format!("{}{path}", self.base));
        if self.cookies.is_empty() {
            return Ok(request);
        }
        let cookies = self.cookies.iter();
        let cookies = cookies.map(|(name, value)| format!("{name}={value}"));
        let cookies = cookies.collect::<Vec<_>>().join("; ");
        Ok(request.header(COOKIE, secret(step, &cookies)?))
    }

    fn remember(&mut self, answer: &Response) {
        for cookie in answer.headers.get_all(SET_COOKIE) {
            let cookie = cookie.to_str().unwrap_or_default();
            let pair = cookie
                .split(';')
                .next()
                .and_then(|pair| pair.split_once('='));
            if let Some((name, value)) = pair {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let text = String::from_utf8_lossy(&answer.body);
        if let Some((_, rest)) = text.split_once("name=\"csrf_token\" value=\"") {
            rest.split('"')
                .next()
                .unwrap_or_default()
                .clone_into(&mut self.csrf_token);
        }
    }
}

/// A call as the timeline shows it: queries have secrets of the demo.
fn shown(method: &str, path: &str) -> String {
    format!("{method} {}", path.split('?').next().unwrap_or(path))
}

/// A value that no log shows.
pub(super) fn secret(step: &'static str, text: &str) -> Result<HeaderValue, DemoError> {
    let value = HeaderValue::from_str(text);
    let mut value = value.or_else(|_| unexpected(step, "it is no header value"))?;
    value.set_sensitive(true);
    Ok(value)
}
