//! The rules of stays.

use super::Rule;

/// What is refused.
pub(super) const RULES: [Rule; 28] = [
    ("/itineraryLocator", r#"["", 1]"#),
    ("/segmentLocator", r#"["", 1]"#),
    ("/property", r#"["Ouchy", []]"#),
    ("/property/address", r#"["Ouchy"]"#),
    ("/property/address/addressCountry", r#"["XX"]"#),
    ("/property/telephoneNumber", "[41215550120]"),
    ("/confirmationNumber", "[1]"),
    (
        "/checkInDateTime",
        r#"["2026-09-14", "2026-09-14T15:20:00Z"]"#,
    ),
    ("/checkOutDateTime", r#"["2026-09-31T10:30:00+02:00", 1]"#),
    ("/guests", r#"[{}, "Nadia"]"#),
    ("/guests/0", r#"["Nadia"]"#),
    ("/guests/0/guestNameRecord", "[1]"),
    ("/guests/0/firstName", r#"["", " ", 1]"#),
    ("/guests/1/lastName", r#"["", "\n", null]"#),
    ("/guests/1/address", r#"["Milano"]"#),
    ("/guests/1/address/addressCountry", r#"["Italia"]"#),
    ("/guests/1/address/addressRegion", r#"["Lombardia"]"#),
    ("/numberInParty", r#"["2", 1.5]"#),
    ("/room", r#"["412", []]"#),
    ("/room/roomNumber", "[412]"),
    ("/room/roomType", "[1]"),
    ("/room/ratePlanType", "[1]"),
    ("/room/averageDailyRoomRate", r#"[220, "", "CHF 220"]"#),
    ("/nightsStayed", r#"[0, -1, 2.5, "3"]"#),
    ("/lineItems", "[{}, null]"),
    ("/lineItems/0/dateTime", r#"["2026-09-14"]"#),
    ("/lineItems/0/quantity", "[1.5]"),
    ("/lineItems/0/vatApplicable", r#"["yes"]"#),
];

/// What must be there, beside what every receipt must have.
pub(super) const REQUIRED: [&str; 12] = [
    "/seller",
    "/property/address",
    "/checkInDateTime",
    "/checkOutDateTime",
    "/guests",
    "/guests/1/firstName",
    "/guests/1/lastName",
    "/guests/1/address/addressCountry",
    "/room",
    "/room/averageDailyRoomRate",
    "/nightsStayed",
    "/lineItems",
];

/// What the documents contradict each other about, or leave open; see docs/behaviours.md.
pub(super) const OPEN: [Rule; 3] = [
    ("/guests", "[[]]"),
    ("/numberInParty", "[0, -1]"),
    ("/lineItems", "[[]]"),
];
