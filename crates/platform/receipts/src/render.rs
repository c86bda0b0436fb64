//! The standard receipt: what a reader sees when the partner sent data but no image.
//!
//! Functions from data to bytes: no clock, no chance, no database; of the system only its fonts.
//! [`standard_receipt`] makes a PDF/A-2b from the receipt's JSON. Pages are laid out first
//! (`flow`, `table`, `text`), then painted (`pdf`), so that the footer knows how many there are.

#[cfg(test)]
mod archive;
mod cjk;
mod fields;
mod flow;
mod font;
#[cfg(test)]
mod golden;
mod grid;
mod head;
mod items;
mod logo;
mod money;
mod pdf;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod tickets;
mod trip;
mod words;

use bursar_kernel::Micros;
use serde_json::Value;

use crate::model::seller;
use crate::schema::ReceiptType;
use words::Words;

pub use logo::Logo;

/// What a standard receipt says that is not in the receipt itself.
#[derive(Clone, Copy, Debug)]
pub struct ReceiptContext<'a> {
    /// The receipt's id, 32 hex digits.
    pub receipt_id: &'a str,
    /// Name of the app that sent the receipt.
    pub app_name: &'a str,
    /// When the platform received it.
    pub received: Micros,
    /// The receipt's type.
    pub receipt_type: Option<ReceiptType>,
    /// The locale of the traveller, as BCP 47: `pt-BR`.
    pub locale: &'a str,
    /// The app's logo.
    pub logo: Option<&'a Logo>,
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
/// In the language of the traveller, who reads it; numbers, dates and countries as the locale
/// writes them. The receipt is taken as it is: fields of another shape than documented are left
/// out, amounts keep every digit, times the offset they came with. Equal input gives equal bytes,
/// where the system has the same fonts. The text can be selected and searched, also where no font
/// has a character.
/// Errors: [`RenderError::Pdf`].
pub fn standard_receipt(receipt: &Value, ctx: &ReceiptContext<'_>) -> Result<Vec<u8>, RenderError> {
    let words = &Words::new(ctx.locale, receipt);
    let flow = &mut flow::Flow::new();
    head::masthead(flow, words, receipt, ctx.logo);
    head::facts(flow, words, receipt, ctx);
    head::parties(flow, words, receipt);
    trip::journey(flow, words, receipt);
    tickets::flights(flow, words, receipt);
    tickets::trains(flow, words, receipt);
    tickets::journeys(flow, words, receipt);
    items::items(flow, words, receipt);
    money::totals(flow, words, receipt);
    money::discounts(flow, words, receipt);
    money::taxes(flow, words, receipt);
    money::payments(flow, words, receipt);
    let title = document_title(words, receipt, ctx);
    pdf::write(flow, words, &title, ctx)
}

/// A logo for tests elsewhere in this crate.
#[cfg(test)]
pub(crate) fn sample_logo() -> Vec<u8> {
    logo::tests::picture((100, 100), png::ColorType::Rgb, &[200, 80, 56])
}

fn document_title(words: &Words, receipt: &Value, ctx: &ReceiptContext<'_>) -> String {
    let seller = fields::text(seller(receipt), "name").unwrap_or(ctx.receipt_id.into());
    format!("{}: {seller}", words.say(head::title(receipt)))
}
