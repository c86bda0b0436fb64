//! The rules of flights.

use super::Rule;

/// What is refused.
pub(super) const RULES: [Rule; 31] = [
    ("/itineraryLocator", r#"["", " ", 1]"#),
    ("/tickets", r#"[{}, "x", null]"#),
    ("/tickets/0", r#"[[], "x"]"#),
    ("/tickets/1/number", "[1, null]"),
    ("/tickets/0/recordLocator", "[1]"),
    (
        "/tickets/0/issueDateTime",
        r#"["2026-02-11", "2026-02-11T14:22:10Z", 1]"#,
    ),
    (
        "/tickets/0/pseudoCityCode",
        r#"["HA", "HAMB", "H4M", "", 1]"#,
    ),
    (
        "/tickets/0/IATAAgencyNumber",
        r#"["2321774", "232177441", "2321774A", 23217744]"#,
    ),
    ("/tickets/0/agencyName", "[1]"),
    ("/tickets/0/passengerName", "[null, {}]"),
    ("/tickets/0/coupons", r#"[{}, "x"]"#),
    ("/tickets/0/coupons/3", r#"["x", 1]"#),
    (
        "/tickets/1/coupons/2/originationAirportIATACode",
        r#"["TO", "ENTC", "T0S", ""]"#,
    ),
    (
        "/tickets/1/coupons/2/destinationAirportIATACode",
        r#"["OS", "ENGM", "O5L", 1]"#,
    ),
    (
        "/tickets/0/coupons/0/originationDateTime",
        r#"["2026-03-02T06:40:00", "06:40+01:00"]"#,
    ),
    (
        "/tickets/0/coupons/0/destinationDateTime",
        r#"["2026-02-30T08:15:00+01:00"]"#,
    ),
    ("/tickets/0/coupons/0/flightNumber", "[418]"),
    ("/tickets/0/coupons/0/couponNumber", r#"["", " \t", 1]"#),
    (
        "/tickets/0/coupons/0/operatingAirlineCode",
        r#"["N", "NFJ", "3M", ""]"#,
    ),
    (
        "/tickets/0/coupons/0/marketingCarrier",
        r#"["NF", "NF 418", "NFJ418888", ""]"#,
    ),
    (
        "/tickets/0/coupons/0/operatingCarrier",
        r#"["NF", "NF-418", "NFJ418888", 418]"#,
    ),
    (
        "/tickets/0/coupons/0/classOfServiceCode",
        r#"["", "MM", "1"]"#,
    ),
    (
        "/tickets/0/coupons/0/fareBasisCode",
        r#"["M", "MLOW26/CH", "MLOW26CHX", ""]"#,
    ),
    (
        "/tickets/0/coupons/0/ticketDesignatorCode",
        r#"["", "CRP 5", "CRP*5678901", "CRP/5"]"#,
    ),
    (
        "/tickets/0/coupons/0/fare",
        r#"[640, "", "NOK 640", "640,00"]"#,
    ),
    ("/tickets/0/coupons/0/taxes", r#"[{}, "0"]"#),
    ("/tickets/0/coupons/0/taxes/0/amount", "[178.4]"),
    ("/tickets/0/coupons/0/lineItems", "[{}]"),
    ("/tickets/0/coupons/0/lineItems/0/total", r#"[184, "x"]"#),
    ("/lineItems", r#"[{}, "x"]"#),
    ("/lineItems/0/sequenceNumber", r#"["1", 0.5]"#),
];

/// What must be there, beside what every receipt must have.
pub(super) const REQUIRED: [&str; 17] = [
    "/seller",
    "/tickets/1/number",
    "/tickets/1/issueDateTime",
    "/tickets/1/passengerName",
    "/tickets/1/coupons",
    "/tickets/1/coupons/3/originationAirportIATACode",
    "/tickets/1/coupons/3/originationDateTime",
    "/tickets/1/coupons/3/destinationAirportIATACode",
    "/tickets/1/coupons/3/destinationDateTime",
    "/tickets/1/coupons/3/couponNumber",
    "/tickets/1/coupons/3/operatingAirlineCode",
    "/tickets/1/coupons/3/marketingCarrier",
    "/tickets/1/coupons/3/operatingCarrier",
    "/tickets/1/coupons/3/classOfServiceCode",
    "/tickets/1/coupons/3/fareBasisCode",
    "/tickets/1/coupons/3/fare",
    "/tickets/0/coupons/0/lineItems/0/description",
];

/// What the documents contradict each other about, or leave open; see docs/behaviours.md.
pub(super) const OPEN: [Rule; 8] = [
    ("/tickets", "[[]]"),
    ("/tickets/0/coupons", "[[]]"),
    ("/tickets/0/fare", r#"["609.31", 609.31, null]"#),
    ("/tickets/0/pseudoCityCode", r#"["ham"]"#),
    (
        "/tickets/0/coupons/0/fareBasisCode",
        r#"["Y1", "y1cv5xxx"]"#,
    ),
    (
        "/tickets/0/coupons/0/ticketDesignatorCode",
        r#"["A*B*C?", "*"]"#,
    ),
    ("/tickets/0/coupons/0/lineItems", "[[]]"),
    ("/lineItems", "[[]]"),
];
