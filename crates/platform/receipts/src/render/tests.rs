//! Whole documents: what can be read in them, how many pages, equal bytes, no panic.

use std::process::Command;

use proptest::prelude::*;
use serde_json::json;

use super::*;

const CTX: ReceiptContext<'static> = ReceiptContext {
    receipt_id: "0123456789abcdef0123456789abcdef",
    app_name: "Donau Mobil",
    received: Micros(1_773_528_700_500_000),
    receipt_type: "Ground transport receipt",
};

fn ride() -> Value {
    serde_json::from_str(include_str!("samples/ride.json")).unwrap()
}

fn extreme() -> Value {
    serde_json::from_str(include_str!("samples/extreme.json")).unwrap()
}

/// The text of a PDF, in the order in which it was drawn: cell by cell.
fn text_of(pdf: &[u8]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("receipt.pdf");
    std::fs::write(&path, pdf).unwrap();
    let output = Command::new("pdftotext")
        .args(["-raw", "-enc", "UTF-8"])
        .arg(&path)
        .arg("-")
        .output()
        .expect("pdftotext must be installed (Debian package poppler-utils)");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn text_of_receipt(receipt: &Value) -> String {
    text_of(&standard_receipt(receipt, &CTX).unwrap())
}

/// Without white space: lines and columns may break text anywhere.
fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn page_count(pdf: &[u8]) -> usize {
    hayro::hayro_syntax::Pdf::new(pdf.to_vec())
        .unwrap()
        .pages()
        .len()
}

#[test]
fn every_field_of_a_ride_can_be_read() {
    let text = text_of_receipt(&ride());
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for expected in [
        "Tax invoice",
        "Taxi Brückner & Söhne",
        "Licensed taxi, car 4711",
        "EUR 58.40",
        "14 March 2026",
        "23:51:07 UTC+0100",
        "RIDE-2026-004417",
        "NIGHT-77",
        "Ground transport receipt",
        "Hütteldorfer Straße 88",
        "1150 Wien, 9",
        "Austria",
        "Tax ID ATU98765434",
        "Donau Mobil GmbH",
        "Rides on demand",
        "Customer office · W-03",
        "Praterstraße 12",
        "Telephone +43 1 555 0100",
        "Fax +43 1 555 0101",
        "rides@donaumobil.example",
        "https://donaumobil.example/",
        "Tax ID ATU12345675",
        "Vienna Airport, Arrivals",
        "48.1103, 16.5697",
        "Austria 48.1103, 16.5697 14 March 2026, 23:18:40 UTC+0100",
        "Hotel am Brillantengrund",
        "48.2003, 16.3459",
        "14 March 2026, 23:50:02 UTC+0100",
        "31 min 22 s",
        "21.4 km",
        "Comfort",
        "DRV-20881",
        "ITN-5567",
        "SEG-5567-2",
        "Night tariff, 22:00 to 06:00",
        "Reference BASE",
        "14 March 2026, 23:18:40 UTC+0100",
        "Umsatzsteuer Reduced 10% (AT) 0.62",
        "Umsatzsteuer 10% (AT-9) 4.60",
        "Airport levy 8.72% (AT) 4.01",
        "2.1890",
        "45.97",
        "First ride HELLO26 5% -3.00",
        "Subtotal 52.17",
        "Discounts -3.00",
        "Taxes 9.23",
        "Total EUR 58.40",
        "Umsatzsteuer · Reduced AT-9 10% 5.22",
        "First ride HELLO26 5% -3.00",
        "Cash 5.00",
        "Visa ending in 4321 AZ90210 20.00",
        "Company paid, ghost card · MasterCard ending in 9876 20.00",
        "Apple Pay 10.00",
        "Unused ticket 0062698215636 3.40",
        "Generated from the data that Donau Mobil sent",
        "Receipt 0123456789abcdef0123456789abcdef, received 14 March 2026, 22:51:40 UTC",
    ] {
        assert!(words.contains(expected), "{expected:?} is not in:\n{text}");
    }
    let url = ride()["mapUrl"].as_str().unwrap().to_owned();
    assert!(
        squeezed(&text).contains(&url),
        "the map URL is not in:\n{text}"
    );
    let order = ["Base fare", "2.1890", "Welcome discount"].map(|item| text.find(item));
    assert!(
        order.is_sorted() && order[0].is_some(),
        "{order:?} in:\n{text}"
    );
}

#[test]
fn long_amounts_and_any_script_are_never_cut() {
    let text = squeezed(&text_of_receipt(&extreme()));
    for expected in [
        "JPY-1,234,567,890,123,456,789,012,345,678,901,234,567.890",
        "Subtotal1,111,111,111,111,111,111,111,111,111,111,111,111,111",
        "0.0000000000000000000000000000000000000001",
        "-9,999,999,999,999,999,999,999,999,999,999,999,999,999",
        "Καφενείο«ΟΉλιος»",
        "Ресторан東京カフェ",
        "08:00:00.123UTC+05:45",
        "日本橋2丁目7番1号オフィスタワー",
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
        "消費税",
        "-180.0",
        "123,456,789",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in:\n{text}");
    }
    // A bare "Receipt" where no tax invoice was said.
    assert!(text.starts_with("Receipt"), "{text}");
}

#[test]
fn a_long_receipt_repeats_the_table_heading() {
    let items: Vec<Value> = (0..120)
        .map(|n| {
            json!({"sequenceNumber": 120 - n, "description": format!("Item {n:03}."),
            "quantity": 1, "total": "1.00"})
        })
        .collect();
    let pdf = standard_receipt(&json!({"total": "120.00", "lineItems": items}), &CTX).unwrap();
    let pages = page_count(&pdf);
    assert_eq!(pages, 5);
    let text = text_of(&pdf);
    for (number, page) in text
        .split('\u{c}')
        .filter(|page| !page.trim().is_empty())
        .enumerate()
    {
        assert!(
            page.contains(&format!("Page {} of {pages}", number + 1)),
            "{page}"
        );
        assert!(page.contains("Quantity"), "{page}");
    }
    let at = |n: usize| text.find(&format!("Item {n:03}.")).unwrap();
    assert!(
        (1..120).all(|n| at(n) < at(n - 1)),
        "sequence numbers decide the order"
    );
}

#[test]
fn one_endless_cell_is_split_between_lines() {
    let words = "endless ".repeat(4000);
    let pdf = standard_receipt(&json!({"lineItems": [{"description": words}]}), &CTX).unwrap();
    assert!(page_count(&pdf) > 3);
    assert_eq!(text_of(&pdf).matches("endless").count(), 4000);
}

#[test]
fn equal_input_gives_equal_bytes() {
    let first = standard_receipt(&ride(), &CTX).unwrap();
    assert_eq!(first, standard_receipt(&ride(), &CTX).unwrap());
    let later = ReceiptContext {
        received: Micros(CTX.received.0 + 1_000_000),
        ..CTX
    };
    assert_ne!(first, standard_receipt(&ride(), &later).unwrap());
}

#[test]
fn the_document_says_what_it_is() {
    let pdf = standard_receipt(&ride(), &CTX).unwrap();
    let text = String::from_utf8_lossy(&pdf);
    assert!(text.contains("Tax invoice: Taxi Brückner &amp; Söhne"));
    assert!(text.contains("<pdfaid:part>2</pdfaid:part>"));
    assert!(text.contains("/Lang"));
}

#[test]
fn the_preview_is_as_wide_as_asked() {
    let pdf = standard_receipt(&extreme(), &CTX).unwrap();
    for (asked, width) in [(600, 600_u32), (0, 1), (1_000_000, 2400)] {
        let png = preview_png(&pdf, asked).unwrap();
        assert!(png.starts_with(b"\x89PNG"));
        assert_eq!(png[16..20], width.to_be_bytes());
    }
    assert!(preview_png(b"no pdf", 600).is_err());
}

/// Any JSON at all.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
        "-?[0-9]{0,50}\\.?[0-9]{0,50}".prop_map(Value::from),
        "[\u{0}-\u{20}\u{300}-\u{310}\u{200b}-\u{200f}a]{0,80}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((".{0,8}", inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Replaces the `at`-th value inside `value`, counted in depth-first order.
fn replace(value: &mut Value, at: &mut usize, with: &Value) {
    if *at == 0 {
        *value = with.clone();
    }
    *at = at.wrapping_sub(1);
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, at, with)),
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|field| replace(field, at, with)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_json_panics(json in any_json(), name in ".{0,300}") {
        let ctx = ReceiptContext { app_name: &name, receipt_type: &name, ..CTX };
        standard_receipt(&json, &ctx).unwrap();
    }

    #[test]
    fn no_field_of_the_wrong_shape_panics(
        changes in proptest::collection::vec((1..170_usize, any_json()), 1..12)
    ) {
        let mut receipt = ride();
        for (mut at, with) in changes {
            replace(&mut receipt, &mut at, &with);
        }
        standard_receipt(&receipt, &CTX).unwrap();
    }
}
