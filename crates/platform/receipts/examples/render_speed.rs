//! Renders a receipt file over and over on one core and prints how many it makes in a second:
//! `cargo run --release -p bursar-receipts --example render_speed -- in.json ja-JP [out.pdf
//! [out.png]]`.

use std::error::Error;
use std::time::{Duration, Instant};

use bursar_images::{Format, page_png};
use bursar_kernel::Micros;
use bursar_receipts::render::{ReceiptContext, standard_receipt};
use bursar_receipts::schema::ReceiptType;

const SPAN: Duration = Duration::from_secs(3);

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let input = args
        .next()
        .ok_or("usage: render_speed receipt.json LOCALE [out.pdf [out.png]]")?;
    let locale = args.next().ok_or("no locale, such as ja-JP")?;
    let receipt: serde_json::Value = serde_json::from_slice(&std::fs::read(input)?)?;
    let ctx = ReceiptContext {
        receipt_id: "eed70d8a344e4b8c9d8ad2b7b37c34e2",
        app_name: "Acme Rides",
        received: Micros(1_670_854_743_000_000),
        receipt_type: Some(ReceiptType::General),
        locale: &locale,
        logo: None,
    };
    let pdf = standard_receipt(&receipt, &ctx)?;
    if let Some(path) = args.next() {
        std::fs::write(path, &pdf)?;
    }
    if let Some(path) = args.next() {
        let start = Instant::now();
        let png = page_png(Format::Pdf, &pdf, 0, 1200)?;
        println!("preview: {} bytes in {:?}", png.len(), start.elapsed());
        std::fs::write(path, png)?;
    }
    let start = Instant::now();
    let mut made = 0_u32;
    while start.elapsed() < SPAN {
        std::hint::black_box(standard_receipt(&receipt, &ctx)?);
        made += 1;
    }
    let rate = f64::from(made) / start.elapsed().as_secs_f64();
    println!("{rate:.0} receipts/s, {} bytes each", pdf.len());
    Ok(())
}
