//! Requests as a program sends them, byte for byte: with any host, any cookie, any body.

use std::{collections::BTreeMap, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// By their names in small letters; those that come more than once, joined by lines.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
}

impl Answer {
    /// The first cookie that is given out under this name.
    pub(super) fn cookie(&self, name: &str) -> Option<String> {
        let cookies = self.headers.get("set-cookie")?;
        cookies.lines().find_map(|cookie| {
            let value = cookie.strip_prefix(name)?.strip_prefix('=')?;
            value.split(';').next().map(str::to_owned)
        })
    }

    /// The token that the page's forms carry.
    pub(super) fn token(&self) -> String {
        let (_, rest) = self.body.split_once("name=\"token\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }
}

/// A request.
#[derive(Debug, Clone)]
pub(super) struct Request {
    address: String,
    line: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Request {
    /// Asks for a page.
    pub(super) fn get(address: &str, path: &str) -> Self {
        Self {
            address: address.to_owned(),
            line: format!("GET {path}"),
            headers: vec![("Host".to_owned(), address.to_owned())],
            body: String::new(),
        }
    }

    /// Sends a form.
    pub(super) fn form(address: &str, path: &str, fields: &str) -> Self {
        let form = Self {
            line: format!("POST {path}"),
            body: fields.to_owned(),
            ..Self::get(address, path)
        };
        form.with("Content-Type", "application/x-www-form-urlencoded")
    }

    /// Sends a JSON document.
    pub(super) fn json(address: &str, path: &str, document: &str) -> Self {
        let json = Self {
            line: format!("POST {path}"),
            body: document.to_owned(),
            ..Self::get(address, path)
        };
        json.with("Content-Type", "application/json")
    }

    /// With this header, in the place of one of the same name.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a cookie.
    pub(super) fn cookie(self, name: &str, value: &str) -> Self {
        self.with("Cookie", &format!("{name}={value}"))
    }

    /// Sends it, and reads the answer to its end.
    pub(super) async fn send(self) -> Answer {
        self.read(true).await
    }

    /// Sends it, and reads no more than the answer's headers: for a stream, which has no end.
    pub(super) async fn send_for_headers(self) -> Answer {
        self.read(false).await
    }

    async fn read(self, to_its_end: bool) -> Answer {
        timeout(PATIENCE, async {
            let mut stream = TcpStream::connect(&self.address).await.unwrap();
            stream.write_all(self.bytes().as_bytes()).await.unwrap();
            let mut answer = Vec::new();
            while to_its_end || !answer.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
                if stream.read_buf(&mut answer).await.unwrap() == 0 {
                    break;
                }
            }
            parse(&answer)
        })
        .await
        .expect("an answer")
    }

    /// In HTTP/1.0, so that an answer ends with its connection and comes in one piece.
    fn bytes(&self) -> String {
        let headers = self.headers.iter();
        let headers: String = headers
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let length = self.body.len();
        format!(
            "{} HTTP/1.0\r\n{headers}Content-Length: {length}\r\n\r\n{}",
            self.line, self.body
        )
    }
}

fn parse(answer: &[u8]) -> Answer {
    let answer = String::from_utf8_lossy(answer);
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .expect("an answer with headers");
    let mut lines = head.lines();
    let status = lines
        .next()
        .unwrap()
        .split(' ')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        let all = headers.entry(name.to_ascii_lowercase()).or_default();
        if !all.is_empty() {
            all.push('\n');
        }
        all.push_str(value);
    }
    Answer {
        status,
        headers,
        body: body.to_owned(),
    }
}
