//! Whether a server answers: one question and the beginning of its answer, in each server's own protocol.
//!
//! A connection alone says too little: Docker's proxy accepts long before the server behind it is there, and
//! PostgreSQL accepts while it is still starting up.

use std::{net::Ipv4Addr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::Service;

/// How long one answer may take.
const ANSWER: Duration = Duration::from_secs(2);

/// The bytes of an answer that are enough to judge it by.
const ENOUGH: usize = 16;

/// Whether the service answers on that port of this machine.
pub(super) async fn answers(service: Service, port: u16) -> bool {
    timeout(ANSWER, ask(service, port))
        .await
        .is_ok_and(|answer| answer.is_ok_and(|answer| is_ready(service, &answer)))
}

async fn ask(service: Service, port: u16) -> std::io::Result<Vec<u8>> {
    let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    server.write_all(&question(service)).await?;
    let mut answer = Vec::new();
    while answer.len() < ENOUGH && !is_ready(service, &answer) {
        if server.read_buf(&mut answer).await? == 0 {
            break;
        }
    }
    Ok(answer)
}

fn question(service: Service) -> Vec<u8> {
    match service {
        Service::Redis => b"PING\r\n".to_vec(),
        Service::Postgres => {
            // StartupMessage of protocol 3.0.
            let settings = b"user\0postgres\0database\0postgres\0\0";
            with_length(
                &[&196_608_u32.to_be_bytes(), &settings[..]],
                u32::to_be_bytes,
            )
        }
        Service::Mongodb => {
            // OP_MSG (2013), request 1, no flags, one section of kind 0: the document {hello: 1, $db: "admin"}.
            let fields = b"\x10hello\0\x01\0\0\0\x02$db\0\x06\0\0\0admin\0\0";
            let document = with_length(&[fields], u32::to_le_bytes);
            let header = [1_u32, 0, 2013, 0].map(u32::to_le_bytes).concat();
            with_length(&[&header, b"\0", &document], u32::to_le_bytes)
        }
    }
}

/// The parts, after their length in bytes with its own four.
fn with_length(parts: &[&[u8]], encode: fn(u32) -> [u8; 4]) -> Vec<u8> {
    let rest = parts.concat();
    let length = u32::try_from(rest.len() + 4).unwrap_or(u32::MAX);
    [&encode(length)[..], &rest].concat()
}

/// Whether that is the beginning of an answer of a server that is up.
fn is_ready(service: Service, answer: &[u8]) -> bool {
    match service {
        Service::Redis => answer.starts_with(b"+PONG"),
        // AuthenticationOk; while it starts up it says ErrorResponse instead.
        Service::Postgres => answer.starts_with(b"R\0\0\0\x08\0\0\0\0"),
        // The opcode of the reply.
        Service::Mongodb => answer.get(12..16) == Some(&2013_u32.to_le_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_carry_their_own_length() {
        let postgres = question(Service::Postgres);
        assert_eq!(
            postgres[..4],
            u32::try_from(postgres.len()).unwrap().to_be_bytes()
        );
        let mongodb = question(Service::Mongodb);
        assert_eq!(
            mongodb[..4],
            u32::try_from(mongodb.len()).unwrap().to_le_bytes()
        );
        assert_eq!(
            mongodb[21..25],
            u32::try_from(mongodb.len() - 21).unwrap().to_le_bytes()
        );
    }

    #[test]
    fn a_server_that_still_starts_up_is_not_ready() {
        assert!(!is_ready(Service::Redis, b"-LOADING Redis is loading"));
        assert!(!is_ready(Service::Postgres, b"E\0\0\0\x5cSFATAL\0"));
        assert!(!is_ready(Service::Mongodb, b""));
    }

    #[test]
    fn a_server_that_is_up_is_ready() {
        assert!(is_ready(Service::Redis, b"+PONG\r\n"));
        assert!(is_ready(Service::Postgres, b"R\0\0\0\x08\0\0\0\0S\0\0"));
        assert!(is_ready(
            Service::Mongodb,
            b"\x40\0\0\0\x01\0\0\0\x01\0\0\0\xdd\x07\0\0"
        ));
    }

    #[tokio::test]
    async fn nobody_answers_on_a_port_where_nobody_listens() {
        let port = super::super::port::free_port().unwrap();
        for service in Service::ALL {
            assert!(!answers(service, port).await);
        }
    }
}
