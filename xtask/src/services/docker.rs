//! Containers of our own, for a machine that has Docker and no servers.
//!
//! Each carries a label with this run's folder, by which all are removed, also those of a run that was killed.

use std::{path::Path, process::Command, time::Duration};

use anyhow::{Context, Result, bail};
use tokio::time::{sleep, timeout};

use super::{Service, probe};
use crate::{session::Session, tools};

/// How long the engine may take to say that it is there; an unreachable remote one would take minutes.
const ENGINE: Duration = Duration::from_secs(10);

/// How long a server may take until it answers, once its image is here.
const START: Duration = Duration::from_secs(60);

/// How often it is asked meanwhile.
const ASK: Duration = Duration::from_millis(100);

/// Starts a container and returns the port of 127.0.0.1 on which its server answers.
pub(super) async fn start(service: Service, session: &mut Session) -> Result<u16> {
    if !engine_answers().await {
        bail!("no Docker engine answers");
    }
    let image = Image::of(service);
    let run = session.run_folder()?;
    run.note_docker()?;
    eprintln!("{}: starting a container of {}", service.name(), image.name);
    let log = run.log(&format!("docker-{}", service.name()));
    tools::run_logged(image.run(service, run.path()), &log).await?;
    let container = container_name(service);
    let published = tools::output(Command::new("docker").args(["port", &container, image.port]))
        .context("the container ended at once")?;
    let port = published_port(&published)
        .with_context(|| format!("docker published no port: \"{published}\""))?;
    let up = timeout(START, async {
        while !probe::answers(service, port).await {
            sleep(ASK).await;
        }
    });
    match up.await {
        Ok(()) => Ok(port),
        Err(_) => bail!("the container did not answer within {} s", START.as_secs()),
    }
}

/// Removes every container with the label of that run's folder.
pub(crate) fn remove_containers(run: &Path) {
    let listed = tools::output(
        Command::new("docker")
            .args(["ps", "-aq", "--filter"])
            .arg(format!("label={}", label(run))),
    );
    for id in listed.unwrap_or_default().lines() {
        if tools::output(Command::new("docker").args(["rm", "-f", "-v", id])).is_none() {
            eprintln!("container {id} is left behind: `docker rm -f {id}`");
        }
    }
}

async fn engine_answers() -> bool {
    let info = tokio::process::Command::new("docker")
        .arg("info")
        .kill_on_drop(true)
        .output();
    matches!(timeout(ENGINE, info).await, Ok(Ok(output)) if output.status.success())
}

fn label(run: &Path) -> String {
    format!("moodwire.run={}", run.display())
}

fn container_name(service: Service) -> String {
    format!("moodwire-{}-{}", service.name(), std::process::id())
}

/// `127.0.0.1:49153`, on the first of the lines.
fn published_port(published: &str) -> Option<u16> {
    published.lines().next()?.rsplit_once(':')?.1.parse().ok()
}

/// An image and how it is run.
struct Image {
    name: &'static str,
    port: &'static str,
    variables: &'static [&'static str],
    arguments: &'static [&'static str],
}

impl Image {
    const fn of(service: Service) -> Self {
        match service {
            Service::Redis => Self {
                name: "redis:8",
                port: "6379",
                variables: &[],
                arguments: &[
                    "--save",
                    "",
                    "--appendonly",
                    "no",
                    "--maxmemory-policy",
                    "noeviction",
                ],
            },
            Service::Postgres => Self {
                name: "postgres:17",
                port: "5432",
                variables: &["POSTGRES_HOST_AUTH_METHOD=trust"],
                arguments: &["-c", "fsync=off", "-c", "max_connections=200"],
            },
            Service::Mongodb => Self {
                name: "mongo:6.0",
                port: "27017",
                variables: &[],
                arguments: &["--wiredTigerCacheSizeGB", "0.25"],
            },
        }
    }

    fn run(&self, service: Service, run: &Path) -> Command {
        let mut docker = Command::new("docker");
        docker.args(["run", "--rm", "-d", "--name", &container_name(service)]);
        docker.args([
            "--label",
            &label(run),
            "-p",
            &format!("127.0.0.1::{}", self.port),
        ]);
        for variable in self.variables {
            docker.args(["-e", variable]);
        }
        docker.arg(self.name).args(self.arguments);
        docker
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_listens_on_this_machine_alone_and_carries_the_label_of_its_run() {
        let command = Image::of(Service::Postgres)
            .run(Service::Postgres, Path::new("/target/services/run-7"));
        assert_eq!(
            tools::words(&command),
            format!(
                "docker run --rm -d --name moodwire-postgres-{} --label moodwire.run=/target/services/run-7 \
                 -p 127.0.0.1::5432 -e POSTGRES_HOST_AUTH_METHOD=trust postgres:17 -c fsync=off -c max_connections=200",
                std::process::id()
            )
        );
    }

    #[test]
    fn the_published_port_is_read() {
        assert_eq!(published_port("127.0.0.1:49153"), Some(49153));
        assert_eq!(published_port(""), None);
    }
}
