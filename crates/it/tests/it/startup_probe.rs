//! Temporary.
use crate::app::*;
use bursar_testkit::db_test;
db_test! {
    async fn probe(place: TestDb) {
        let t = std::time::Instant::now();
        let app = TestApp::start(&place).await;
        println!("started {:?}", t.elapsed());
        app.token(ANA).await;
        println!("token {:?}", t.elapsed());
        app.stop().await;
        println!("stopped {:?}", t.elapsed());
    }
}
