//! Strict reading of a JSON body: one pass that finds what `serde_json` alone would let through.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

/// How many lists and objects may stand inside each other. Choice: our own limit.
pub const DEPTH_MAX: usize = 64;

/// How many characters of a key are shown in a fault.
const KEY_SHOWN: usize = 64;

/// Why a body is not read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonFault {
    /// What is wrong.
    pub kind: JsonFaultKind,
    /// Line of the fault, from 1.
    pub line: usize,
    /// Column of the fault in bytes, from 1; 0 right after a line break.
    pub column: usize,
    /// JSON pointer to the innermost value that was being read.
    pub path: String,
}

/// What is wrong with a body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonFaultKind {
    /// Nothing, or white space only.
    #[error("the body is empty")]
    Empty,
    /// Some bytes are not UTF-8.
    #[error("the body is not UTF-8")]
    NotUtf8,
    /// A byte order mark stands before the text.
    #[error("the body begins with a byte order mark")]
    ByteOrderMark,
    /// Not JSON, or something follows it.
    #[error("{0}")]
    Syntax(String),
    /// An object names this key twice.
    #[error("the key {0:?} is given twice")]
    DuplicateKey(String),
    /// A `\u` escape is half of a surrogate pair.
    #[error("a \\u escape is half of a surrogate pair")]
    LoneSurrogate,
    /// A key or a text contains `\u0000`, which not every database can store.
    #[error("the character \\u0000 is not accepted")]
    Nul,
    /// A number does not fit a double. Our own limit.
    #[error("a number is too large; the largest is about 1.8e308")]
    NumberTooLarge,
    /// More than [`DEPTH_MAX`] levels. Our own limit.
    #[error("lists and objects are nested more than {DEPTH_MAX} levels deep")]
    TooDeep,
}

impl JsonFault {
    /// Whether the body is JSON but beyond one of our own limits: documented answers speak of other
    /// faults only.
    pub fn is_limit(&self) -> bool {
        matches!(
            self.kind,
            JsonFaultKind::TooDeep | JsonFaultKind::NumberTooLarge
        )
    }

    fn at_start(kind: JsonFaultKind) -> Self {
        Self {
            kind,
            line: 1,
            column: 1,
            path: String::new(),
        }
    }

    fn not_utf8(bytes: &[u8], valid: usize) -> Self {
        let before = &bytes[..valid];
        let line = before.split(|byte| *byte == b'\n').count();
        let column = before
            .iter()
            .rev()
            .take_while(|byte| **byte != b'\n')
            .count()
            + 1;
        Self {
            kind: JsonFaultKind::NotUtf8,
            line,
            column,
            path: String::new(),
        }
    }
}

impl fmt::Display for JsonFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)?;
        if !self.path.is_empty() {
            write!(f, ", in {}", self.path)?;
        }
        write!(f, ": {}", self.kind)
    }
}

impl std::error::Error for JsonFault {}

/// Reads exactly one JSON value from `bytes`.
///
/// Refuses, besides broken syntax: an empty body, a byte order mark, bytes that are not UTF-8,
/// keys given twice (compared after unescaping), lone surrogates, `\u0000`, numbers beyond a
/// double, and more than [`DEPTH_MAX`] levels.
pub fn parse(bytes: &[u8]) -> Result<Value, JsonFault> {
    if bytes.trim_ascii().is_empty() {
        return Err(JsonFault::at_start(JsonFaultKind::Empty));
    }
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        return Err(JsonFault::at_start(JsonFaultKind::ByteOrderMark));
    }
    let text = str::from_utf8(bytes).map_err(|e| JsonFault::not_utf8(bytes, e.valid_up_to()))?;
    let trail = Trail::default();
    let mut reader = serde_json::Deserializer::from_str(text);
    Seed {
        trail: &trail,
        depth: 0,
    }
    .deserialize(&mut reader)
    .and_then(|value| reader.end().map(|()| value))
    .map_err(|error| trail.fault(&error))
}

/// What the visitors know about a fault and `serde_json::Error` cannot carry.
#[derive(Default)]
struct Trail {
    kind: RefCell<Option<JsonFaultKind>>,
    /// Keys and indexes on the way out of the fault, innermost first.
    steps: RefCell<Vec<String>>,
}

impl Trail {
    fn refuse<E: serde::de::Error>(&self, kind: JsonFaultKind) -> E {
        *self.kind.borrow_mut() = Some(kind);
        E::custom("refused")
    }

    fn step(&self, step: String) {
        self.steps.borrow_mut().push(step);
    }

    fn fault(self, error: &serde_json::Error) -> JsonFault {
        let kind = self.kind.into_inner().unwrap_or_else(|| syntax_kind(error));
        let mut path = String::new();
        for step in self.steps.into_inner().iter().rev() {
            path.push('/');
            path.push_str(step);
        }
        JsonFault {
            kind,
            line: error.line(),
            column: error.column(),
            path,
        }
    }
}

/// Names the few `serde_json` errors that have a meaning of their own here.
fn syntax_kind(error: &serde_json::Error) -> JsonFaultKind {
    let text = error.to_string();
    let text = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(what, _)| what);
    match text {
        "lone leading surrogate in hex escape" | "unexpected end of hex escape" => {
            JsonFaultKind::LoneSurrogate
        }
        "number out of range" => JsonFaultKind::NumberTooLarge,
        other => JsonFaultKind::Syntax(other.to_owned()),
    }
}

/// A key as a step of a JSON pointer, shortened.
fn pointer_step(key: &str) -> String {
    shown(key).replace('~', "~0").replace('/', "~1")
}

fn shown(key: &str) -> String {
    key.chars().take(KEY_SHOWN).collect()
}

#[derive(Clone, Copy)]
struct Seed<'a> {
    trail: &'a Trail,
    /// How many lists and objects are open around the value.
    depth: usize,
}

impl Seed<'_> {
    fn inside<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth == DEPTH_MAX {
            return Err(self.trail.refuse(JsonFaultKind::TooDeep));
        }
        Ok(Self {
            depth: self.depth + 1,
            ..self
        })
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| self.trail.refuse(JsonFaultKind::NumberTooLarge))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
        self.visit_string(text.to_owned())
    }

    fn visit_string<E: serde::de::Error>(self, text: String) -> Result<Value, E> {
        if has_nul(&text) {
            return Err(self.trail.refuse(JsonFaultKind::Nul));
        }
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut list = Vec::new();
        loop {
            match items.next_element_seed(inside) {
                Ok(Some(item)) => list.push(item),
                Ok(None) => return Ok(Value::Array(list)),
                Err(error) => {
                    self.trail.step(list.len().to_string());
                    return Err(error);
                }
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut object = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            if has_nul(&key) {
                return Err(self.trail.refuse(JsonFaultKind::Nul));
            }
            match object.entry(key) {
                Entry::Occupied(twice) => {
                    let key = shown(twice.key());
                    return Err(self.trail.refuse(JsonFaultKind::DuplicateKey(key)));
                }
                Entry::Vacant(vacant) => match members.next_value_seed(inside) {
                    Ok(value) => {
                        vacant.insert(value);
                    }
                    Err(error) => {
                        self.trail.step(pointer_step(vacant.key()));
                        return Err(error);
                    }
                },
            }
        }
        Ok(Value::Object(object))
    }
}

fn has_nul(text: &str) -> bool {
    text.as_bytes().contains(&0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn fault(body: &[u8]) -> JsonFault {
        parse(body).unwrap_err()
    }

    fn kind(body: &str) -> JsonFaultKind {
        fault(body.as_bytes()).kind
    }

    #[test]
    fn json_is_read() {
        let body = br#" {"a": [1, -2, 1.5, 1e-999, true, null, "\u00e9\ud83d\ude95"], "b": {}} "#;
        let expected = json!({"a": [1, -2, 1.5, 0.0, true, null, "é🚕"], "b": {}});
        assert_eq!(parse(body), Ok(expected));
    }

    #[test]
    fn a_body_that_is_no_text_is_refused() {
        for body in ["", " \r\n\t"] {
            assert_eq!(kind(body), JsonFaultKind::Empty);
        }
        assert_eq!(kind("\u{feff}{}"), JsonFaultKind::ByteOrderMark);
        let fault = fault(b"{\n\"a\":\xff}");
        assert_eq!(
            (fault.kind, fault.line, fault.column),
            (JsonFaultKind::NotUtf8, 2, 5)
        );
    }

    #[test]
    fn broken_syntax_is_refused_with_its_place() {
        for body in [
            "{", "{]", "[1,]", "{\"a\":}", "{'a':1}", "nul", "01", "1.", "+1", "NaN", "[1] 2",
            "{}{}", "\"a", "\"\\x\"", "\"\t\"", "\"\0\"", "\0", "{}\0", "{1:2}", "// x\n{}",
        ] {
            let fault = fault(body.as_bytes());
            assert!(
                matches!(fault.kind, JsonFaultKind::Syntax(_)),
                "{body:?} {fault}"
            );
            assert!(!fault.is_limit());
        }
        let fault = fault(b"{\"a\": [1,\n {\"b/c\": tru}]}");
        assert_eq!(
            fault.to_string(),
            "line 2, column 13, in /a/1/b~1c: expected ident"
        );
    }

    #[test]
    fn a_key_given_twice_is_refused_at_any_level() {
        let twice = JsonFaultKind::DuplicateKey("total".to_owned());
        assert_eq!(kind(r#"{"total":1,"x":2,"total":1}"#), twice);
        assert_eq!(kind(r#"{"total":1,"\u0074otal":1}"#), twice);
        let fault = fault(br#"{"a":[0,{"b":{"total":1,"total":2}}]}"#);
        assert_eq!(
            fault.to_string(),
            "line 1, column 31, in /a/1/b: the key \"total\" is given twice"
        );
        assert!(parse(br#"{"a":{"total":1},"b":{"total":1},"Total":1}"#).is_ok());
    }

    #[test]
    fn text_that_cannot_be_stored_is_refused() {
        for body in [
            r#""\ud800""#,
            r#""\ud800x""#,
            r#""\ud800\u0041""#,
            r#""\udc00""#,
        ] {
            assert_eq!(kind(body), JsonFaultKind::LoneSurrogate, "{body}");
        }
        assert_eq!(kind(r#"{"\udfff":1}"#), JsonFaultKind::LoneSurrogate);
        for body in [r#""\u0000""#, r#"{"a\u0000":1}"#, r#"[{"a":"b\u0000c"}]"#] {
            assert_eq!(kind(body), JsonFaultKind::Nul, "{body}");
        }
        assert!(parse(br#""\\u0000 \\ud800""#).is_ok());
    }

    #[test]
    fn depth_is_our_own_limit() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(nested(DEPTH_MAX).as_bytes()).is_ok());
        for depth in [DEPTH_MAX + 1, 10_000, 1_000_000] {
            let fault = fault(nested(depth).as_bytes());
            assert_eq!(fault.kind, JsonFaultKind::TooDeep);
            assert!(fault.is_limit());
        }
        assert_eq!(kind(&"{\"a\":".repeat(10_000)), JsonFaultKind::TooDeep);
        assert_eq!(kind(&"[{\"a\":".repeat(10_000)), JsonFaultKind::TooDeep);
    }

    #[test]
    fn numbers_of_any_size_do_not_panic() {
        for body in [
            "1e999",
            "-1e999",
            "1e99999999999999999999",
            &"9".repeat(400),
        ] {
            let fault = fault(body.as_bytes());
            assert_eq!(fault.kind, JsonFaultKind::NumberTooLarge, "{body}");
            assert!(fault.is_limit());
        }
        for body in [
            "0e99999999999999999999",
            "1e-99999999999999999999",
            &"9".repeat(300),
        ] {
            assert!(parse(body.as_bytes()).is_ok(), "{body}");
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[^\0]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map("[^\0]{0,4}", inner, 0..5)
                    .prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_bytes_panic(
            any in prop::collection::vec(any::<u8>(), 0..60),
            near in r#"[\[\]{}",:0-9eE.\\ud+-]{0,40}"#,
        ) {
            let _ = parse(&any);
            let _ = parse(near.as_bytes());
        }

        #[test]
        fn what_is_written_is_read(value in any_json()) {
            prop_assert_eq!(parse(value.to_string().as_bytes()), Ok(value.clone()));
            let text = serde_json::to_string_pretty(&value).unwrap();
            prop_assert_eq!(parse(text.as_bytes()), Ok(value));
        }

        #[test]
        fn a_key_given_twice_is_always_found(
            key in "[^\0]{0,6}",
            one in any_json(),
            other in any_json(),
            around in prop::collection::vec(any::<bool>(), 0..9),
        ) {
            let quoted = Value::from(key.as_str()).to_string();
            let mut body = format!("{{{quoted}:{one},{quoted}:{other}}}");
            for list in around {
                body = if list { format!("[0,{body}]") } else { format!("{{\"x\":{body}}}") };
            }
            prop_assert_eq!(kind(&body), JsonFaultKind::DuplicateKey(key));
        }
    }
}
