//! Mail in a real SMTP conversation, with a server of the test's own.

use bursar_kernel::{Micros, Uuid};
use bursar_mail::{Mail, MailError, Mailer, Smtp, SmtpConfig, Tls};
use bursar_testkit::FakeSmtp;

fn config(server: &FakeSmtp) -> SmtpConfig {
    SmtpConfig {
        host: server.address.ip().to_string(),
        port: server.address.port(),
        tls: Tls::None,
        login: None,
        from: "no-reply@spend.example".into(),
        from_name: "Bursar & Söhne".into(),
    }
}

fn mail(to: &str) -> Mail {
    Mail {
        id: Uuid::from_u128(0x7add_4621_f00b_47e1_aa2d_8a61_739c_97e6),
        at: Micros(1_795_253_400_000_000),
        to: to.into(),
        subject: "Grüße von Bursar".into(),
        text: ".a dot first\r\nand ünïcode\r\n".into(),
        html: "<p>Hello &amp; goodbye</p>".into(),
    }
}

#[tokio::test]
async fn both_forms_arrive_with_their_headers() {
    let server = FakeSmtp::start(&[]).await;
    let mailer = Mailer::Smtp(Smtp::new(&config(&server)).unwrap());
    mailer
        .send(&mail("ana@northwind.example.com"))
        .await
        .unwrap();
    let [delivered] = server.delivered().try_into().unwrap();
    assert_eq!(delivered.hello, "spend.example");
    assert_eq!(delivered.auth, None);
    assert_eq!(delivered.from, "no-reply@spend.example");
    assert_eq!(delivered.to, ["ana@northwind.example.com"]);
    let data = &delivered.data;
    for line in [
        "To: ana@northwind.example.com",
        "Date: Sat, 21 Nov 2026 09:30:00 +0000",
        "Message-ID: <7add4621-f00b-47e1-aa2d-8a61739c97e6@spend.example>",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Type: text/html; charset=utf-8",
    ] {
        assert!(
            data.lines().any(|have| have == line),
            "{line} is not in\n{data}"
        );
    }
    assert!(
        data.contains("Content-Type: multipart/alternative;"),
        "{data}"
    );
    assert!(data.contains("From: =?utf-8?b?"), "{data}");
    assert!(data.contains("Subject: =?utf-8?b?"), "{data}");
    let plain = data.find("text/plain").unwrap();
    assert!(
        plain < data.find("text/html").unwrap(),
        "the best form comes last"
    );
}

#[tokio::test]
async fn it_signs_in_where_it_must() {
    let server = FakeSmtp::start(&[]).await;
    let login = Some(("bursar".to_owned(), "hush".into()));
    let smtp = Smtp::new(&SmtpConfig {
        login,
        ..config(&server)
    });
    let smtp = smtp.unwrap();
    assert!(!format!("{smtp:?}").contains("hush"), "{smtp:?}");
    Mailer::Smtp(smtp).send(&mail("ana@x.test")).await.unwrap();
    // NUL, name, NUL, password in base64 (RFC 4616).
    let auth = server.delivered()[0].auth.clone();
    assert_eq!(auth.as_deref(), Some("PLAIN AGJ1cnNhcgBodXNo"));
}

#[tokio::test]
async fn what_is_worth_another_attempt_is_told_from_what_is_not() {
    let server = FakeSmtp::start(&["451 later", "550 no such mailbox"]).await;
    let mailer = Mailer::Smtp(Smtp::new(&config(&server)).unwrap());
    let later = mailer.send(&mail("ana@x.test")).await;
    assert!(matches!(later, Err(MailError::Later(_))), "{later:?}");
    let never = mailer.send(&mail("nobody@x.test")).await;
    assert!(matches!(never, Err(MailError::Never(_))), "{never:?}");
    mailer.send(&mail("ana@x.test")).await.unwrap();
    assert_eq!(server.delivered().len(), 1);
    let address = mailer.send(&mail("ana@x.test, ben@x.test")).await;
    assert!(matches!(address, Err(MailError::Never(_))), "{address:?}");
    drop(server);
    let gone = mailer.send(&mail("ana@x.test")).await;
    assert!(matches!(gone, Err(MailError::Later(_))), "{gone:?}");
    let nowhere = Mailer::Nowhere.send(&mail("ana@x.test")).await;
    assert!(matches!(nowhere, Err(MailError::Never(_))), "{nowhere:?}");
}

#[tokio::test]
async fn a_server_without_tls_is_not_spoken_to_when_tls_is_wanted() {
    for tls in [Tls::StartTls, Tls::Implicit] {
        let server = FakeSmtp::start(&[]).await;
        let smtp = Smtp::new(&SmtpConfig {
            tls,
            login: Some(("bursar".to_owned(), "hush".into())),
            ..config(&server)
        });
        let refused = Mailer::Smtp(smtp.unwrap()).send(&mail("ana@x.test")).await;
        assert!(refused.is_err(), "{tls:?}");
        assert_eq!(server.delivered(), []);
    }
}

#[test]
fn a_sender_is_an_address() {
    let refused = Smtp::new(&SmtpConfig {
        host: "mail.example".into(),
        port: 587,
        tls: Tls::StartTls,
        login: None,
        from: "Bursar".into(),
        from_name: "Bursar".into(),
    });
    assert!(refused.is_err());
}
