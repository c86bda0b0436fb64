//! The rules of journeys by IC card.

use super::Rule;

/// What is refused.
pub(super) const RULES: [Rule; 37] = [
    ("/user", "[1]"),
    ("/app", "[{}]"),
    ("/dateTime", r#"["2026-04-10T23:59:00Z", "2026-04-10"]"#),
    ("/total", r#"[2430, "¥2430"]"#),
    ("/subtotal", "[1]"),
    ("/taxesTotal", "[0]"),
    ("/discountsTotal", r#"["60"]"#),
    ("/currencyCode", r#"["yen", "JP"]"#),
    ("/broker", r#"["x"]"#),
    ("/broker/location/address/addressCountry", r#"["Japan"]"#),
    ("/seller", r#"["x", null]"#),
    ("/seller/name", r#"[""]"#),
    ("/seller/location", r#"["x"]"#),
    ("/seller/location/address", r#"["x"]"#),
    ("/seller/location/address/addressRegion", r#"["Tokyo"]"#),
    ("/merchant", r#"["x", []]"#),
    ("/merchant/name", r#"["", 1]"#),
    ("/merchant/location/latitude", "[91]"),
    ("/merchant/location/longitude", "[181]"),
    ("/merchant/location/address", r#"["x", []]"#),
    (
        "/merchant/location/address/countryCode",
        r#"["XX", "jp", 392]"#,
    ),
    (
        "/merchant/location/address/countrySubdivisionCode",
        r#"["Tokyo", ""]"#,
    ),
    ("/merchant/location/address/address2", "[14]"),
    ("/payments", "[[], {}]"),
    ("/payments/0/amount", "[1000]"),
    ("/taxes/0/amount", "[226]"),
    ("/discounts/0/discountAmount", r#"["60"]"#),
    ("/taxInvoice", r#"["false"]"#),
    ("/icCardId", r#"["KD00 4471 9920 5836 2", 4471, null]"#),
    ("/segments", r#"[{}, "x"]"#),
    ("/segments/0", r#"["x"]"#),
    ("/segments/0/sequenceNumber", r#"["20417", 0.5]"#),
    ("/segments/0/dateTime", r#"["2026-04-06"]"#),
    ("/segments/5/fromStationCode", "[301]"),
    ("/segments/5/toStationName", "[null]"),
    ("/segments/5/fromIsCommuterPass", r#"["no"]"#),
    ("/segments/5/distance", r#"[-0.1, "22.5"]"#),
];

/// What must be there, beside what every receipt must have.
pub(super) const REQUIRED: [&str; 12] = [
    "/merchant/name",
    "/merchant/location",
    "/merchant/location/address",
    "/merchant/location/address/countryCode",
    "/icCardId",
    "/segments",
    "/segments/5/sequenceNumber",
    "/segments/5/dateTime",
    "/segments/5/fromStationCode",
    "/segments/5/fromStationName",
    "/segments/5/toStationCode",
    "/segments/5/toStationName",
];

/// What the documents contradict each other about, or leave open; see docs/behaviours.md.
pub(super) const OPEN: [Rule; 5] = [
    (
        "/icCardId",
        r#"["", "KD00 4471 9920 5836", "12345678901234567890"]"#,
    ),
    ("/segments", "[[]]"),
    ("/segments/0/distance", "[0, 1234, 6.4]"),
    ("/segments/0/amount", "[210]"),
    ("/segments/0/fromStationName", r#"["恵比寿（東京）"]"#),
];
