//! The messages of one language.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};

/// The messages of one language, in Fluent's syntax.
pub struct Catalogue {
    language: &'static str,
    bundle: FluentBundle<FluentResource>,
}

impl Catalogue {
    /// Parses the files of a language.
    ///
    /// Panics when one is broken, or has a key that another has: they are part of the program, and
    /// its tests parse them.
    pub fn new(language: &'static str, files: &[&str]) -> Self {
        let id = language
            .parse()
            .expect("a catalogue is named by its language");
        let mut bundle = FluentBundle::new_concurrent(vec![id]);
        // Pages isolate foreign text themselves (`<bdi>`); invisible marks would end up in copies.
        bundle.set_use_isolating(false);
        for file in files {
            let resource = FluentResource::try_new((*file).to_owned());
            let resource = resource.expect("catalogues are checked by tests");
            bundle
                .add_resource(resource)
                .expect("a key stands in one file");
        }
        Self { language, bundle }
    }

    /// Its language, as in `new`.
    pub fn language(&self) -> &'static str {
        self.language
    }

    /// A message; nothing when the catalogue lacks the key.
    pub fn text(&self, key: &str, args: Option<&FluentArgs<'_>>) -> Option<String> {
        let pattern = self.bundle.get_message(key)?.value()?;
        let text = self.bundle.format_pattern(pattern, args, &mut Vec::new());
        Some(text.into_owned())
    }
}
