//! The filter of a look-up, and the parameters that say the same.
//!
//! Source: v4.identity.md, "Retrieve Users": attributes `userName`, `employeeNumber` and
//! `externalId`, the operator `eq`. `Choice:` also `id`, `emails` and `companyId`, and `and`
//! between comparisons, as RFC 7644 section 3.4.2.2 writes them.

use bursar_directory::{EmailKey, Finder, Listed};
use bursar_kernel::{Uuid, uuid_from_text};
use bursar_web::Form;

use crate::attributes::canonical;
use crate::error::ProfileError;

/// One thing that must hold of a user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Condition {
    Is(Finder),
    Company(Uuid),
    /// Holds of nobody: an id that is no UUID, or an `externalId`, which the directory has not.
    Nobody,
}

/// What must hold of every user that is answered: the filter and the single parameters.
pub(crate) fn conditions(query: &Form) -> Result<Vec<Condition>, ProfileError> {
    let mut conditions = match query.get("filter") {
        Some(filter) => parse(filter)?,
        None => Vec::new(),
    };
    let (company, number) = (query.get("companyId"), query.get("employeeNumber"));
    if company.is_some() != number.is_some() {
        return Err(ProfileError::Value(
            "companyId and employeeNumber go together",
        ));
    }
    for name in ["userName", "companyId", "employeeNumber", "externalId"] {
        let value = query.get(name).map(|value| condition(name, value));
        conditions.extend(value.transpose()?);
    }
    Ok(conditions)
}

/// `attribute eq "value"`, and more of them after `and`.
fn parse(filter: &str) -> Result<Vec<Condition>, ProfileError> {
    let mut conditions = Vec::new();
    let mut rest = filter;
    loop {
        let (attribute, after) = word(rest)?;
        let (operator, after) = word(after)?;
        if !operator.eq_ignore_ascii_case("eq") {
            return Err(ProfileError::Filter("the operator is not eq"));
        }
        let (value, after) = quoted(after)?;
        conditions.push(condition(attribute, &value)?);
        if after.trim().is_empty() {
            return Ok(conditions);
        }
        let (and, after) = word(after)?;
        if !and.eq_ignore_ascii_case("and") {
            return Err(ProfileError::Filter("comparisons are joined by and only"));
        }
        rest = after;
    }
}

fn word(text: &str) -> Result<(&str, &str), ProfileError> {
    let text = text.trim_start();
    let cut = text.split_once(char::is_whitespace);
    cut.filter(|(word, _)| !word.is_empty())
        .ok_or(ProfileError::Filter(
            "a comparison is: attribute eq \"value\"",
        ))
}

/// A value in quotes, escaped as in JSON, and what follows it.
fn quoted(text: &str) -> Result<(String, &str), ProfileError> {
    let wrong = ProfileError::Filter("a value stands in double quotes");
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<String>();
    match values.next() {
        Some(Ok(value)) => Ok((value, &text[values.byte_offset()..])),
        _ => Err(wrong),
    }
}

fn condition(attribute: &str, value: &str) -> Result<Condition, ProfileError> {
    // Neither engine has text with NUL, and one refuses to look for it.
    let text = value.replace('\0', "\u{fffd}");
    let id = uuid_from_text(value);
    Ok(match canonical(attribute).to_ascii_lowercase().as_str() {
        "id" => id.map_or(Condition::Nobody, |id| Condition::Is(Finder::Id(id))),
        "username" => Condition::Is(Finder::UserName(text)),
        "employeenumber" => Condition::Is(Finder::EmployeeNumber(text)),
        "emails" => Condition::Is(Finder::Email(text)),
        "companyid" => id.map_or(Condition::Nobody, Condition::Company),
        "externalid" => Condition::Nobody,
        _ => return Err(ProfileError::Filter("the attribute cannot be filtered by")),
    })
}

impl Condition {
    /// Whether it holds of a user.
    pub(crate) fn holds(&self, listed: &Listed) -> bool {
        let user = &listed.member.user;
        match self {
            Self::Is(Finder::Id(id)) => user.id == *id,
            Self::Is(Finder::UserName(name)) => {
                user.user_name.to_lowercase() == name.to_lowercase()
            }
            Self::Is(Finder::EmployeeNumber(number)) => {
                user.employee_number.as_ref() == Some(number)
            }
            // Source: RFC 7643 section 8.7.1: emails.value has caseExact false.
            Self::Is(Finder::Email(email)) => EmailKey::of(&user.email) == EmailKey::of(email),
            Self::Company(id) => user.company_id == *id,
            Self::Nobody => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Condition {
        Condition::Is(Finder::UserName(text.to_owned()))
    }

    #[test]
    fn reads_comparisons_joined_by_and() {
        assert_eq!(parse(r#"userName eq "a b""#).unwrap(), [name("a b")]);
        let both = r#" USERNAME EQ "a \"and\" b"  and externalId eq "1" "#;
        assert_eq!(
            parse(both).unwrap(),
            [name("a \"and\" b"), Condition::Nobody]
        );
        assert_eq!(
            parse(r#"userName eq "a\u0000""#).unwrap(),
            [name("a\u{fffd}")]
        );
        assert_eq!(parse(r#"id eq "7""#).unwrap(), [Condition::Nobody]);
        let number = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber";
        let number = parse(&format!("{number} eq \"7\"")).unwrap();
        assert_eq!(number, [Condition::Is(Finder::EmployeeNumber("7".into()))]);
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for filter in [
            "",
            "userName",
            "userName eq",
            "userName eq a",
            "userName eq 7",
            "userName eq \"a",
            "userName sw \"a\"",
            "nickName eq \"a\"",
            "userName eq \"a\" or userName eq \"b\"",
            "userName eq \"a\" and",
            "not (userName eq \"a\")",
        ] {
            assert!(
                matches!(parse(filter), Err(ProfileError::Filter(_))),
                "{filter}"
            );
        }
    }
}
