//! One SQL text for both engines.

use std::sync::OnceLock;

/// A statement, written once with `$1`, `$2`, … placeholders.
///
/// `SQLite` reads `$1` as a *named* parameter and would bind by order of appearance; so its text
/// is translated to `?1` once. A statement that cannot be shared has a text for each engine.
pub struct Sql {
    postgres: &'static str,
    sqlite: Option<&'static str>,
    translated: OnceLock<String>,
}

impl Sql {
    /// One text for both engines.
    pub const fn new(text: &'static str) -> Self {
        Self {
            postgres: text,
            sqlite: None,
            translated: OnceLock::new(),
        }
    }

    /// A text for each engine: the exception, for what only one of them can say.
    pub const fn per_engine(sqlite: &'static str, postgres: &'static str) -> Self {
        Self {
            postgres,
            sqlite: Some(sqlite),
            translated: OnceLock::new(),
        }
    }

    /// The text that `PostgreSQL` gets.
    pub fn postgres(&self) -> &'static str {
        self.postgres
    }

    /// The text that `SQLite` gets.
    pub fn sqlite(&self) -> &str {
        self.translated
            .get_or_init(|| self.sqlite.unwrap_or(self.postgres).replace('$', "?"))
    }
}

/// Declares a crate's statements and lists them in `STATEMENTS`, so that a test can prepare every
/// one of them on both engines.
///
/// `NAME = "text";` is shared; `NAME = sqlite: "text", postgres: "text";` is not.
#[macro_export]
macro_rules! statements {
    ($($name:ident = $first:tt $(: $sqlite:literal, postgres: $postgres:literal)?;)*) => {
        $(static $name: $crate::Sql =
            $crate::statements!(@one $first $(: $sqlite, postgres: $postgres)?);)*
        /// Every statement of this module.
        pub(crate) static STATEMENTS: &[&$crate::Sql] = &[$(&$name),*];
    };
    (@one sqlite: $sqlite:literal, postgres: $postgres:literal) => {
        $crate::Sql::per_engine($sqlite, $postgres)
    };
    (@one $text:literal) => { $crate::Sql::new($text) };
}

#[cfg(test)]
mod tests {
    statements! {
        SHARED = "SELECT $2, $1";
        SPLIT = sqlite: "SELECT $1", postgres: "SELECT $1 FOR UPDATE";
    }

    #[test]
    fn placeholders_are_numbered_for_sqlite() {
        assert_eq!(SHARED.sqlite(), "SELECT ?2, ?1");
        assert_eq!(SHARED.postgres(), "SELECT $2, $1");
        assert_eq!(SPLIT.sqlite(), "SELECT ?1");
        assert_eq!(STATEMENTS.len(), 2);
    }
}
