//! The rules of rented cars.

use super::Rule;

/// What is refused.
pub(super) const RULES: [Rule; 31] = [
    ("/itineraryLocator", r#"["", 1]"#),
    ("/segmentLocator", r#"[" ", 1]"#),
    (
        "/startDateTime",
        r#"["2026-05-18T18:05:00Z", "2026-05-18", null]"#,
    ),
    ("/endDateTime", r#"["2026-05-22 17:30:00+0100", 1]"#),
    ("/pickupLocation", r#"["Porto", []]"#),
    ("/pickupLocation/address", r#"["Porto"]"#),
    (
        "/pickupLocation/address/addressCountry",
        r#"["Portugal", "pt"]"#,
    ),
    ("/dropoffLocation", r#"["Lisboa", null]"#),
    ("/dropoffLocation/latitude", r#"[-91, "38.7"]"#),
    ("/dropoffLocation/longitude", "[181]"),
    ("/rentalDays", r#"["4", 3.5, null]"#),
    ("/rentalAgreementNumber", "[1]"),
    ("/confirmationNumber", "[1]"),
    ("/vehicle", r#"["x", []]"#),
    ("/vehicle/registrationNumber", "[4117]"),
    ("/vehicle/description", "[1]"),
    (
        "/vehicle/classReservedCode",
        r#"["CDM", "CDMRX", "CDM1", "", 1]"#,
    ),
    ("/vehicle/classRentedCode", r#"["IDA", "IDA*", "idar "]"#),
    ("/vehicle/classChargedCode", r#"["C", "CDMNN"]"#),
    (
        "/vehicle/engineSize",
        r#"["", "11999", "1.2", "1199 cc", 1199]"#,
    ),
    ("/driverName", "[{}]"),
    ("/distance", r#"["418.6 km"]"#),
    ("/distance/totalDistance", r#"["418.6"]"#),
    ("/distance/unit", r#"["miles", "KM", null]"#),
    ("/odometerReadingOut", r#"["12044.3"]"#),
    ("/odometerReadingIn", r#"["12462.9", null]"#),
    ("/additionalDriver", r#"["true", 1]"#),
    ("/lineItems", "[{}]"),
    ("/lineItems/0/semanticsCode", r#"["", " "]"#),
    (
        "/lineItems/0/taxes/0/authority/addressRegion",
        r#"["Porto", ""]"#,
    ),
    ("/lineItems/0/discounts/0/discountAmount", r#"["28.50"]"#),
];

/// What must be there, beside what every receipt must have.
pub(super) const REQUIRED: [&str; 9] = [
    "/seller",
    "/startDateTime",
    "/endDateTime",
    "/pickupLocation",
    "/pickupLocation/address",
    "/dropoffLocation",
    "/dropoffLocation/address/addressCountry",
    "/rentalDays",
    "/distance/unit",
];

/// What the documents contradict each other about, or leave open; see docs/behaviours.md.
pub(super) const OPEN: [Rule; 6] = [
    ("/rentalDays", "[0, -1, 4.0]"),
    ("/odometerReadingOut", "[31548, 0.123, -1]"),
    ("/vehicle/fuelType", r#"["Petrol", 1]"#),
    ("/vehicle", "[{}]"),
    ("/confirmationNumber", r#"[""]"#),
    ("/discounts/0/discountRate", r#"["Per Mile"]"#),
];
