//! Validates files against PDF/A-2b, with a library that nobody here wrote: `pdfa FILE ...`.
//!
//! Prints each rule that is broken. Exit status: 0 when none is, 1 when some are, 2 for a file that
//! cannot be read.

use std::process::ExitCode;

use pdfrum::{Document, PdfaLevel};

fn main() -> ExitCode {
    let mut conform = true;
    for path in std::env::args().skip(1) {
        let document = match Document::open(&path) {
            Ok(document) => document,
            Err(error) => {
                eprintln!("{path}: {error}");
                return ExitCode::from(2);
            }
        };
        let report = document.check_pdfa(PdfaLevel::A2b);
        conform &= report.conforms();
        if !report.conforms() {
            println!("{path}: {report:?}");
        }
    }
    if conform {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
