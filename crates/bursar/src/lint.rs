//! `bursar lint`: a receipt on disk against its schema, as a post of it would be checked.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use bursar_receipts::BODY_MAX;
use bursar_receipts::schema::{Fault, ReceiptType, Validators};
use bursar_web::Strict;
use bursar_web::json::{self, JsonFault};

use crate::admin::printable;

/// The file cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}: {source}", .path.display())]
pub struct LintError {
    path: PathBuf,
    source: io::Error,
}

/// What the endpoint would say.
#[derive(Debug)]
pub enum Findings {
    /// There is more than it reads.
    TooLarge,
    /// It is not JSON, or nested beyond our limit.
    Unreadable(JsonFault),
    /// Nothing, or how it breaks its schema.
    Faults(Vec<Fault>),
}

/// Checks the receipt in a file with the parser and the schemas of the endpoint.
pub fn lint(path: &Path, receipt_type: ReceiptType, strict: Strict) -> Result<Findings, LintError> {
    let bytes = std::fs::read(path).map_err(|source| LintError {
        path: path.to_owned(),
        source,
    })?;
    if bytes.len() > BODY_MAX {
        return Ok(Findings::TooLarge);
    }
    Ok(match json::parse(&bytes) {
        Ok(receipt) => Findings::Faults(Validators::new(strict).validate(receipt_type, &receipt)),
        Err(fault) => Findings::Unreadable(fault),
    })
}

impl Findings {
    /// Whether a post would be accepted.
    pub fn is_valid(&self) -> bool {
        matches!(self, Self::Faults(faults) if faults.is_empty())
    }

    /// What is wrong, a block of lines for each fault. They move no cursor, whatever the receipt
    /// has.
    pub fn report(&self) -> String {
        match self {
            Self::TooLarge => format!("the body is larger than {BODY_MAX} bytes\n"),
            // The endpoint names our own limits, too.
            Self::Unreadable(fault) if fault.is_limit() => line(&fault.to_string()) + "\n",
            Self::Unreadable(fault) => {
                let detail = line(&fault.to_string());
                format!("Request body could not be parsed\n  {detail}\n")
            }
            Self::Faults(faults) => faults.iter().map(block).collect(),
        }
    }
}

fn block(fault: &Fault) -> String {
    // The pointer to the whole receipt is empty.
    let whole = fault.path.is_empty();
    let place = if whole { "the receipt" } else { &fault.path };
    let mut block = line(place) + "\n";
    for (name, words) in [
        ("message:", &fault.message),
        ("expected:", &fault.expected),
        ("got:", &fault.got),
    ] {
        // Writing to a text cannot fail.
        let _ = writeln!(block, "  {name:<9} {}", line(words));
    }
    block
}

fn line(text: &str) -> String {
    text.chars().map(printable).collect()
}
