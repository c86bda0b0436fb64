//! Receipts that nobody wrote.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn amount() -> impl Strategy<Value = String> {
    r"-?[0-9]{0,40}\.?[0-9]{1,6}"
}

prop_compose! {
    fn general_receipt()(
        total in amount(),
        date_time in r"20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3])(:[0-5][0-9](:[0-5][0-9])?)?[+-](0[0-9]|1[0-4]):?[0-5][0-9]",
        currency in prop::sample::select(vec!["USD", "EUR", "JPY", "KWD"]),
        country in prop::sample::select(vec!["US", "USA", "DE", "JPN"]),
        name in r"\PC{0,20}[a-zé王]\PC{0,20}",
        payments in prop::collection::vec(amount(), 1..4),
        lines in prop::collection::vec((amount(), any::<i64>(), "[!-~é王]{1,9}"), 0..4),
    ) -> Value {
        let payments: Vec<_> = payments.iter().map(|amount| json!({"amount": amount})).collect();
        let lines: Vec<_> = lines.iter().map(|(total, number, description)| {
            json!({"sequenceNumber": number, "description": description, "total": total})
        }).collect();
        json!({
            "dateTime": date_time, "total": total, "currencyCode": currency,
            "seller": {"name": name, "location": {"address": {"addressCountry": country}}},
            "payments": payments, "lineItems": lines,
        })
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        let key = prop::sample::select(vec![
            "total",
            "seller",
            "lineItems",
            "payments",
            "taxes",
            "~/",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..4).prop_map(|members| {
                members
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value))
                    .collect()
            }),
        ]
    })
}

proptest! {
    #[test]
    fn generated_receipts_are_valid(receipt in general_receipt()) {
        let text = receipt.to_string();
        prop_assert_eq!(&bursar_web::json::parse(text.as_bytes()).unwrap(), &receipt);
        prop_assert_eq!(faults(ReceiptType::General, &receipt), json!([]));
    }

    #[test]
    fn any_json_without_core_fields_is_refused(value in any_json()) {
        // The generator knows no `dateTime`, so nothing it makes is a receipt.
        for receipt_type in ReceiptType::ALL {
            prop_assert!(!paths(receipt_type, &value).is_empty());
        }
    }
}
