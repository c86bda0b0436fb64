//! What support at the platform asks for in a case about one correlation id.
//!
//! Source: tools-support/support.markdown, "How To Log a Support Case". What only people know is
//! left blank, under its name.

use axum::extract::Path;
use axum::response::Response;
use bursar_gateway_connect::calls::Call;
use bursar_gateway_connect::{App, Detail};
use serde::Serialize;
use serde_json::Value;

use crate::calls::request_of;
use crate::visit::{Operator, file};

/// Calls with one correlation id: hardly ever more than one.
const CALLS_MAX: i64 = 20;
/// What stands where somebody has to write.
const BLANK: &str = "______________________________";
/// Members of a receipt or quick expense that tell which it is: pointers, and names for reading.
const TRANSACTION: [(&str, &str); 8] = [
    ("/seller/name", "Merchant"),
    ("/expenseTypeId", "Expense type"),
    ("/dateTime", "Date"),
    ("/transactionDate", "Date"),
    ("/total", "Amount"),
    ("/transactionAmount/value", "Amount"),
    ("/currencyCode", "Currency"),
    ("/transactionAmount/currencyCode", "Currency"),
];

/// A case.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    app_name: String,
    client_id: String,
    /// How the platform knows the customer: for people to say.
    customer_name: Option<String>,
    #[serde(rename = "companyUUID")]
    company_uuid: Option<String>,
    #[serde(rename = "concur-correlationId")]
    correlation_id: String,
    user_uuid: Option<String>,
    /// For people to say.
    reproduction_steps: Option<String>,
    employee_name: Option<String>,
    /// For people to say.
    report_or_request_name: Option<String>,
    transaction: Vec<(String, String)>,
    calls: Vec<CaseCall>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CaseCall {
    method: String,
    uri: String,
    request_payload: Option<String>,
    status: Option<i64>,
    response_headers: Option<String>,
    response_payload: Option<String>,
    started_at: String,
    took_milliseconds: i64,
    /// Why no answer came.
    problem: Option<String>,
    error_code: Option<String>,
    error_description: Option<String>,
}

/// `GET /console/calls/{app}/case.txt`.
pub(crate) async fn text(operator: Operator, Path(app): Path<String>) -> Response {
    match case(&operator, &app).await {
        Ok(case) => file(
            case.text().into_bytes(),
            "text/plain; charset=utf-8",
            &case.name("txt"),
        ),
        Err(answer) => answer,
    }
}

/// `GET /console/calls/{app}/case.json`.
pub(crate) async fn json(operator: Operator, Path(app): Path<String>) -> Response {
    let case = match case(&operator, &app).await {
        Ok(case) => case,
        Err(answer) => return answer,
    };
    match serde_json::to_vec_pretty(&case) {
        Ok(json) => file(json, "application/json", &case.name("json")),
        Err(error) => operator.failed(&error),
    }
}

async fn case(operator: &Operator, app: &str) -> Result<Case, Response> {
    let query = operator.query()?;
    let app = operator.app(app)?;
    let Some(correlation_id) = query.get("correlation") else {
        return Err(operator.not_found());
    };
    let calls = operator
        .vault()
        .correlated(&app.id, correlation_id, CALLS_MAX);
    let calls = calls.await.map_err(|error| operator.failed(&error))?;
    let connection = calls.iter().find_map(|call| call.connection_id);
    let detail = match connection {
        Some(id) => operator.vault().detail(&app.id, id).await,
        None => Ok(None),
    };
    let detail = detail.map_err(|error| operator.failed(&error))?;
    let mut requests = Vec::new();
    for call in &calls {
        requests.push(request_of(operator, &app.id, call).await?);
    }
    if calls.is_empty() {
        return Err(operator.not_found());
    }
    let by = operator.name();
    tracing::info!(
        by,
        app_id = app.id,
        correlation_id,
        "a support case is exported"
    );
    Ok(Case::of(&app, correlation_id, calls, requests, detail))
}

impl Case {
    fn of(
        app: &App,
        correlation_id: &str,
        calls: Vec<Call>,
        requests: Vec<Option<Vec<u8>>>,
        detail: Option<Detail>,
    ) -> Self {
        let carried = calls.iter().zip(&requests);
        let carried = carried.filter(|(call, _)| call.item_id.is_some());
        let bodies = carried.filter_map(|(_, body)| serde_json::from_slice(body.as_ref()?).ok());
        let transaction = bodies.map(|body| transaction(&body)).max_by_key(Vec::len);
        let user_uuid = calls.iter().find_map(|call| call.user_id.clone());
        let company_uuid = detail.as_ref().and_then(|detail| detail.company_id.clone());
        let account = detail.and_then(|detail| detail.account);
        Self {
            app_name: if app.brand.name.is_empty() {
                app.id.clone()
            } else {
                app.brand.name.clone()
            },
            client_id: app.client.client_id().to_owned(),
            customer_name: None,
            company_uuid,
            correlation_id: correlation_id.to_owned(),
            user_uuid,
            reproduction_steps: None,
            employee_name: account.map(|account| account.name),
            report_or_request_name: None,
            transaction: transaction.unwrap_or_default(),
            calls: calls
                .into_iter()
                .zip(requests)
                .map(|(call, request)| CaseCall::of(call, request))
                .collect(),
        }
    }

    /// The file's name: what of the id is safe in one.
    fn name(&self, ending: &str) -> String {
        let safe = self.correlation_id.chars();
        let safe: String = safe
            .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
            .collect();
        format!("support-case-{safe}.{ending}")
    }

    fn text(&self) -> String {
        let line =
            |label: &str, value: Option<&str>| format!("{label}: {}", value.unwrap_or(BLANK));
        let app = format!("{} (client id {})", self.app_name, self.client_id);
        let mut lines = vec![
            line("App name", Some(&app)),
            line(
                "Customer name, as the platform knows it",
                self.customer_name.as_deref(),
            ),
            line("CompanyUUID", self.company_uuid.as_deref()),
            line("concur-correlationId", Some(&self.correlation_id)),
            line("User UUID", self.user_uuid.as_deref()),
            line("Reproduction steps, and what was to be achieved", None),
            line("Employee name", self.employee_name.as_deref()),
            line(
                "Name of the expense report or request, if there is one",
                None,
            ),
        ];
        let told = self.transaction.iter();
        lines.extend(told.map(|(label, value)| line(label, Some(value))));
        lines.push("Refresh token: not in this file; never send it by mail".to_owned());
        for (number, call) in (1..).zip(&self.calls) {
            lines.push(format!("\n--- Call {number} ---"));
            lines.extend(call.lines());
        }
        lines.push(String::new());
        lines.join("\n")
    }
}

impl CaseCall {
    fn of(call: Call, request: Option<Vec<u8>>) -> Self {
        let text = |bytes: Option<Vec<u8>>| {
            let bytes = bytes.filter(|bytes| !bytes.is_empty());
            bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        };
        let headers = call.response_headers.or_else(|| {
            // Calls from before they were kept.
            let (link, location) = (call.link.as_ref(), call.location.as_ref());
            let link = link.map(|link| format!("link: {link}"));
            let location = location.map(|location| format!("location: {location}"));
            let known: Vec<_> = link.into_iter().chain(location).collect();
            (!known.is_empty()).then(|| known.join("\n"))
        });
        let (response_payload, call) = (text(call.response_body), call.summary);
        Self {
            method: call.method,
            uri: call.url,
            request_payload: text(request),
            status: call.status,
            response_headers: headers,
            response_payload,
            started_at: call.started_at.rfc3339(),
            took_milliseconds: call.took_micros / 1_000,
            problem: call.problem,
            error_code: call.error_code,
            error_description: call.error_description,
        }
    }

    fn lines(&self) -> Vec<String> {
        let none = "(none)".to_owned();
        let status = self.status.map(|status| status.to_string());
        let took = format!("{} ms", self.took_milliseconds);
        let told = [
            ("Method", Some(&self.method)),
            ("URI", Some(&self.uri)),
            ("Began", Some(&self.started_at)),
            ("Took", Some(&took)),
            ("Status", Some(status.as_ref().unwrap_or(&none))),
            ("No answer because", self.problem.as_ref()),
            ("Error code", self.error_code.as_ref()),
            ("Error description", self.error_description.as_ref()),
        ];
        let told = told.into_iter();
        let told = told.filter_map(|(label, value)| Some(format!("{label}: {}", value?)));
        let blocks = [
            ("Request payload", &self.request_payload),
            ("Response headers", &self.response_headers),
            ("Response payload", &self.response_payload),
        ];
        let blocks = blocks.into_iter();
        let blocks =
            blocks.map(|(label, block)| format!("{label}:\n{}", block.as_ref().unwrap_or(&none)));
        told.chain(blocks).collect()
    }
}

/// What tells a receipt or quick expense from others.
fn transaction(body: &Value) -> Vec<(String, String)> {
    let members = TRANSACTION.into_iter().filter_map(|(pointer, label)| {
        let value = body.pointer(pointer)?;
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), ToOwned::to_owned);
        Some((label.to_owned(), text))
    });
    members.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_is_told_by_its_members() {
        let receipt = serde_json::json!({
            "seller": {"name": "Cafe"}, "total": "12.50", "currencyCode": "EUR", "more": [1],
        });
        let told = transaction(&receipt);
        let told: Vec<_> = told
            .iter()
            .map(|(label, text)| format!("{label} {text}"))
            .collect();
        assert_eq!(told, ["Merchant Cafe", "Amount 12.50", "Currency EUR"]);
        let quick = serde_json::json!({"transactionAmount": {"value": 3.5}});
        assert_eq!(
            transaction(&quick),
            [("Amount".to_owned(), "3.5".to_owned())]
        );
    }
}
