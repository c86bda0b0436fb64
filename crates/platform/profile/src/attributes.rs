//! Which attributes an answer shows: those that the token's scopes allow and the query asks for.

use bursar_oauth::Scopes;
use bursar_web::Form;

/// The schema of the core attributes.
pub(crate) const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The schema of the attributes that a company gives its users.
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// What to show to one caller.
pub(crate) struct Attributes<'a> {
    scopes: &'a Scopes,
    only: Option<Vec<String>>,
    without: Vec<String>,
}

impl<'a> Attributes<'a> {
    /// From the parameters `attributes` and `excludedAttributes`, each a list with commas.
    ///
    /// `Choice:` the name of a sub-attribute stands for its whole attribute.
    pub(crate) fn new(scopes: &'a Scopes, query: &Form) -> Self {
        let list = |name| {
            let names = query.get(name)?.split(',').map(str::trim);
            let names = names.filter(|name| !name.is_empty());
            Some(names.map(|name| canonical(name).to_owned()).collect())
        };
        Self {
            scopes,
            only: list("attributes"),
            without: list("excludedAttributes").unwrap_or_default(),
        }
    }

    /// Whether an attribute is shown that any of `scopes` allows to see.
    pub(crate) fn show(&self, attribute: &str, scopes: &[&str]) -> bool {
        let allowed = scopes.iter().any(|scope| self.scopes.has(scope));
        let named = |names: &[String]| names.iter().any(|name| is(name, attribute));
        let wanted = self.only.as_ref().is_none_or(|only| named(only));
        allowed && wanted && !named(&self.without)
    }

    /// The same for the id, which is asked for by asking for anything (RFC 7643 section 3.1).
    pub(crate) fn show_id(&self, scopes: &[&str]) -> bool {
        scopes.iter().any(|scope| self.scopes.has(scope))
    }
}

/// Whether a name from a query means `attribute`. The whole extension means each of its own.
fn is(name: &str, attribute: &str) -> bool {
    let extension = ["companyId", "organization", "employeeNumber"];
    name.eq_ignore_ascii_case(attribute)
        || name.eq_ignore_ascii_case(ENTERPRISE) && extension.contains(&attribute)
}

/// An attribute's own name: without its schema and without a sub-attribute. `scim.md` writes the
/// extension's schema without `User`.
pub(crate) fn canonical(name: &str) -> &str {
    let short = ENTERPRISE.trim_end_matches(":User");
    if [CORE, ENTERPRISE]
        .iter()
        .any(|schema| name.eq_ignore_ascii_case(schema))
    {
        return name;
    }
    let own = [CORE, ENTERPRISE, short].iter().find_map(|schema| {
        let (head, rest) = name.split_at_checked(schema.len())?;
        rest.strip_prefix(':')
            .filter(|_| head.eq_ignore_ascii_case(schema))
    });
    let own = own.unwrap_or(name);
    own.split_once('.').map_or(own, |(attribute, _)| attribute)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(query: &str, attribute: &str) -> bool {
        let scopes = Scopes::parse("a b");
        let form = Form::parse(query.as_bytes()).unwrap();
        Attributes::new(&scopes, &form).show(attribute, &["b", "c"])
    }

    #[test]
    fn scopes_allow_and_the_query_chooses() {
        assert!(shown("", "name"));
        assert!(shown("attributes=active,%20NAME.familyName", "name"));
        assert!(!shown("attributes=active", "name"));
        assert!(!shown("excludedAttributes=Name", "name"));
        let form = Form::parse(b"attributes=active").unwrap();
        let scopes = Scopes::parse("a");
        let attributes = Attributes::new(&scopes, &form);
        assert!(!attributes.show("active", &["b"]));
        assert!(attributes.show_id(&["a"]) && !attributes.show_id(&["b"]));
    }

    #[test]
    fn schemas_may_stand_before_names() {
        for name in [
            format!("{ENTERPRISE}:employeeNumber"),
            "URN:ietf:params:scim:schemas:extension:enterprise:2.0:employeeNumber".to_owned(),
            "employeeNumber".to_owned(),
        ] {
            assert_eq!(canonical(&name), "employeeNumber");
        }
        assert_eq!(canonical(&format!("{CORE}:emails.value")), "emails");
        assert!(shown(&format!("attributes={ENTERPRISE}"), "companyId"));
        assert!(!shown(&format!("attributes={ENTERPRISE}"), "name"));
    }
}
