//! The `Link` header (RFC 8288): which schema describes a posted receipt, and the links of its
//! answer.

use std::fmt::Write as _;

use crate::schema::{ReceiptType, SCHEMA_HTTPS, Validators};

/// Why the `Link` header does not name the schema of a receipt.
///
/// Source: receipts/response-codes.markdown ("Link header must be provided ...").
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkFault {
    /// No link has the relation `describedBy`.
    #[error("no Link header with rel=\"describedBy\"")]
    Missing,
    /// The schema is none of a receipt type that can be posted.
    #[error("{0:?} is not the URI of a supported receipt schema")]
    Unknown(String),
    /// More than one link has the relation `describedBy`. Choice: refused, even if they are equal.
    #[error("more than one link with rel=\"describedBy\"")]
    Several,
}

/// The receipt type that the `Link` header values name with the relation `describedBy`.
///
/// Several links may share a value and several values a request. Links of other relations are
/// passed over; what cannot be parsed ends its header value.
pub fn described_by<'a>(
    values: impl Iterator<Item = &'a str>,
    validators: &Validators,
) -> Result<ReceiptType, LinkFault> {
    let mut links = values
        .flat_map(Links)
        .filter(|link| link.has_relation("describedBy"));
    let link = links.next().ok_or(LinkFault::Missing)?;
    if links.next().is_some() {
        return Err(LinkFault::Several);
    }
    let documented = link.uri.starts_with("http://") || !validators.strict().has(SCHEMA_HTTPS);
    ReceiptType::from_uri(link.uri)
        .filter(|receipt_type| documented && validators.takes(*receipt_type))
        .ok_or_else(|| LinkFault::Unknown(link.uri.to_owned()))
}

/// A `Link` header value of `(uri, rel)` pairs, spaced and quoted as the documents print it.
pub fn link_header(parts: &[(&str, &str)]) -> String {
    let mut header = String::new();
    for (uri, rel) in parts {
        let separator = if header.is_empty() { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ = write!(header, "{separator}<{uri}>; rel=\"{rel}\"");
    }
    header
}

/// One parsed link.
struct Link<'a> {
    uri: &'a str,
    /// The value of the first `rel`, without its quotes. RFC 8288 ignores further ones.
    rel: Option<String>,
}

impl Link<'_> {
    fn has_relation(&self, relation: &str) -> bool {
        let mut relations = self.rel.iter().flat_map(|rel| rel.split_ascii_whitespace());
        relations.any(|found| found.eq_ignore_ascii_case(relation))
    }
}

/// The links of one header value; holds what is still to be parsed.
struct Links<'a>(&'a str);

impl<'a> Iterator for Links<'a> {
    type Item = Link<'a>;

    fn next(&mut self) -> Option<Link<'a>> {
        let start = self.0.trim_start_matches([' ', '\t', ',']);
        let (uri, rest) = start.strip_prefix('<')?.split_once('>')?;
        self.0 = rest;
        let mut rel = None;
        while let Some((name, value)) = self.parameter() {
            if name.eq_ignore_ascii_case("rel") && rel.is_none() {
                rel = Some(value);
            }
        }
        Some(Link {
            uri: uri.trim_matches([' ', '\t']),
            rel,
        })
    }
}

impl<'a> Links<'a> {
    /// Takes the next `; name=value` of the current link.
    fn parameter(&mut self) -> Option<(&'a str, String)> {
        let rest = trim(self.0).strip_prefix(';')?;
        let rest = trim(rest);
        let end = rest.find(['=', ';', ',']).unwrap_or(rest.len());
        let name = rest[..end].trim_end_matches([' ', '\t']);
        let rest = &rest[end..];
        let (value, rest) = match rest.strip_prefix('=').map(trim) {
            None => (String::new(), rest),
            Some(rest) => match rest.strip_prefix('"') {
                Some(quoted) => unquote(quoted),
                None => token(rest),
            },
        };
        self.0 = rest;
        Some((name, value))
    }
}

fn trim(text: &str) -> &str {
    text.trim_start_matches([' ', '\t'])
}

/// An unquoted value and what follows it.
fn token(text: &str) -> (String, &str) {
    let end = text.find([';', ',']).unwrap_or(text.len());
    (
        text[..end].trim_end_matches([' ', '\t']).to_owned(),
        &text[end..],
    )
}

/// A quoted value, its opening quote already taken, and what follows its closing quote.
fn unquote(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return (value, &text[at + 1..]),
            '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
            _ => value.push(char),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use bursar_web::Strict;

    use super::*;

    const GENERAL: &str = "http://schema.concursolutions.com/general-receipt.schema.json";

    fn parse(values: &[&str]) -> Result<ReceiptType, LinkFault> {
        described_by(values.iter().copied(), &Validators::default())
    }

    #[test]
    fn every_spelling_of_one_schema_link_is_read() {
        for value in [
            format!("<{GENERAL}>; rel=\"describedBy\""),
            format!("<{GENERAL}>;rel=describedBy"),
            format!("  < {GENERAL} >\t; REL = DESCRIBEDBY ; title=\"a, b; c\" "),
            format!("<{GENERAL}>; rel=\"self describedby\""),
            format!("<{GENERAL}>; title=\"\\\"x\\\", <y>\"; rel=\"described\\By\""),
            format!("<{GENERAL}>; flag; rel=describedBy; rel=self"),
            format!("</a,b>; rel=self,, <{GENERAL}>; rel=describedBy"),
            format!("<{GENERAL}>; rel=describedBy, </x>; rel=describedByOther"),
            format!("<{}>; rel=describedBy", GENERAL.replace("http:", "https:")),
        ] {
            assert_eq!(parse(&[&value]), Ok(ReceiptType::General), "{value}");
        }
        let ride = "<http://schema.concursolutions.com/ground-transport-receipt.schema.json>";
        let ride = format!("{ride};rel=describedBy");
        assert_eq!(
            parse(&["</x>; rel=self", &ride]),
            Ok(ReceiptType::GroundTransport)
        );
    }

    #[test]
    fn a_missing_schema_link_is_named() {
        let bare = format!("<{GENERAL}>");
        let other = format!("<{GENERAL}>; rel=self; rel=describedBy");
        let no_brackets = format!("{GENERAL}; rel=describedBy");
        for values in [
            &[][..],
            &[""],
            &[" , "],
            &["<"],
            &[&bare],
            &[&other],
            &[&no_brackets],
            &["rel=describedBy"],
        ] {
            assert_eq!(parse(values), Err(LinkFault::Missing), "{values:?}");
        }
    }

    #[test]
    fn an_unknown_schema_is_named() {
        for uri in [
            "",
            "general-receipt.schema.json",
            "http://schema.concursolutions.com/general-receipt",
            "http://schema.concursolutions.com/receipt-core.schema.json",
            "http://schema.concursolutions.com/boat-receipt.schema.json",
            "ftp://schema.concursolutions.com/general-receipt.schema.json",
            "http://schema.concursolutions.com.example/general-receipt.schema.json",
        ] {
            let value = format!("<{uri}>; rel=describedBy");
            assert_eq!(parse(&[&value]), Err(LinkFault::Unknown(uri.to_owned())));
        }
    }

    /// docs/behaviours.md, receipts-schema-https and receipts-schema-list.
    #[test]
    fn what_is_known_depends_on_two_switches() {
        let ic_card = GENERAL.replace("general", "jpt-ic-card");
        let https = GENERAL.replace("http:", "https:");
        for (switch, unknown) in [
            ("receipts-schema-https", https.as_str()),
            ("receipts-schema-list", &ic_card),
        ] {
            let strict = Strict::of(&[switch], ["all"]).unwrap();
            let validators = Validators::new(strict);
            for uri in [GENERAL, &https, &ic_card] {
                let value = format!("<{uri}>; rel=describedBy");
                let found = described_by([value.as_str()].into_iter(), &validators);
                assert_eq!(found.is_err(), uri == unknown, "{switch} {uri}");
            }
        }
    }

    #[test]
    fn several_schemas_are_refused_in_one_value_and_in_two() {
        let value = format!("<{GENERAL}>; rel=describedBy");
        assert_eq!(parse(&[&value, &value]), Err(LinkFault::Several));
        assert_eq!(
            parse(&[&format!("{value}, {value}")]),
            Err(LinkFault::Several)
        );
        assert_eq!(
            parse(&[&value, "</x>; rel=describedby"]),
            Err(LinkFault::Several)
        );
    }

    #[test]
    fn links_are_printed_as_documented() {
        let status = "https://us2.api.example/receipts/v4/status/0";
        assert_eq!(
            link_header(&[(GENERAL, "describedBy"), (status, "processing-status")]),
            "<http://schema.concursolutions.com/general-receipt.schema.json>; rel=\"describedBy\", \
             <https://us2.api.example/receipts/v4/status/0>; rel=\"processing-status\""
        );
        assert_eq!(link_header(&[]), "");
    }

    proptest::proptest! {
        #[test]
        fn no_header_panics(any in ".*", near in "[<>;,=\" \\\\relé]{0,40}") {
            let _ = parse(&[&any, &near]);
        }

        #[test]
        fn what_is_printed_is_read(before in "[a-z,;]{0,9}", after in "[a-z,;]{0,9}") {
            let header =
                link_header(&[(&before, "self"), (GENERAL, "describedBy"), (&after, "next")]);
            proptest::prop_assert_eq!(parse(&[&header]), Ok(ReceiptType::General));
        }
    }
}
