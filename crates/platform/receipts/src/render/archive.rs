//! Whether receipts are the PDF/A-2b that they say they are, by a validator that nobody here wrote.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::golden::{TYPES, pdf};
use super::tests::READERS;

/// What must be refused, or the validator does not look: each a receipt with one thing broken.
fn broken(pdf: &[u8]) -> [(&'static str, Vec<u8>); 3] {
    let other = |what: &[u8], with: &[u8]| {
        let at = pdf.windows(what.len()).position(|part| part == what);
        let at = at.unwrap_or_else(|| panic!("no {}", String::from_utf8_lossy(what)));
        let mut other = pdf.to_vec();
        other[at..at + what.len()].copy_from_slice(with);
        other
    };
    [
        (
            "another-part.pdf",
            other(b"pdfaid:part>2<", b"pdfaid:part>9<"),
        ),
        ("no-font.pdf", other(b"/FontFile2", b"/FontFileX")),
        ("no-cjk-font.pdf", other(b"/FontFile3", b"/FontFileX")),
    ]
}

#[test]
fn every_type_in_every_language_is_pdf_a_2b() {
    let validator = std::env::var("BURSAR_TEST_PDFA").unwrap_or_else(|_| {
        panic!("BURSAR_TEST_PDFA is not set: run `cargo xtask test`, which builds the validator")
    });
    let folder = tempfile::tempdir().unwrap();
    let keep = |name: &str, file: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, file).unwrap();
        path
    };
    let verdict = |paths: &[PathBuf]| {
        let ended = Command::new(&validator).args(paths).output().unwrap();
        let told = String::from_utf8_lossy(&ended.stdout) + String::from_utf8_lossy(&ended.stderr);
        (ended.status.code(), told.into_owned())
    };
    let mut paths = Vec::new();
    for (receipt_type, receipt) in TYPES {
        for locale in READERS {
            let name = format!("{}.{locale}.pdf", receipt_type.short_name());
            paths.push(keep(&name, &pdf(receipt_type, receipt, locale)));
        }
    }
    assert_eq!(verdict(&paths), (Some(0), String::new()));
    for (name, file) in broken(&pdf(TYPES[2].0, TYPES[2].1, "ja-JP")) {
        let (code, told) = verdict(&[keep(name, &file)]);
        assert_eq!(code, Some(1), "{name}: {told}");
    }
}
