//! How an installation is set up: what its servers say of themselves, its clocks, its ports.

use std::{io::ErrorKind, net::SocketAddr, time::Duration};

use chrono::TimeDelta;
use moodwire_model::Remark;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::Finding;
use crate::{
    config::{Config, Console},
    environment,
    failure::Failure,
};

/// From how much on two clocks that differ matter: jobs are due to the second, and hours are sealed minutes after their end.
const CLOCKS_APART: TimeDelta = TimeDelta::seconds(2);

/// How long a role that serves metrics may take to say so.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the stores that answer say of how they are set up, and of the time. One that does not answer was told already.
pub(super) async fn remarks(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut add = |store: &str, remarks: Vec<Remark>| {
        findings.extend(remarks.into_iter().map(|one| Finding::remarked(store, one)));
    };
    if let Ok(queue) = environment::open_queue(config).await {
        add("queue", queue.remarks().await.unwrap_or_default());
        if let Ok(theirs) = queue.now().await {
            add("queue", vec![clocks(theirs - environment::clock().now())]);
        }
    }
    if let Ok(lake) = environment::open_lake(config).await {
        add("lake", lake.remarks().await.unwrap_or_default());
    }
    if let Ok(warehouse) = environment::open_warehouse(config).await {
        add("warehouse", warehouse.remarks().await.unwrap_or_default());
    }
    findings
}

/// Hours are told by this machine's clock, and jobs are due by the queue's.
fn clocks(ahead: TimeDelta) -> Remark {
    let seconds = ahead.num_seconds();
    if ahead.abs() < CLOCKS_APART {
        Remark::well("clock", "as this machine's")
    } else {
        Remark::doubtful(
            "clock",
            format!("{seconds} s ahead of this machine's"),
            "let both follow a time server (NTP)",
        )
    }
}

/// To whom the console is open.
pub(super) fn console(console: &Console) -> Result<String, Failure> {
    console.check_exposure().map_err(Failure::Usage)?;
    let listen = console.listen;
    Ok(match (&console.proxy_header, console.is_open()) {
        (_, true) => format!("at {listen}, open to whoever is on this machine"),
        (Some(header), _) => format!("at {listen}, to whom a proxy names in {header}"),
        (None, false) => format!("at {listen}, with a password"),
    })
}

/// Whether metrics can be served, or are by a role that runs here.
pub(super) async fn port(address: SocketAddr) -> Result<String, Failure> {
    match TcpListener::bind(address).await {
        Ok(_) => Ok(format!("{address} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse && is_alive(address).await => {
            Ok(format!("served at {address} by a role that runs"))
        }
        Err(error) => Err(Failure::Runtime(format!(
            "{address} cannot be listened on: {error}; free the port, or set another one as [metrics] listen"
        ))),
    }
}

/// Whether a role serves its metrics there.
async fn is_alive(address: SocketAddr) -> bool {
    let ask = async {
        let mut role = TcpStream::connect(address).await?;
        role.write_all(b"GET /healthz HTTP/1.0\r\n\r\n").await?;
        let mut answer = String::new();
        role.take(1024).read_to_string(&mut answer).await?;
        std::io::Result::Ok(answer.ends_with("ok\n"))
    };
    matches!(tokio::time::timeout(PATIENCE, ask).await, Ok(Ok(true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_differ_by_seconds_are_told_with_their_mend() {
        assert_eq!(clocks(TimeDelta::milliseconds(-900)).mend, None);
        assert!(clocks(TimeDelta::seconds(-40)).mend.is_some());
    }

    #[tokio::test]
    async fn a_port_that_another_program_holds_is_told() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = taken.local_addr().unwrap();
        let said = port(address).await.unwrap_err().to_string();
        assert!(said.contains("[metrics] listen"), "{said}");
        drop(taken);
        assert!(port(address).await.is_ok());
    }

    #[test]
    fn a_console_that_is_open_to_all_is_refused() {
        let mut open = Console {
            listen: "0.0.0.0:7878".parse().unwrap(),
            ..Console::default()
        };
        assert!(console(&open).is_err());
        open.admin_password = Some("a long password".to_owned().into());
        assert!(console(&open).unwrap().ends_with("with a password"));
    }
}
