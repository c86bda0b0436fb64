use super::*;

const RECEIPTS: [(&str, &str); 6] = [
    (
        "air",
        include_str!("../../../../../seeds/receipts/flight-every-field.json"),
    ),
    (
        "car-rental",
        include_str!("../../../../../seeds/receipts/car-rental-every-field.json"),
    ),
    (
        "ground-transport",
        include_str!("../../../../../seeds/receipts/ride-every-field.json"),
    ),
    (
        "hotel",
        include_str!("../../../../../seeds/receipts/stay-every-field.json"),
    ),
    (
        "jpt-ic-card",
        include_str!("../../../../../seeds/receipts/ic-card-every-field.json"),
    ),
    (
        "rail",
        include_str!("../../../../../seeds/receipts/rail-every-field.json"),
    ),
];

const SMALLEST: &str = r#"{"dateTime":"2026-11-20T18:05:00-05:00","total":"12.50",
    "currencyCode":"EUR","seller":{"name":"Corner Bakery","location":{"address":
    {"addressCountry":"DE"}}},"payments":[{"amount":"12.50"}]}"#;

fn faults(type_name: &str, body: &str) -> Vec<(String, String)> {
    let item_type = ItemType::from_name(type_name).unwrap();
    match Validators::default().check(item_type, body) {
        Ok(_) => Vec::new(),
        Err(Refused::Invalid(faults)) => {
            let faults = faults.into_iter();
            faults.map(|fault| (fault.path, fault.got)).collect()
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn receipts_of_every_type_are_taken() {
    for (name, body) in RECEIPTS {
        assert_eq!(faults(name, body), [], "{name}");
    }
    assert_eq!(faults("general", SMALLEST), []);
}

#[test]
fn every_fault_is_told_at_once() {
    let body = SMALLEST
        .replace("\"currencyCode\":\"EUR\",", "")
        .replace("2026-11-20T18:05:00-05:00", "yesterday");
    let mut found = faults("general", &body);
    found.sort();
    let expected = [("/currencyCode", "nothing"), ("/dateTime", "\"yesterday\"")];
    assert_eq!(
        found,
        expected.map(|(path, got)| (path.to_owned(), got.to_owned()))
    );
}

#[test]
fn what_is_no_plain_object_is_refused() {
    for body in [
        "",
        "[]",
        "{\"a\":1,\"a\":2}",
        "{\"a\":\"\\u0000\"}",
        "{} {}",
    ] {
        assert_eq!(faults("general", body).len(), 1, "{body}");
        assert_eq!(faults("quick-expense", body).len(), 1, "{body}");
    }
    let large = format!("\"{}\"", "a".repeat(BODY_MAX));
    let refused = Validators::default().check(ItemType::QuickExpense, &large);
    let expected = Refused::TooLarge {
        what: "body",
        max: BODY_MAX,
    };
    assert_eq!(refused, Err(expected));
}

#[test]
fn quick_expenses_have_what_is_required() {
    let body = r#"{"ExpenseTypeId":"TAXIX","transactionDate":"2026-11-20",
        "transactionAmount":{"currencyCode":"EUR","value":12.5}}"#;
    assert_eq!(faults("quick-expense", body), []);
    assert_eq!(faults("quick-expense", "{}").len(), 4);
    let wrong = r#"{"expenseTypeId":"","transactionDate":"2026-02-30",
        "transactionAmount":{"currencyCode":"eur","value":"12.5"}}"#;
    assert_eq!(faults("quick-expense", wrong).len(), 4);
}

#[test]
fn dates_are_told_by_their_form() {
    for good in [
        "2026-11-20T18:05:00-0500",
        "2026-11-20T18+01",
        "2026-11-20T18:05:00.5+05:30",
    ] {
        assert!(is_date_time(good), "{good}");
    }
    for bad in [
        "",
        "2026-11-20",
        "2026-11-20T18:05:00Z",
        "2026-02-30T18:05:00+01:00",
        "T+01",
    ] {
        assert!(!is_date_time(bad), "{bad}");
    }
}

#[test]
fn images_are_told_by_their_first_bytes() {
    let general = ItemType::from_name("general").unwrap();
    assert_eq!(image_type(general, b"GIF89a"), Ok(ImageType::Gif));
    assert!(image_type(ItemType::QuickExpense, b"GIF89a").is_err());
    let pdf = image_type(ItemType::QuickExpense, b"%PDF-1.7");
    assert_eq!(pdf, Ok(ImageType::Pdf));
    assert!(image_type(general, b"<svg/>").is_err());
    let mut large = b"%PDF-1.7".to_vec();
    large.resize(RECEIPT_IMAGE_MAX + 1, 0);
    assert!(image_type(general, &large).is_err());
    assert!(image_type(ItemType::QuickExpense, &large).is_ok());
    assert_eq!(image_of("image/tiff"), Some(ImageType::Tiff));
}
