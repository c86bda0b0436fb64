//! Fuzz targets: each a function that any bytes may be given to.
//!
//! `cargo xtask fuzz` runs them under libFuzzer, starting from good inputs of ours; what it finds
//! becomes a file in `fuzz/regressions/TARGET/`, which a plain test runs from then on.

mod engine;
mod images;
#[expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    dead_code,
    reason = "made for tests, which are few and small"
)]
// It compresses with flate2.
#[path = "../../crates/foundation/images/tests/images/kit.rs"]
mod kit;
mod texts;

use std::path::Path;

use bursar_images::Format;

pub use engine::{run, start};

/// Something that reads a stranger's bytes.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// What `cargo xtask fuzz` calls it.
    pub name: &'static str,
    /// Reads the bytes; a panic is a finding.
    pub read: fn(&[u8]),
    /// Good inputs to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All targets.
pub const TARGETS: &[Target] = &[
    Target {
        name: "link",
        read: texts::link,
        seeds: texts::links,
    },
    Target {
        name: "json",
        read: texts::json,
        seeds: texts::receipts,
    },
    Target {
        name: "receipt",
        read: texts::receipt,
        seeds: texts::typed_receipts,
    },
    Target {
        name: "multipart",
        read: texts::multipart,
        seeds: texts::forms,
    },
    Target {
        name: "png",
        read: |bytes| images::read(Format::Png, bytes),
        seeds: || images::seeds(Format::Png),
    },
    Target {
        name: "jpeg",
        read: |bytes| images::read(Format::Jpeg, bytes),
        seeds: || images::seeds(Format::Jpeg),
    },
    Target {
        name: "gif",
        read: |bytes| images::read(Format::Gif, bytes),
        seeds: || images::seeds(Format::Gif),
    },
    Target {
        name: "tiff",
        read: |bytes| images::read(Format::Tiff, bytes),
        seeds: || images::seeds(Format::Tiff),
    },
    Target {
        name: "pdf",
        read: |bytes| images::read(Format::Pdf, bytes),
        seeds: || images::seeds(Format::Pdf),
    },
];

/// The target of this name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// The files of a folder; none where there is no folder.
pub fn files(folder: &Path) -> std::io::Result<Vec<Vec<u8>>> {
    match std::fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| std::fs::read(entry?.path())).collect(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
