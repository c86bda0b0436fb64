//! A COMMIT whose answer never comes: done once, whether the server got it or not.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use bursar_db::{Db, DbError, Isolation, Location, Migration, args, statements};
use bursar_testkit::TestDb;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const TABLE: &[Migration] = &[Migration {
    number: 1,
    name: "0001_note",
    sqlite: "",
    postgres: "CREATE TABLE note (id BIGINT)",
}];

statements! {
    INSERT = "INSERT INTO note (id) VALUES ($1)";
    COUNT = "SELECT COUNT(*) FROM note";
}

/// What the proxy does at the next COMMIT, once.
const PASS: u8 = 0;
const CUT_BEFORE: u8 = 1;
const CUT_AFTER: u8 = 2;

async fn proxy(server: SocketAddr, mode: Arc<AtomicU8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let upstream = TcpStream::connect(server).await.unwrap();
            tokio::spawn(relay(client, upstream, Arc::clone(&mode)));
        }
    });
    address
}

async fn relay(client: TcpStream, server: TcpStream, mode: Arc<AtomicU8>) {
    let (mut client_in, mut client_out) = client.into_split();
    let (mut server_in, mut server_out) = server.into_split();
    let back = tokio::spawn(async move {
        drop(tokio::io::copy(&mut server_in, &mut client_out).await);
    });
    let mut buffer = vec![0; 65536];
    while let Ok(length @ 1..) = client_in.read(&mut buffer).await {
        let commit = buffer[..length]
            .windows(7)
            .any(|bytes| bytes == b"COMMIT\0");
        let cut = if commit {
            mode.swap(PASS, Ordering::SeqCst)
        } else {
            PASS
        };
        if cut == CUT_BEFORE {
            break;
        }
        if cut == CUT_AFTER {
            // Nothing more comes back, though the server does its work.
            back.abort();
            drop(server_out.write_all(&buffer[..length]).await);
            drop(server_out.shutdown().await);
            return;
        }
        if server_out.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
    back.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn is_resolved_to_exactly_once() {
    let place = TestDb::postgres().await;
    let Location::Url(url) = &place.location else {
        unreachable!()
    };
    let (before, path) = url.rsplit_once('/').unwrap();
    let (scheme_user, host) = before.rsplit_once('@').unwrap();
    let server = tokio::net::lookup_host(host).await.unwrap().next().unwrap();
    let mode = Arc::new(AtomicU8::new(PASS));
    let address = proxy(server, Arc::clone(&mode)).await;
    let through = Location::Url(format!("{scheme_user}@{address}/{path}"));
    let options = bursar_db::Options::new(through);
    let db = Db::open(options, TABLE).await.unwrap();

    let mut id = 0;
    for isolation in [
        Isolation::Serializable,
        Isolation::ReadCommitted,
        Isolation::Append,
    ] {
        for cut in [CUT_BEFORE, CUT_AFTER] {
            id += 1;
            mode.store(cut, Ordering::SeqCst);
            let stored: Result<(), DbError> = db
                .write(isolation, id, |tx, &id| {
                    Box::pin(async move { tx.execute(&INSERT, args![id]).await.map(drop) })
                })
                .await;
            stored.unwrap_or_else(|error| panic!("{isolation:?} cut {cut}: {error}"));
            let count = db.read((), |tx, ()| {
                Box::pin(async move { tx.row(&COUNT, &[]).await?.unwrap().get::<i64>(0) })
            });
            assert_eq!(count.await.unwrap(), id, "{isolation:?} cut {cut}");
        }
    }
}
