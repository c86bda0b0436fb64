//! What holds for every page, checked on its HTML by tests.
//!
//! It reads what templates of ours write: attributes in double quotes, every element closed.

use std::collections::BTreeSet;

/// Elements without an end tag.
const VOID: [&str; 7] = ["br", "hr", "img", "input", "link", "meta", "path"];

/// What is wrong with a page, a line for each fault. `brand` is the program's name.
pub fn faults(html: &str, brand: &str) -> Vec<String> {
    let page = Page {
        html,
        tags: tags(html),
    };
    let mut faults = Faults(Vec::new());
    page.elements_end_where_they_should(&mut faults);
    page.has_its_landmarks(brand, &mut faults);
    page.references_lead_somewhere(&mut faults);
    page.keeps_the_content_security_policy(&mut faults);
    page.forms_carry_their_token(&mut faults);
    page.controls_have_labels(&mut faults);
    faults.0
}

/// Whether a form is for who has no session yet: only browsers can tell where it comes from.
fn signs_in(form: &str) -> bool {
    let path = form.split("action=\"").nth(1).unwrap_or_default();
    let path = path.split('"').next().unwrap_or_default();
    path.split('/').any(|part| part == "signin")
}

struct Faults(Vec<String>);

impl Faults {
    fn unless(&mut self, holds: bool, fault: impl FnOnce() -> String) {
        if !holds {
            self.0.push(fault());
        }
    }
}

struct Page<'h> {
    html: &'h str,
    tags: Vec<Tag<'h>>,
}

/// `<div class="a">`: `div` and ` class="a"`; the name of an end tag is `/div`.
struct Tag<'h> {
    name: &'h str,
    attributes: &'h str,
}

impl<'h> Tag<'h> {
    fn value(&self, attribute: &str) -> Option<&'h str> {
        let start = format!(" {attribute}=\"");
        let at = self.attributes.find(&start)? + start.len();
        self.attributes[at..].split('"').next()
    }
}

fn tags(html: &str) -> Vec<Tag<'_>> {
    let parts = html.split('<').skip(1);
    let tags = parts.filter(|part| !part.starts_with('!')).map(|part| {
        let tag = part.split('>').next().unwrap_or_default();
        let end = tag.find(char::is_whitespace).unwrap_or(tag.len());
        let (name, attributes) = tag.split_at(end);
        Tag {
            name: name.trim_end_matches('/'),
            attributes,
        }
    });
    tags.collect()
}

impl Page<'_> {
    /// The values of one attribute on all tags.
    fn values(&self, attribute: &str) -> Vec<&str> {
        let values = self.tags.iter().filter_map(|tag| tag.value(attribute));
        values.collect()
    }

    fn elements_end_where_they_should(&self, faults: &mut Faults) {
        let mut open = Vec::new();
        for tag in &self.tags {
            match tag.name.strip_prefix('/') {
                Some("path") => {}
                Some(name) => {
                    let ends = open.pop();
                    faults.unless(ends == Some(name), || format!("{name} ends {ends:?}"));
                }
                None if VOID.contains(&tag.name) => {}
                None => open.push(tag.name),
            }
        }
        faults.unless(open.is_empty(), || format!("{open:?} are left open"));
    }

    fn has_its_landmarks(&self, brand: &str, faults: &mut Faults) {
        for name in ["title", "h1", "main", "header", "footer"] {
            let count = self.tags.iter().filter(|tag| tag.name == name).count();
            faults.unless(count == 1, || format!("{name} is there {count} times"));
        }
        let title = format!(" · {brand}</title>");
        faults.unless(self.html.contains(&title), || {
            "the title does not end with the program's name".to_owned()
        });
        let levels = self.tags.iter().filter_map(|tag| match tag.name {
            "h1" => Some(1),
            "h2" => Some(2),
            _ => None,
        });
        faults.unless(levels.is_sorted(), || {
            "headings are out of order".to_owned()
        });
    }

    fn references_lead_somewhere(&self, faults: &mut Faults) {
        let ids = self.values("id");
        let set: BTreeSet<_> = ids.iter().copied().collect();
        faults.unless(ids.len() == set.len(), || "an id is there twice".to_owned());
        for attribute in ["for", "aria-labelledby", "aria-describedby"] {
            let values = self.values(attribute);
            for id in values.iter().flat_map(|ids| ids.split(' ')) {
                faults.unless(set.contains(id), || format!("{attribute} names no {id}"));
            }
        }
        faults.unless(set.contains("main"), || {
            "the skip link leads nowhere".to_owned()
        });
    }

    fn keeps_the_content_security_policy(&self, faults: &mut Faults) {
        for tag in &self.tags {
            let name = tag.name;
            let foreign = matches!(name, "script" | "style" | "iframe");
            faults.unless(!foreign, || format!("there is a {name}"));
            let inline = |word: &str| {
                let name = word.split_once("=\"").map_or("", |(name, _)| name);
                name == "style" || name.starts_with("on")
            };
            let attributes = tag.attributes;
            faults.unless(!attributes.split(' ').any(inline), || {
                format!("{name} has a style or a script: {attributes}")
            });
        }
        for attribute in ["href", "src", "action"] {
            for value in self.values(attribute) {
                let local = value.starts_with('#') || value.starts_with('/');
                let local = local && !value.starts_with("//");
                // Other people's pages stand in links only, and learn nothing of where they stood.
                let link = format!("<a href=\"{value}\" rel=\"noopener noreferrer\">");
                let away = value.starts_with("https://") && self.html.contains(&link);
                faults.unless(local || away, || format!("{attribute} leads to {value}"));
            }
        }
    }

    fn forms_carry_their_token(&self, faults: &mut Faults) {
        for form in self.html.split("<form").skip(1) {
            let form = form.split("</form>").next().unwrap_or_default();
            let protected = form.contains("name=\"csrf_token\"") || signs_in(form);
            let posts = form.contains("method=\"post\"");
            // A search changes nothing, and its address must not carry the token.
            let asks = form.contains("method=\"get\"");
            let fine = if asks { !protected } else { protected && posts };
            faults.unless(fine, || format!("a form is not protected: {form}"));
        }
    }

    fn controls_have_labels(&self, faults: &mut Faults) {
        for tag in &self.tags {
            let (name, attributes) = (tag.name, tag.attributes);
            let control = matches!(name, "input" | "select" | "textarea");
            if control && !attributes.contains("type=\"hidden\"") {
                let id = tag.value("id").unwrap_or_default();
                let label = format!("<label for=\"{id}\">");
                faults.unless(self.html.contains(&label), || {
                    format!("{name} has no label: {attributes}")
                });
            }
            let described = name != "img" || tag.value("alt").is_some();
            faults.unless(described, || format!("img has no alt: {attributes}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page with this inside.
    fn page(main: &str) -> String {
        format!(
            "<!DOCTYPE html><title>A · Bursar</title><header></header>\
             <main id=\"main\"><h1>A</h1>{main}</main><footer></footer>"
        )
    }

    #[test]
    fn a_page_as_it_should_be_has_no_fault() {
        let html = page(
            "<h2>B</h2><svg><path d=\"M1 1\"/></svg><br>\
             <a href=\"https://a.example/\" rel=\"noopener noreferrer\">away</a>\
             <img src=\"/a.png\" alt=\"\">\
             <form method=\"get\" action=\"/a\"><label for=\"q\">Find</label>\
             <input id=\"q\"></form>\
             <form method=\"post\" action=\"/signin\"></form>\
             <form method=\"post\" action=\"/cafe/signin/new\"></form>\
             <form method=\"post\" action=\"/b\">\
             <input type=\"hidden\" name=\"csrf_token\"></form>",
        );
        assert_eq!(faults(&html, "Bursar"), Vec::<String>::new());
    }

    #[test]
    fn every_fault_is_seen() {
        for (main, fault) in [
            ("<p>", "main ends Some(\"p\")"),
            ("</main>", "main ends None"),
            ("<section><div></div>", "main ends Some(\"section\")"),
            ("<h1>B</h1>", "h1 is there 2 times"),
            ("<p id=\"a\"></p><p id=\"a\"></p>", "an id is there twice"),
            ("<p aria-describedby=\"main a\"></p>", "names no a"),
            ("<script></script>", "there is a script"),
            ("<p style=\"color: red\"></p>", "p has a style or a script"),
            (
                "<p class=\"a\" onclick=\"a()\"></p>",
                "p has a style or a script",
            ),
            ("<a href=\"//a.example\"></a>", "href leads to //a.example"),
            ("<a href=\"https://a.example\"></a>", "href leads to https"),
            ("<img src=\"data:,\" alt=\"\">", "src leads to data:,"),
            ("<form method=\"post\"></form>", "a form is not protected"),
            (
                "<form action=\"/signin\"></form>",
                "a form is not protected",
            ),
            (
                "<form method=\"get\">name=\"csrf_token\"</form>",
                "a form is not protected",
            ),
            ("<input name=\"a\">", "input has no label"),
            ("<textarea id=\"main\"></textarea>", "textarea has no label"),
            ("<img src=\"/a.png\">", "img has no alt"),
        ] {
            let seen = faults(&page(main), "Bursar").join("\n");
            assert!(seen.contains(fault), "no {fault:?} in {seen:?}");
        }
        let seen = faults("<h2></h2><h1></h1>", "Bursar").join("\n");
        for fault in [
            "headings",
            "the title",
            "skip link",
            "title is there 0 times",
        ] {
            assert!(seen.contains(fault), "no {fault:?} in {seen:?}");
        }
        let open = faults(&page("").replace("</footer>", ""), "Bursar").join("\n");
        assert!(open.contains("[\"footer\"] are left open"), "{open}");
    }
}
