//! JSON laid out for reading, token by token as it was sent.

/// Deeper levels keep this indentation, so that nesting cannot blow up a page.
const INDENT_MAX: usize = 24;

/// Breaks JSON text into indented lines. Order of members, duplicate names and the spelling of
/// numbers stay as they are: `180.0` is not turned into `180`.
///
/// Expects well-formed JSON; anything else is laid out as far as its brackets make sense.
pub fn pretty(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let mut rest = json.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' => copy_string(&mut rest, &mut out),
            '{' | '[' => {
                out.push(c);
                while rest.next_if(char::is_ascii_whitespace).is_some() {}
                if let Some(close) = rest.next_if(|&c| c == closing(out.ends_with('{'))) {
                    out.push(close);
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => out.push(c),
        }
    }
    out
}

fn closing(object: bool) -> char {
    if object { '}' } else { ']' }
}

fn copy_string(rest: &mut impl Iterator<Item = char>, out: &mut String) {
    out.push('"');
    let mut escaped = false;
    for c in rest {
        out.push(c);
        match c {
            '"' if !escaped => return,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth.min(INDENT_MAX)));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lays_out_and_keeps_every_token() {
        let json = r#"{"a":180.0,"b":[1e2,{}, [ ] ],"c":"x: {\"y\"}, \\","a":null}"#;
        let lines = [
            "{",
            r#"  "a": 180.0,"#,
            r#"  "b": ["#,
            "    1e2,",
            "    {},",
            "    []",
            "  ],",
            r#"  "c": "x: {\"y\"}, \\","#,
            r#"  "a": null"#,
            "}",
        ];
        assert_eq!(pretty(json), lines.join("\n"));
    }

    #[test]
    fn deep_nesting_stays_small() {
        let json = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        assert!(pretty(&json).len() < 10_000 * 110);
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            ".{0,12}".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                proptest::collection::vec((".{0,6}", inner), 0..6)
                    .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn looks_like_the_usual_layout(value in json()) {
            let usual = serde_json::to_string_pretty(&value).expect("JSON");
            prop_assert_eq!(pretty(&value.to_string()), usual);
        }

        #[test]
        fn any_text_is_laid_out(text in ".{0,80}") {
            let _ = pretty(&text);
        }
    }
}
