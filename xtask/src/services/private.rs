//! Private copies: our own process of an installed server, on a free port, with data that are thrown away.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use tokio::time::{sleep, timeout};

use super::{Service, mongodb, port, postgres, probe, redis};
use crate::{
    process::{Ending, Process},
    run_folder::RunFolder,
    session::Session,
    tools,
};

/// How long a server may take until it answers.
const START: Duration = Duration::from_secs(30);

/// How often it is asked meanwhile.
const ASK: Duration = Duration::from_millis(25);

/// How many ports are tried when others keep taking them.
const PORTS: u32 = 5;

/// How to start one server.
#[derive(Debug)]
pub(super) struct Launch {
    pub(super) program: PathBuf,
    /// Its arguments for a port and the data folder.
    pub(super) arguments: fn(u16, &Path) -> Vec<OsString>,
    pub(super) data: PathBuf,
    /// Who runs it, if not we.
    pub(super) user: Option<User>,
    /// What its log says once it listens, in any case of letters.
    pub(super) ready_line: &'static str,
    pub(super) ending: Ending,
}

/// A user of this machine, by numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct User {
    pub(super) id: u32,
    pub(super) group: u32,
}

/// Starts a private copy and returns its port once it answers; none when the server is not installed.
pub(super) async fn start(service: Service, session: &mut Session) -> Result<Option<u16>> {
    let services = session.services_folder()?;
    let run = session.run_folder()?;
    let launch = match service {
        Service::Redis => redis::launch(run)?,
        Service::Postgres => postgres::launch(run).await?,
        Service::Mongodb => mongodb::launch(run, &services)?,
    };
    let Some(launch) = launch else {
        return Ok(None);
    };
    for _ in 0..PORTS {
        let port = port::free_port()?;
        let mut process = spawn(service, &launch, port, run)?;
        let log = run.log(service.name());
        if is_up(service, &mut process, &launch, port, &log).await? {
            session.keep(process);
            return Ok(Some(port));
        }
    }
    bail!("others took each of {PORTS} ports before it could listen there")
}

fn spawn(service: Service, launch: &Launch, port: u16, run: &RunFolder) -> Result<Process> {
    let path = run.log(service.name());
    // Anew for each try: what an earlier one said would be taken for this one's.
    let log =
        fs::File::create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
    let errors = log.try_clone().context("a file handle cannot be copied")?;
    let mut command = launch
        .ending
        .command_that_dies_with_us(launch.program.as_os_str());
    command
        .args((launch.arguments)(port, &launch.data))
        .current_dir(&launch.data)
        // What is looked for in its log is not to be translated.
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors);
    if let Some(user) = launch.user {
        command.uid(user.id).gid(user.group);
    }
    let process = Process::spawn(service.name(), command, launch.ending)?;
    if let Some(id) = process.id() {
        run.note_process(service.name(), id, launch.ending)?;
    }
    Ok(process)
}

/// Waits until it is up; false when it ended because its port was taken. An answer alone could be another server's,
/// who took the port: only when the log of ours says that it listens is it ours.
async fn is_up(
    service: Service,
    process: &mut Process,
    launch: &Launch,
    port: u16,
    log: &Path,
) -> Result<bool> {
    let up = timeout(START, async {
        loop {
            if let Some(status) = process.ended() {
                if log_says(log, "address already in use") {
                    return Ok(false);
                }
                bail!(
                    "{} ended ({status}):{}",
                    launch.program.display(),
                    tools::tail(log)
                );
            }
            if log_says(log, launch.ready_line) && probe::answers(service, port).await {
                return Ok(true);
            }
            sleep(ASK).await;
        }
    });
    match up.await {
        Ok(up) => up,
        Err(_) => bail!(
            "{} did not answer within {} s:{}",
            launch.program.display(),
            START.as_secs(),
            tools::tail(log)
        ),
    }
}

fn log_says(log: &Path, words: &str) -> bool {
    let log = fs::read(log).unwrap_or_default();
    String::from_utf8_lossy(&log)
        .to_ascii_lowercase()
        .contains(&words.to_ascii_lowercase())
}

/// Arguments out of plain words.
pub(super) fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}
