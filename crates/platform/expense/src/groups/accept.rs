//! In which form a configuration is answered: RFC 9110 section 12.5.1.

use http::HeaderMap;
use http::header::ACCEPT;

/// What can be written, the first where a caller has no preference. Source: the page shows JSON;
/// APIs of its version answer XML, too.
const OFFERS: [&str; 3] = [JSON, "application/xml", "text/xml"];
pub(super) const JSON: &str = "application/json";

/// The media type that the caller likes best of those that we write.
pub(super) fn best(headers: &HeaderMap) -> Option<&'static str> {
    let ranges: Vec<Range<'_>> = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|range| !range.is_empty())
        .map(Range::parse)
        .collect();
    if ranges.is_empty() {
        return Some(JSON);
    }
    let mut best = (None, 0.0);
    for offer in OFFERS {
        let quality = quality(&ranges, offer);
        if quality > best.1 {
            best = (Some(offer), quality);
        }
    }
    best.0
}

/// One media range of the header.
struct Range<'a> {
    kind: &'a str,
    quality: f32,
}

impl<'a> Range<'a> {
    /// What is no weight weighs nothing up or down.
    fn parse(text: &'a str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
        let quality = weight.and_then(|weight| weight.parse().ok());
        Self {
            kind,
            quality: quality.unwrap_or(1.0),
        }
    }

    /// How closely this names the media type; 0 if it does not.
    fn closeness(&self, offer: &str) -> u8 {
        let group = offer.split_once('/').map_or("", |(group, _)| group);
        let all = self.kind.strip_suffix("/*");
        if self.kind.eq_ignore_ascii_case(offer) {
            3
        } else if all.is_some_and(|all| all.eq_ignore_ascii_case(group)) {
            2
        } else {
            u8::from(self.kind == "*/*")
        }
    }
}

/// The weight of the range that names the media type most closely.
fn quality(ranges: &[Range<'_>], offer: &str) -> f32 {
    let named = ranges.iter().filter(|range| range.closeness(offer) > 0);
    let closest = named.max_by_key(|range| range.closeness(offer));
    closest.map_or(0.0, |range| range.quality)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn the_heaviest_of_the_closest_ranges_is_chosen() {
        assert_eq!(best(&HeaderMap::new()), Some(JSON));
        for (accept, expected) in [
            ("", Some(JSON)),
            ("*/*", Some(JSON)),
            ("application/*", Some(JSON)),
            ("text/*", Some("text/xml")),
            ("application/xml", Some("application/xml")),
            ("Application/XML;q=0.2", Some("application/xml")),
            ("text/xml, application/json;q=0.9", Some("text/xml")),
            ("application/xml;q=0.5, application/json;q=0.9", Some(JSON)),
            ("application/xml, application/json", Some(JSON)),
            (
                "text/html, application/xml;q=0.9, */*;q=0.8",
                Some("application/xml"),
            ),
            ("*/*, application/json;q=0", Some("application/xml")),
            (
                "application/json; charset=utf-8 ;Q=0.3, text/xml;q=0.2",
                Some(JSON),
            ),
            ("application/json;q=x", Some(JSON)),
            ("application/json;q=0", None),
            ("*/*;q=0", None),
            ("text/html", None),
            ("x", None),
        ] {
            let value = HeaderValue::from_static(accept);
            assert_eq!(
                best(&HeaderMap::from_iter([(ACCEPT, value)])),
                expected,
                "{accept}"
            );
        }
    }
}
