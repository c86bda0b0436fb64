//! The list of expenses as its address has it: all that is shown follows from there.

use bursar_expense::{Filter, Place, Sort, Source};
use bursar_kernel::{Uuid, hex32};
use bursar_web::{Form, encode_form};

/// `Choice:` characters of a search.
const SEARCH_MAX: usize = 200;
/// What an app's name stands behind where a source is named.
const APP: &str = "app:";

/// What a list shows, and in which order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListQuery {
    /// Which expenses.
    pub filter: Filter,
    /// What they are sorted by.
    pub sort: Sort,
    /// Whether that is turned round.
    pub descending: bool,
    /// Which part.
    pub place: Place,
}

impl Default for ListQuery {
    /// All that are not hidden, the newest first.
    fn default() -> Self {
        Self::sorted(Filter::default(), Sort::default())
    }
}

impl ListQuery {
    /// In the order that people expect.
    fn sorted(filter: Filter, sort: Sort) -> Self {
        Self {
            filter,
            sort,
            descending: is_usually_falling(sort),
            place: Place::Start,
        }
    }

    /// Reads the query of an address. What makes no sense there is as if it were not there.
    pub fn parse(query: &str) -> Self {
        Self::of(&Form::parse(query.as_bytes()).unwrap_or_default())
    }

    /// The same from parameters that were read before.
    pub fn of(form: &Form) -> Self {
        let text = |name| form.get(name).map(ToOwned::to_owned);
        let search = form.get("q").unwrap_or_default().trim();
        let source = form.get("source").unwrap_or_default();
        let id = |name| form.get(name).and_then(parse_id);
        let filter = Filter {
            search: search.chars().take(SEARCH_MAX).collect(),
            source: Source::parse(source),
            app: source.strip_prefix(APP).map(ToOwned::to_owned),
            expense_type: text("type"),
            currency: text("currency"),
            from: form.get("from").and_then(|day| day.parse().ok()),
            until: form.get("until").and_then(|day| day.parse().ok()),
            problems: form.get("problems").is_some(),
            hidden: form.get("hidden").is_some(),
        };
        let (sort, descending) = sorting(form.get("sort").unwrap_or_default());
        Self {
            filter,
            sort,
            descending,
            place: match (id("after"), id("before")) {
                (Some(id), _) => Place::After(id),
                (None, Some(id)) => Place::Before(id),
                (None, None) => Place::Start,
            },
        }
    }

    /// The query that reads as this; empty for the usual list.
    pub fn query(&self) -> String {
        let filter = &self.filter;
        let source = self.source();
        let day = |day: Option<jiff::civil::Date>| day.map(|day| day.to_string());
        let (after, before) = match self.place {
            Place::Start => (None, None),
            Place::After(id) => (Some(hex32(&id)), None),
            Place::Before(id) => (None, Some(hex32(&id))),
        };
        let flag = |set: bool| set.then(|| "1".to_owned());
        let sort = sort_name(self.sort, self.descending);
        let usual = sort_name(Sort::default(), is_usually_falling(Sort::default()));
        let pairs = [
            ("q", Some(filter.search.clone())),
            ("source", Some(source)),
            ("type", filter.expense_type.clone()),
            ("currency", filter.currency.clone()),
            ("from", day(filter.from)),
            ("until", day(filter.until)),
            ("problems", flag(filter.problems)),
            ("hidden", flag(filter.hidden)),
            ("sort", Some(sort).filter(|sort| *sort != usual)),
            ("after", after),
            ("before", before),
        ];
        let given = pairs
            .iter()
            .filter_map(|(name, value)| Some((*name, value.as_deref()?)));
        encode_form(given.filter(|(_, value)| !value.is_empty()))
    }

    /// The address of the list.
    pub fn href(&self) -> String {
        with_query("/expenses", &self.query())
    }

    /// The kind of document or the app, as one parameter.
    pub fn source(&self) -> String {
        let app = self.filter.app.as_ref();
        app.map_or_else(
            || self.filter.source.map_or("", Source::as_str).to_owned(),
            |app| format!("{APP}{app}"),
        )
    }

    /// The parameter that stands for an app.
    pub fn app_source(app: &str) -> String {
        format!("{APP}{app}")
    }

    /// The same with another filter, from the beginning.
    #[must_use]
    pub fn filtered(&self, change: impl FnOnce(&mut Filter)) -> Self {
        let mut other = self.clone();
        change(&mut other.filter);
        other.place = Place::Start;
        other
    }

    /// The same list elsewhere.
    #[must_use]
    pub fn at(&self, place: Place) -> Self {
        Self {
            place,
            ..self.clone()
        }
    }

    /// The same filter sorted by `sort`; turned round if it is so sorted already.
    #[must_use]
    pub fn resorted(&self, sort: Sort) -> Self {
        let usual = Self::sorted(self.filter.clone(), sort);
        Self {
            descending: if self.sort == sort {
                !self.descending
            } else {
                usual.descending
            },
            ..usual
        }
    }

    /// Whether some expenses are left out, hidden ones apart.
    pub fn is_filtered(&self) -> bool {
        let hidden = self.filter.hidden;
        self.filter
            != Filter {
                hidden,
                ..Filter::default()
            }
    }

    /// Whether a form sent its empty fields along: the address without them says the same.
    pub fn has_idle(form: &Form) -> bool {
        let known = ["q", "source", "type", "currency", "from", "until", "sort"];
        let mut names = form.names();
        names.any(|name| known.contains(&name) && form.get(name).is_none())
    }
}

/// Names are expected from A on, all else from the latest or the highest.
fn is_usually_falling(sort: Sort) -> bool {
    sort != Sort::Merchant
}

/// An order as one parameter: `amount`, or `amount-asc` where that is not the usual direction.
pub fn sort_name(sort: Sort, descending: bool) -> String {
    let name = sort.as_str();
    match (descending == is_usually_falling(sort), descending) {
        (true, _) => name.to_owned(),
        (false, true) => format!("{name}-desc"),
        (false, false) => format!("{name}-asc"),
    }
}

/// The order of that name, the usual one where there is none.
fn sorting(name: &str) -> (Sort, bool) {
    let (name, direction) = name.split_once('-').unwrap_or((name, ""));
    let sort = Sort::ALL.into_iter().find(|known| known.as_str() == name);
    let sort = sort.unwrap_or_default();
    let descending = match direction {
        "asc" => false,
        "desc" => true,
        _ => is_usually_falling(sort),
    };
    (sort, descending)
}

/// A path with a query, if there is one.
pub fn with_query(path: &str, query: &str) -> String {
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    }
}

/// An id in an address: 32 hex digits.
pub fn parse_id(text: &str) -> Option<Uuid> {
    (text.len() == 32)
        .then(|| Uuid::try_parse(text).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_usual_list_needs_no_query() {
        assert_eq!(ListQuery::default().href(), "/expenses");
        for query in [
            "",
            "q=",
            "sort=arrival-desc",
            "sort=size",
            "sort=",
            "from=today",
            "after=x",
            "%",
        ] {
            assert_eq!(ListQuery::parse(query), ListQuery::default(), "{query}");
        }
    }

    #[test]
    fn every_part_comes_back() {
        let query = "q=a%26b&source=app%3AU%20%26%20B&type=LODNG&currency=EUR&from=2026-11-01\
                     &until=2026-11-30&problems=1&hidden=1&sort=amount-asc\
                     &after=0123456789abcdef0123456789abcdef";
        let list = ListQuery::parse(query);
        assert_eq!(list.filter.search, "a&b");
        assert_eq!(list.filter.app.as_deref(), Some("U & B"));
        assert!(list.is_filtered() && !list.descending);
        assert_eq!(list.query(), query);
        assert_eq!(
            ListQuery::parse(&list.at(Place::Start).query()).place,
            Place::Start
        );
    }

    #[test]
    fn a_column_is_sorted_as_people_expect_and_then_turned_round() {
        let list = ListQuery::parse("currency=EUR&after=0123456789abcdef0123456789abcdef");
        let merchant = list.resorted(Sort::Merchant);
        assert_eq!(merchant.query(), "currency=EUR&sort=merchant");
        assert_eq!(
            merchant.resorted(Sort::Merchant).query(),
            "currency=EUR&sort=merchant-desc"
        );
        assert_eq!(
            list.resorted(Sort::Arrival).query(),
            "currency=EUR&sort=arrival-asc"
        );
    }

    #[test]
    fn idle_fields_of_a_form_are_seen() {
        let idle = |query: &str| ListQuery::has_idle(&Form::parse(query.as_bytes()).unwrap());
        assert!(idle("q=&source=") && idle("q=a&from="));
        assert!(!idle("") && !idle("q=a&sort=date") && !idle("zzz"));
    }

    proptest! {
        #[test]
        fn any_query_reads_as_what_it_is_written_as(query in ".{0,60}") {
            let list = ListQuery::parse(&query);
            prop_assert_eq!(ListQuery::parse(&list.query()), list);
        }
    }
}
