//! The arrows between our crates point inward, as ARCHITECTURE draws them.

use crate::{Result, repo};

/// Arrows between slices, beside those of every slice to `directory` and `oauth`.
const SLICE_ARROWS: &[(&str, &str)] = &[("receipts", "appcenter"), ("receipts", "expense")];

/// Dependencies that point where they must not.
pub(super) fn check() -> Result<Vec<String>> {
    let metadata = repo::metadata()?;
    let mut faults = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let from = Place::of(package["manifest_path"].as_str().unwrap_or_default());
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let Some(path) = dependency["path"].as_str() else {
                continue;
            };
            let to = Place::of(&format!("{path}/Cargo.toml"));
            let for_tests = dependency["kind"].as_str() == Some("dev");
            if !is_allowed(&from, &to, for_tests) {
                faults.push(format!("{} -> {}", package["name"], dependency["name"]));
            }
        }
    }
    Ok(faults)
}

/// Where a crate stands in the house.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    Foundation(String),
    Slice(String),
    /// The partner's side: it knows the platform by its public interfaces only.
    Gateway(String),
    Console,
    Sandbox,
    Program,
    /// Test kit, integration tests, benchmarks: outside, looking in.
    Outside(String),
}

impl Place {
    fn of(manifest: &str) -> Self {
        let folder = manifest.trim_end_matches("/Cargo.toml");
        let mut parts = folder.rsplit('/');
        let name = parts.next().unwrap_or_default().to_owned();
        match (parts.next().unwrap_or_default(), name.as_str()) {
            ("foundation", _) => Self::Foundation(name),
            ("platform", _) => Self::Slice(name),
            ("gateway", _) => Self::Gateway(name),
            ("crates", "console") => Self::Console,
            ("crates", "sandbox") => Self::Sandbox,
            ("crates", "bursar") => Self::Program,
            _ => Self::Outside(name),
        }
    }
}

fn is_allowed(from: &Place, to: &Place, for_tests: bool) -> bool {
    use Place::{Console, Foundation, Gateway, Outside, Program, Sandbox, Slice};
    match (from, to) {
        (Outside(name), _) => name != "xtask",
        (_, Outside(name)) => for_tests && name == "testkit",
        (Foundation(from), Foundation(_)) => from != "kernel",
        (Slice(from), Slice(to)) => is_slice_arrow(from, to),
        (Gateway(from), Foundation(to)) => is_gateway_foundation(from, to),
        (Gateway(from), Gateway(to)) => is_gateway_arrow(from, to),
        (Slice(_) | Console | Sandbox | Program, Foundation(_))
        | (Console | Sandbox | Program, Slice(_))
        | (Sandbox | Program, Gateway(_) | Console)
        | (Program, Sandbox) => true,
        _ => false,
    }
}

/// The client is for anybody's program: it stands on little.
fn is_gateway_foundation(from: &str, to: &str) -> bool {
    from != "client" || ["kernel", "outbound"].contains(&to)
}

fn is_gateway_arrow(from: &str, to: &str) -> bool {
    match (from, to) {
        ("client", _) => false,
        (_, "client") => true,
        ("connect", _) => false,
        (_, "connect") => true,
        ("delivery", _) => false,
        (_, "delivery") => true,
        _ => false,
    }
}

fn is_slice_arrow(from: &str, to: &str) -> bool {
    match (from, to) {
        ("directory", _) => false,
        (_, "directory") => true,
        ("oauth", _) => false,
        (_, "oauth") => true,
        pair => SLICE_ARROWS.contains(&pair),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrow(from: &str, to: &str) -> bool {
        let place = |folder: &str| Place::of(&format!("/house/{folder}/Cargo.toml"));
        is_allowed(&place(from), &place(to), false)
    }

    #[test]
    fn arrows_point_inward_only() {
        assert!(arrow("crates/foundation/db", "crates/foundation/kernel"));
        assert!(!arrow("crates/foundation/kernel", "crates/foundation/db"));
        assert!(!arrow("crates/foundation/web", "crates/platform/oauth"));
        assert!(arrow("crates/platform/oauth", "crates/foundation/web"));
        assert!(arrow("crates/console", "crates/platform/expense"));
        assert!(!arrow("crates/platform/expense", "crates/console"));
        assert!(arrow("crates/sandbox", "crates/console"));
        assert!(!arrow("crates/console", "crates/sandbox"));
        assert!(arrow("crates/bursar", "crates/sandbox"));
        assert!(!arrow("crates/sandbox", "crates/bursar"));
    }

    #[test]
    fn slices_know_few_other_slices() {
        let slices = |from: &str, to: &str| {
            arrow(
                &format!("crates/platform/{from}"),
                &format!("crates/platform/{to}"),
            )
        };
        assert!(slices("receipts", "expense"));
        assert!(slices("receipts", "appcenter"));
        assert!(!slices("appcenter", "receipts"));
        assert!(!slices("expense", "receipts"));
        assert!(slices("receipts", "oauth"));
        assert!(slices("oauth", "directory"));
        assert!(!slices("directory", "oauth"));
        assert!(!slices("oauth", "expense"));
    }

    #[test]
    fn the_gateway_knows_no_slice() {
        let gateway = |from: &str, to: &str| arrow(&format!("crates/gateway/{from}"), to);
        assert!(gateway("client", "crates/foundation/outbound"));
        assert!(!gateway("client", "crates/foundation/db"));
        assert!(gateway("connect", "crates/foundation/db"));
        assert!(gateway("connect", "crates/gateway/client"));
        assert!(!gateway("client", "crates/gateway/connect"));
        assert!(gateway("delivery", "crates/gateway/connect"));
        assert!(gateway("delivery", "crates/gateway/client"));
        assert!(!gateway("connect", "crates/gateway/delivery"));
        assert!(gateway("console", "crates/gateway/delivery"));
        assert!(!gateway("delivery", "crates/gateway/console"));
        assert!(!gateway("console", "crates/console"));
        assert!(!gateway("delivery", "crates/platform/receipts"));
        assert!(!arrow("crates/platform/receipts", "crates/gateway/client"));
        assert!(!arrow("crates/foundation/web", "crates/gateway/client"));
        assert!(arrow("crates/bursar", "crates/gateway/delivery"));
        assert!(arrow("crates/sandbox", "crates/gateway/client"));
        assert!(arrow("crates/it", "crates/gateway/delivery"));
    }

    #[test]
    fn only_tests_may_use_the_test_kit() {
        let slice = Place::Slice("oauth".to_owned());
        let kit = Place::Outside("testkit".to_owned());
        assert!(is_allowed(&slice, &kit, true));
        assert!(!is_allowed(&slice, &kit, false));
        assert!(arrow("bench", "crates/platform/receipts"));
        assert!(!arrow("xtask", "crates/foundation/db"));
    }
}
