//! HTTP/1.1 over a socket, without a library: tests send headers and bodies that none would send.

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The media type of forms.
const FORM: &str = "application/x-www-form-urlencoded";

/// A data center.
pub(crate) struct Site {
    /// Its base URI: `http://127.0.0.1:PORT`.
    pub(crate) base: String,
}

impl Site {
    pub(crate) fn get(&self, target: &str) -> Call {
        self.call("GET", target)
    }

    pub(crate) fn post(&self, target: &str) -> Call {
        self.call("POST", target)
    }

    /// The name of the session's cookie here: plain HTTP shares cookies between ports.
    pub(crate) fn cookie_name(&self) -> String {
        let (_, port) = self.base.rsplit_once(':').expect("a port");
        format!("session-{port}")
    }

    /// A cookie with a session that was never begun.
    pub(crate) fn planted(&self, token: &str) -> String {
        format!("{}={token}", self.cookie_name())
    }

    /// A call of a path, or of a URL of this data center.
    pub(crate) fn call(&self, method: &str, target: &str) -> Call {
        let target = target.strip_prefix(&self.base).unwrap_or(target);
        let authority = self.base.trim_start_matches("http://").to_owned();
        let head = format!("{method} {target} HTTP/1.1\r\nhost: {authority}\r\n");
        Call {
            authority,
            head: head.into_bytes(),
            body: None,
        }
    }
}

/// A call that is not sent yet.
pub(crate) struct Call {
    authority: String,
    head: Vec<u8>,
    body: Option<Vec<u8>>,
}

impl Call {
    /// One more header field; the same name may come again.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.head
            .extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn correlated(self, id: &str) -> Self {
        self.header("concur-correlationid", id)
    }

    pub(crate) fn cookie(self, cookie: &str) -> Self {
        self.header("cookie", cookie)
    }

    /// The body, without a content type.
    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    pub(crate) fn json(self, body: impl Into<Vec<u8>>) -> Self {
        self.header("content-type", "application/json").body(body)
    }

    /// A form's fields, encoded here.
    pub(crate) fn form(self, fields: &[(&str, &str)]) -> Self {
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        self.header("content-type", FORM).body(fields.join("&"))
    }

    /// Sends it on a connection of its own.
    pub(crate) async fn send(mut self) -> Answer {
        let body = self.body.take().unwrap_or_default();
        self = self
            .header("connection", "close")
            .header("content-length", &body.len().to_string());
        self.head.extend_from_slice(b"\r\n");
        let stream = TcpStream::connect(&self.authority).await.unwrap();
        let (mut from, mut to) = stream.into_split();
        // A refusal may come, and the connection end, before everything was sent.
        let sending = tokio::spawn(async move {
            drop(to.write_all(&self.head).await);
            drop(to.write_all(&body).await);
            to
        });
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).await.unwrap();
        drop(sending.await);
        Answer::parse(&bytes)
    }
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Self {
        let blank = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let blank = blank.unwrap_or_else(|| panic!("no answer: {}", bytes.escape_ascii()));
        let head = str::from_utf8(&bytes[..blank]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap();
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_ascii_lowercase(), value.trim().to_owned())
        });
        let answer = Self {
            status: status.parse().unwrap(),
            headers: headers.collect(),
            body: bytes[blank + 4..].to_vec(),
        };
        if answer.status == 204 {
            // RFC 9110 section 8.6.
            assert_eq!(answer.maybe("content-length"), None);
            assert!(answer.body.is_empty(), "{}", answer.text());
        } else {
            let length = answer.header("content-length").parse().ok();
            assert_eq!(length, Some(answer.body.len()), "{}", answer.text());
        }
        answer
    }

    /// The only header field of this name.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.maybe(name)
            .unwrap_or_else(|| panic!("no {name}: {:?} {}", self.headers, self.text()))
    }

    /// The header field of this name, at most one.
    pub(crate) fn maybe(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "two {name}: {:?}", self.headers);
        value
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), "application/json");
        serde_json::from_slice(&self.body).unwrap()
    }

    /// A text of a JSON body.
    pub(crate) fn field(&self, name: &str) -> String {
        let value = self.json();
        let text = value[name].as_str();
        text.unwrap_or_else(|| panic!("no {name} in {value}"))
            .to_owned()
    }
}

/// Every byte of a text, escaped.
pub(crate) fn encoded(text: &str) -> String {
    let bytes: Vec<_> = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
    bytes.concat()
}
