//! Whole documents: what can be read in them, how many pages, equal bytes, no panic.

use std::collections::BTreeMap;
use std::process::Command;

use bursar_images::Format;
use proptest::prelude::*;
use serde_json::json;

use super::logo::tests::picture;
use super::*;

pub(super) const CTX: ReceiptContext<'static> = ReceiptContext {
    receipt_id: "0123456789abcdef0123456789abcdef",
    app_name: "Donau Mobil",
    received: Micros(1_773_528_700_500_000),
    receipt_type: Some(ReceiptType::GroundTransport),
    locale: "en-GB",
    logo: None,
};

/// A reader of each language.
pub(super) const READERS: [&str; 7] = [
    "en-US", "de-DE", "fr-FR", "es-ES", "pt-BR", "ja-JP", "zh-CN",
];

/// A receipt of each type, with all its fields.
const EVERY_FIELD: [&str; 7] = [
    include_str!("../../../../../seeds/receipts/flight-every-field.json"),
    include_str!("../../../../../seeds/receipts/car-rental-every-field.json"),
    include_str!("../../../../../seeds/receipts/purchase-every-field.json"),
    include_str!("../../../../../seeds/receipts/ride-every-field.json"),
    include_str!("../../../../../seeds/receipts/stay-every-field.json"),
    include_str!("../../../../../seeds/receipts/ic-card-every-field.json"),
    include_str!("../../../../../seeds/receipts/rail-every-field.json"),
];

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

fn page_count(pdf: &[u8]) -> u32 {
    bursar_images::page_count(Format::Pdf, pdf).unwrap()
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
        "23:51:07 GMT+01:00",
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
        "Austria 48.1103, 16.5697 14 March 2026, 23:18:40 GMT+01:00",
        "Hotel am Brillantengrund",
        "48.2003, 16.3459",
        "14 March 2026, 23:50:02 GMT+01:00",
        "31 min 22 s",
        "21.4 km",
        "Comfort",
        "DRV-20881",
        "ITN-5567",
        "SEG-5567-2",
        "Night tariff, 22:00 to 06:00",
        "Reference BASE",
        "14 March 2026, 23:18:40 GMT+01:00",
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
        "Receipt 0123456789abcdef0123456789abcdef, received 14 March 2026, 22:51:40 GMT+00:00",
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

/// The values in a receipt with their JSON pointers.
fn leaves(value: &Value, pointer: &str) -> Vec<(String, Value)> {
    let below = |key: &str, value| leaves(value, &format!("{pointer}/{key}"));
    match value {
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items
                .flat_map(|(at, item)| below(&at.to_string(), item))
                .collect()
        }
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(key, field)| below(key, field))
            .collect(),
        leaf => vec![(pointer.to_owned(), leaf.clone())],
    }
}

/// What a reader finds for a value.
fn printed(words: &Words, pointer: &str, value: &Value) -> Vec<String> {
    let key = pointer.rsplit('/').next().unwrap();
    let given = match value {
        Value::Bool(flag) => return vec![words.say(printed_flag(key, *flag))],
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => panic!("{pointer} is no value"),
    };
    match key {
        "dateTime"
        | "startDateTime"
        | "endDateTime"
        | "issueDateTime"
        | "originationDateTime"
        | "destinationDateTime"
        | "checkInDateTime"
        | "checkOutDateTime"
        | "departureDateTime"
        | "arrivalDateTime" => {
            let (date, time) = words.date_time(&given);
            vec![date, time.unwrap()]
        }
        "total"
        | "subtotal"
        | "taxesTotal"
        | "discountsTotal"
        | "amount"
        | "fare"
        | "unitCost"
        | "discountAmount"
        | "averageDailyRoomRate"
        | "quantity"
        | "rentalDays"
        | "nightsStayed"
        | "numberInParty"
        | "odometerReadingOut"
        | "odometerReadingIn"
        | "totalDistance"
        | "distance"
        | "engineSize"
        | "rate" => vec![words.number(&given)],
        "discountRate" if given.parse::<f64>().is_ok() => vec![words.number(&given)],
        "addressCountry" | "countryCode" if !pointer.contains("/authority/") => {
            vec![words.country(&given)]
        }
        "travelDuration" => vec![words.duration(&given)],
        "source" => vec![printed_source(words, &given)],
        _ => vec![given],
    }
}

fn printed_flag(key: &str, flag: bool) -> &'static str {
    match (key, flag) {
        ("taxInvoice", true) => "title-tax-invoice",
        ("vatApplicable", true) => "vat-applies",
        ("vatApplicable", false) => "vat-does-not",
        ("amountIncludesVat", true) => "vat-included",
        ("amountIncludesVat", false) => "vat-not-included",
        ("additionalDriver", true) => "yes",
        ("fromIsCommuterPass" | "toIsCommuterPass", true) => "pass-covers",
        ("fromIsCommuterPass" | "toIsCommuterPass", false) => "pass-does-not",
        _ => panic!("{key}: {flag} is not printed"),
    }
}

fn printed_source(words: &Words, source: &str) -> String {
    let name = match source {
        "GhostCard" => return words.say("ghost-card"),
        "LodgeCard" => return words.say("lodge-card"),
        "DirectPay" => return words.say("direct-pay"),
        "Invoice" => return words.say("invoice"),
        "ApplePay" => "Apple Pay",
        "AndroidPay" => "Android Pay",
        "SamsungPay" => "Samsung Pay",
        "OlaMoney" => "Ola Money",
        other => other,
    };
    name.to_owned()
}

#[test]
fn every_value_of_each_type_can_be_read_in_every_language() {
    for receipt in EVERY_FIELD {
        let receipt: Value = serde_json::from_str(receipt).unwrap();
        for locale in READERS {
            let pdf = standard_receipt(&receipt, &ReceiptContext { locale, ..CTX }).unwrap();
            let text = squeezed(&text_of(&pdf));
            let words = Words::new(locale, &receipt);
            for (pointer, value) in leaves(&receipt, "") {
                for line in printed(&words, &pointer, &value) {
                    assert!(
                        text.contains(&squeezed(&line)),
                        "{locale} {pointer}: {line:?} is not in:\n{text}"
                    );
                }
            }
        }
    }
}

/// Another value of the same kind.
fn other(value: &Value) -> Value {
    match value {
        Value::Bool(flag) => json!(!flag),
        Value::Number(number) => json!(number.as_f64().unwrap() + 7.0),
        Value::String(text) => json!(format!("{text}7")),
        _ => panic!("{value} is no value"),
    }
}

/// That a value stands somewhere may be chance: a `1` is easily found. When it changes, something
/// else must be drawn.
#[test]
fn no_field_of_any_type_can_change_unseen() {
    for receipt in EVERY_FIELD {
        let receipt: Value = serde_json::from_str(receipt).unwrap();
        let before = standard_receipt(&receipt, &CTX).unwrap();
        // The first of each field: `/lineItems/*/total`.
        let mut first = BTreeMap::new();
        for (pointer, value) in leaves(&receipt, "") {
            let is_place = |key: &str| key.parse::<u32>().is_ok();
            let keys = pointer.split('/');
            let keys = keys.map(|key| if is_place(key) { "*" } else { key });
            let field = keys.collect::<Vec<_>>().join("/");
            first.entry(field).or_insert((pointer, value));
        }
        for (field, (pointer, value)) in first {
            let mut changed = receipt.clone();
            *changed.pointer_mut(&pointer).unwrap() = other(&value);
            let after = standard_receipt(&changed, &CTX).unwrap();
            assert!(after != before, "{field} is not printed");
        }
    }
}

#[test]
fn a_ticket_over_pages_repeats_its_heading() {
    let mut flight: Value = serde_json::from_str(EVERY_FIELD[0]).unwrap();
    let coupons = flight["tickets"][0]["coupons"].as_array_mut().unwrap();
    coupons.truncate(1);
    coupons[0].as_object_mut().unwrap().remove("lineItems");
    *coupons = vec![coupons[0].clone(); 40];
    flight["tickets"].as_array_mut().unwrap().truncate(1);
    flight.as_object_mut().unwrap().remove("lineItems");
    let text = text_of_receipt(&flight);
    let pages: Vec<_> = text
        .split('\u{c}')
        .filter(|page| page.contains("Sold as"))
        .collect();
    assert!(pages.len() > 4);
    for page in pages {
        assert!(page.contains("Coupon") && page.contains("Flight"), "{page}");
    }
}

#[test]
fn a_rate_in_words_gets_no_sign() {
    let discounts = json!([
        {"discountName": "By distance", "discountRate": "Per Mile"},
        {"discountName": "By rate", "discountRate": "7.5"},
    ]);
    let text = text_of_receipt(&json!({"total": "1", "discounts": discounts}));
    assert!(text.contains("By distance Per Mile\n"), "{text}");
    assert!(text.contains("By rate 7.5%\n"), "{text}");
}

#[test]
fn a_bare_tax_is_printed_where_no_column_has_it() {
    let item = |total: &str| {
        json!({"lineItems": [{"description": "Fee", "total": "3.00", "taxesTotal": total,
            "taxes": [{"amount": "0.25"}]}]})
    };
    for total in ["0.25", "0.50"] {
        let text = text_of_receipt(&item(total));
        assert_eq!(text.matches("0.25").count(), 1, "{text}");
        assert_eq!(text.contains("Tax 0.25"), total != "0.25", "{text}");
    }
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
        "08:00:00.123GMT+05:45",
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

/// The most that the schema allows: 10,000 items with a name in Japanese.
#[test]
fn ten_thousand_items_are_all_printed() {
    let items: Vec<Value> = (1..=10_000)
        .map(|n| json!({"sequenceNumber": n, "description": format!("品目{n}"), "total": "1.00"}))
        .collect();
    let receipt = json!({"total": "10000.00", "lineItems": items});
    let context = ReceiptContext {
        locale: "ja-JP",
        ..CTX
    };
    let pdf = standard_receipt(&receipt, &context).unwrap();
    let text = text_of(&pdf);
    let pages: Vec<_> = text
        .split('\u{c}')
        .filter(|page| page.contains("品目"))
        .collect();
    assert!(pages.len() > 300);
    assert!(
        pages
            .iter()
            .all(|page| page.contains("品目\n") || page.contains("番号"))
    );
    assert!(
        (1..=10_000)
            .all(|n| text.contains(&format!("品目{n}\n")) || text.contains(&format!("品目{n} ")))
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
    let file = picture((100, 50), png::ColorType::Rgba, &[200, 30, 90, 180]);
    for locale in READERS {
        let render = |logo: Option<Logo>| {
            let logo = logo.as_ref();
            standard_receipt(
                &extreme(),
                &ReceiptContext {
                    locale,
                    logo,
                    ..CTX
                },
            )
            .unwrap()
        };
        let logo = Logo::from_png(&file);
        assert_eq!(render(logo.clone()), render(logo.clone()), "{locale}");
        assert_eq!(
            render(logo.clone()),
            render(Logo::from_png(&file)),
            "{locale}"
        );
        assert_ne!(render(logo), render(None), "{locale}");
    }
    let first = standard_receipt(&ride(), &CTX).unwrap();
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
        let ctx = ReceiptContext { app_name: &name, locale: &name, ..CTX };
        standard_receipt(&json, &ctx).unwrap();
    }

    #[test]
    fn no_field_of_the_wrong_shape_panics(
        receipt in proptest::sample::select(EVERY_FIELD.to_vec()),
        changes in proptest::collection::vec((1..800_usize, any_json()), 1..24)
    ) {
        let mut receipt: Value = serde_json::from_str(receipt).unwrap();
        for (mut at, with) in changes {
            replace(&mut receipt, &mut at, &with);
        }
        standard_receipt(&receipt, &CTX).unwrap();
    }
}
