//! Headers, JSON, receipts and forms.

use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::Request;
use bursar_kernel::Micros;
use bursar_receipts::link::{described_by, link_header};
use bursar_receipts::render::{ReceiptContext, standard_receipt};
use bursar_receipts::schema::{ReceiptType, Validators};
use bursar_web::{Multipart, json};
use tokio::runtime::{Builder, Runtime};

/// Receipts of ours, the types with fields of their own among them, and what type each is.
const RECEIPTS: &[(u8, &str)] = &[
    (
        0,
        include_str!("../../seeds/receipts/flight-every-field.json"),
    ),
    (
        1,
        include_str!("../../seeds/receipts/car-rental-every-field.json"),
    ),
    (2, include_str!("../../seeds/receipts/tax-id.json")),
    (2, include_str!("../../seeds/receipts/booking-fee.json")),
    (
        3,
        include_str!("../../seeds/receipts/ride-every-field.json"),
    ),
    (
        4,
        include_str!("../../seeds/receipts/stay-every-field.json"),
    ),
    (
        5,
        include_str!("../../seeds/receipts/ic-card-every-field.json"),
    ),
    (
        6,
        include_str!("../../seeds/receipts/rail-every-field.json"),
    ),
];

/// One for each language that receipts are written in.
const LOCALES: [&str; 7] = [
    "en-US", "de-DE", "fr-FR", "es-ES", "pt-BR", "ja-JP", "zh-CN",
];

/// Longest content of a part.
const PART_MAX: usize = 1 << 16;

static VALIDATORS: LazyLock<Validators> = LazyLock::new(Validators::default);

/// `Link` headers, one on each line.
pub(crate) fn link(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    let found = described_by(text.lines(), &VALIDATORS);
    if let Ok(found) = found {
        let again = link_header(&[(found.schema_uri(), "describedBy")]);
        let again = described_by([&*again].into_iter(), &VALIDATORS);
        assert_eq!(again, Ok(found));
    }
}

pub(crate) fn links() -> Vec<Vec<u8>> {
    let links = ReceiptType::ALL.map(|one| {
        let uri = one.schema_uri();
        let text = link_header(&[("/a, b", "self next"), (uri, "describedBy")]);
        format!("{text}; title=\"a \\\" b\"; x=y\n<{uri}>; rel = self").into_bytes()
    });
    links.into()
}

/// JSON: what is read can be written and read again.
pub(crate) fn json(bytes: &[u8]) {
    if let Ok(value) = json::parse(bytes) {
        let again = json::parse(value.to_string().as_bytes());
        assert!(
            again.is_ok_and(|again| again == value),
            "it reads differently: {value}"
        );
    }
}

pub(crate) fn receipts() -> Vec<Vec<u8>> {
    let texts = RECEIPTS.iter().map(|(_, text)| text.as_bytes().to_vec());
    texts.collect()
}

/// A receipt, behind a byte for its type and its traveller's language: checked, and drawn whatever
/// the check says.
pub(crate) fn receipt(bytes: &[u8]) {
    let Some((&number, text)) = bytes.split_first() else {
        return;
    };
    let Ok(receipt) = json::parse(text) else {
        return;
    };
    let types = ReceiptType::ALL;
    let receipt_type = types[usize::from(number) % types.len()];
    let _ = VALIDATORS.validate(receipt_type, &receipt);
    let context = ReceiptContext {
        receipt_id: "0123456789abcdef0123456789abcdef",
        app_name: "Donau Mobil",
        received: Micros(1_773_528_700_500_000),
        receipt_type: Some(receipt_type),
        locale: LOCALES[usize::from(number) / types.len() % LOCALES.len()],
        logo: None,
    };
    let drawn = standard_receipt(&receipt, &context);
    assert!(drawn.is_ok(), "a receipt that is JSON cannot be drawn");
}

pub(crate) fn typed_receipts() -> Vec<Vec<u8>> {
    let typed = RECEIPTS
        .iter()
        .map(|(number, text)| [&[*number], text.as_bytes()].concat());
    typed.collect()
}

/// A form: its content type on the first line, its body behind it.
pub(crate) fn multipart(bytes: &[u8]) {
    static RUNTIME: LazyLock<Option<Runtime>> =
        LazyLock::new(|| Builder::new_current_thread().enable_time().build().ok());
    let line = bytes
        .iter()
        .position(|&byte| byte == b'\n')
        .unwrap_or(bytes.len());
    let (content_type, body) = bytes.split_at(line);
    let body = body.strip_prefix(b"\n").unwrap_or(body).to_vec();
    let request = Request::post("/").header("content-type", content_type);
    let (Some(runtime), Ok(request)) = (&*RUNTIME, request.body(Body::from(body))) else {
        return;
    };
    runtime.block_on(async {
        let Ok(mut form) = Multipart::of(request, PART_MAX) else {
            return;
        };
        let mut whole = false;
        while let Ok(Some(mut part)) = form.next().await {
            whole = !whole;
            if whole {
                let _ = part.whole(PART_MAX / 2).await;
            } else {
                while let Ok(Some(_)) = part.piece().await {}
            }
        }
    });
}

pub(crate) fn forms() -> Vec<Vec<u8>> {
    let form = |separator: &str| {
        let part = |name: &str, content: &str| {
            format!(
                "--x\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"../a\"\r\n\
                 Content-Type: text/plain\r\n\r\n{content}\r\n"
            )
        };
        let parts = part("receipt", "{}") + &part("image", "\u{89}PNG");
        format!("multipart/form-data; boundary={separator}\n{parts}--x--\r\n").into_bytes()
    };
    vec![form("x"), form("\"x\""), form("y")]
}
