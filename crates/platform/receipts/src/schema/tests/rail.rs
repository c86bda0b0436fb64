//! The rules of journeys by train.

use super::Rule;

/// What is refused.
pub(super) const RULES: [Rule; 22] = [
    ("/itineraryLocator", r#"["", 1]"#),
    ("/railTickets", r#"[{}, "x", null]"#),
    ("/railTickets/1", r#"["x"]"#),
    ("/railTickets/0/ticketNumber", "[1]"),
    ("/railTickets/0/recordLocator", "[1, null]"),
    (
        "/railTickets/0/issueDateTime",
        r#"["2026-05-20", "2026-05-20T11:04:30Z"]"#,
    ),
    ("/railTickets/0/passengerName", "[1]"),
    ("/railTickets/0/fare", r#"[832, "832,00"]"#),
    ("/railTickets/0/segments", r#"[{}, "x"]"#),
    ("/railTickets/0/segments/2", r#"["x"]"#),
    ("/railTickets/1/segments/0/departureStation", "[null]"),
    (
        "/railTickets/1/segments/0/departureDateTime",
        r#"["2026-06-03T07:10:00"]"#,
    ),
    ("/railTickets/1/segments/0/arrivalStation", "[1]"),
    ("/railTickets/1/segments/0/arrivalDateTime", r#"["09:38"]"#),
    ("/railTickets/1/segments/0/trainNumber", "[1107]"),
    ("/railTickets/1/segments/0/trainType", "[1]"),
    (
        "/railTickets/1/segments/0/classOfServiceCode",
        r#"["", " ", 1]"#,
    ),
    ("/railTickets/1/segments/0/fare", "[312]"),
    ("/railTickets/1/segments/0/taxes", "[{}]"),
    ("/railTickets/1/segments/0/taxes/0/rate", r#"["6"]"#),
    (
        "/railTickets/1/segments/0/lineItems/1/description",
        r#"["", 1]"#,
    ),
    ("/lineItems/0/unitCost", "[55]"),
];

/// What must be there, beside what every receipt must have.
pub(super) const REQUIRED: [&str; 13] = [
    "/seller",
    "/railTickets",
    "/railTickets/1/recordLocator",
    "/railTickets/1/issueDateTime",
    "/railTickets/1/passengerName",
    "/railTickets/1/segments",
    "/railTickets/1/segments/2/departureStation",
    "/railTickets/1/segments/2/departureDateTime",
    "/railTickets/1/segments/2/arrivalStation",
    "/railTickets/1/segments/2/arrivalDateTime",
    "/railTickets/1/segments/2/trainNumber",
    "/railTickets/1/segments/2/classOfServiceCode",
    "/lineItems/0/total",
];

/// What the documents contradict each other about, or leave open; see docs/behaviours.md.
pub(super) const OPEN: [Rule; 2] = [
    ("/railTickets", "[[]]"),
    ("/railTickets/0/segments", "[[]]"),
];
