//! The standard receipt: what a reader sees when the partner sent data but no image.
//!
//! Pure functions from data to bytes: no clock, no chance, no database. [`standard_receipt`] makes
//! a PDF/A-2b from the receipt's JSON. Pages are laid out first (`flow`, `table`, `text`), then
//! painted (`pdf`), so that the footer knows how many there are.

mod amount;
mod fields;
mod flow;
mod font;
mod grid;
mod head;
mod items;
mod money;
mod pdf;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod tickets;
mod trip;

use bursar_kernel::Micros;
use serde_json::Value;

use crate::model::seller;

pub use amount::format_amount;

/// What a standard receipt says that is not in the receipt itself.
#[derive(Clone, Copy, Debug)]
pub struct ReceiptContext<'a> {
    /// The receipt's id, 32 hex digits.
    pub receipt_id: &'a str,
    /// Name of the app that sent the receipt.
    pub app_name: &'a str,
    /// When the platform received it.
    pub received: Micros,
    /// Name of the receipt's type for a reader, such as `General receipt`.
    pub receipt_type: &'a str,
}

/// Why nothing was rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The PDF could not be written.
    #[error("the receipt could not be written as PDF: {0}")]
    Pdf(String),
}

/// The standard receipt as PDF/A-2b on A4.
///
/// The receipt is taken as it is: fields of another shape than documented are left out, amounts
/// are printed digit by digit, times keep the offset they came with. Equal input gives equal
/// bytes. The text can be selected and searched, also where the font lacks a character.
/// Errors: [`RenderError::Pdf`].
pub fn standard_receipt(receipt: &Value, ctx: &ReceiptContext<'_>) -> Result<Vec<u8>, RenderError> {
    let mut flow = flow::Flow::new();
    head::masthead(&mut flow, receipt);
    head::facts(&mut flow, receipt, ctx);
    head::parties(&mut flow, receipt);
    trip::journey(&mut flow, receipt);
    tickets::flights(&mut flow, receipt);
    tickets::trains(&mut flow, receipt);
    tickets::journeys(&mut flow, receipt);
    items::items(&mut flow, receipt);
    money::totals(&mut flow, receipt);
    money::discounts(&mut flow, receipt);
    money::taxes(&mut flow, receipt);
    money::payments(&mut flow, receipt);
    pdf::write(&flow, &document_title(receipt, ctx), ctx)
}

fn document_title(receipt: &Value, ctx: &ReceiptContext<'_>) -> String {
    let seller = fields::text(seller(receipt), "name").unwrap_or(ctx.receipt_id.into());
    format!("{}: {seller}", head::title(receipt))
}
