#[test]
fn adhoc_speed() {
    let v = bursar_receipts::schema::Validators::new();
    let t = include_bytes!("../tests-data/general-booking-fee.json");
    let n = 50_000;
    for _ in 0..3 {
        let s = std::time::Instant::now();
        for _ in 0..n {
            std::hint::black_box(bursar_receipts::json::parse(std::hint::black_box(t)).unwrap());
        }
        let p = s.elapsed() / n;
        let s = std::time::Instant::now();
        for _ in 0..n {
            std::hint::black_box(
                serde_json::from_slice::<serde_json::Value>(std::hint::black_box(t)).unwrap(),
            );
        }
        let q = s.elapsed() / n;
        let d = bursar_receipts::json::parse(t).unwrap();
        let s = std::time::Instant::now();
        for _ in 0..n {
            assert!(
                v.validate(
                    bursar_receipts::schema::ReceiptType::General,
                    std::hint::black_box(&d)
                )
                .is_empty()
            );
        }
        println!(
            "parse {p:?} serde_json {q:?} validate {:?} bytes {}",
            s.elapsed() / n,
            t.len()
        );
    }
}
