//! HTTP by hand, so that a connection can be closed at any byte.

use std::fmt::Write;

use anyhow::{Context, Result, bail};
use moodwire_testing::contract::Request;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::answer::Answer;

/// Far more than any head has.
const MAX_HEAD: usize = 64 * 1024;

/// Reads one request.
pub(super) async fn read(stream: &mut TcpStream) -> Result<Request> {
    let mut bytes = Vec::new();
    let end = loop {
        let at = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(at) = at {
            break at;
        }
        if stream.read_buf(&mut bytes).await? == 0 || bytes.len() > MAX_HEAD {
            bail!("the request's head broke off");
        }
    };
    let mut body = bytes.split_off(end + 4);
    let mut request = head(&String::from_utf8_lossy(&bytes))?;
    let length: usize = request
        .header("content-length")
        .context("the request names no length")?
        .parse()?;
    while body.len() < length {
        if stream.read_buf(&mut body).await? == 0 {
            bail!("the request's body broke off");
        }
    }
    request.body = body;
    Ok(request)
}

fn head(text: &str) -> Result<Request> {
    let mut lines = text.split("\r\n");
    let first = lines.next().unwrap_or_default();
    let mut words = first.split(' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        bail!("the request begins with {first:?}");
    };
    let mut request = Request {
        method: method.to_owned(),
        target: target.to_owned(),
        ..Request::default()
    };
    for line in lines.filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').context("a header without a colon")?;
        request = request.with(&name.to_ascii_lowercase(), value.trim());
    }
    Ok(request)
}

/// Reads so many bytes at most, and closes.
pub(super) async fn cut(mut stream: TcpStream, after: usize) -> Result<()> {
    let mut bytes = vec![0; after];
    let _read = stream.read_exact(&mut bytes).await;
    // What is left unread makes the system say so at once, as a process that died would.
    Ok(())
}

/// Which part of an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    Whole,
    /// Up to the middle of the head.
    Head,
    /// The head, and of the body nothing.
    WithoutBody,
}

/// Writes an answer, or its beginning, and closes.
pub(super) async fn answer(mut stream: TcpStream, answer: &Answer, extent: Extent) -> Result<()> {
    let mut head = format!("HTTP/1.1 {} Answer\r\n", answer.status);
    for (name, value) in &answer.headers {
        write!(head, "{name}: {value}\r\n")?;
    }
    if answer.status != 204 {
        let (kind, length) = (answer.content_type, answer.body.len());
        write!(head, "Content-Type: {kind}\r\nContent-Length: {length}\r\n")?;
    }
    head += "\r\n";
    let bytes = match extent {
        Extent::Whole => head + &answer.body,
        Extent::WithoutBody => head,
        Extent::Head => head.chars().take(head.len() / 2).collect(),
    };
    stream.write_all(bytes.as_bytes()).await?;
    stream.shutdown().await?;
    Ok(())
}
