//! The servers that tests need, and where each is had from.
//!
//! In this order: the one that the environment names; a private copy of an installed one; a private copy of one that
//! is installed for the purpose; a container. Never a server that happens to run here.

pub(crate) mod apt;
pub(crate) mod docker;
mod mongodb;
mod port;
mod postgres;
mod private;
mod probe;
pub(crate) mod prometheus;
mod redis;

use std::env;

use anyhow::{Context, Result, bail};

use crate::{session::Session, tools};

/// A server that tests need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// Redis, for the queue.
    Redis,
    /// PostgreSQL, for the warehouse.
    Postgres,
    /// MongoDB, for the lake.
    Mongodb,
}

impl Service {
    const ALL: [Self; 3] = [Self::Redis, Self::Postgres, Self::Mongodb];

    /// Its name in messages, files and folders.
    fn name(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Postgres => "postgres",
            Self::Mongodb => "mongodb",
        }
    }

    /// The environment variable that tells tests, and us, its URL.
    fn variable(self) -> &'static str {
        match self {
            Self::Redis => "MOODWIRE_TEST_REDIS_URL",
            Self::Postgres => "MOODWIRE_TEST_POSTGRES_URL",
            Self::Mongodb => "MOODWIRE_TEST_MONGODB_URL",
        }
    }

    /// The URL of one that listens on that port of this machine.
    fn url(self, port: u16) -> String {
        match self {
            Self::Redis => format!("redis://127.0.0.1:{port}"),
            Self::Postgres => format!("postgres://postgres@127.0.0.1:{port}"),
            Self::Mongodb => format!("mongodb://127.0.0.1:{port}"),
        }
    }

    /// What a person types to have it installed.
    fn line_to_type(self) -> &'static str {
        let macos = env::consts::OS == "macos";
        match self {
            Self::Redis if macos => "brew install redis",
            Self::Redis => "sudo apt-get install -y --no-install-recommends redis-server",
            Self::Postgres if macos => "brew install postgresql@17",
            Self::Postgres => "sudo apt-get install -y --no-install-recommends postgresql",
            Self::Mongodb if macos => "brew install mongodb/brew/mongodb-community@6.0",
            Self::Mongodb => {
                "sudo apt-get install -y --no-install-recommends python3-pip libcurl4 libssl3"
            }
        }
    }
}

/// Where a service was had from.
#[derive(Debug)]
enum Source {
    /// The environment names it.
    Given(String),
    /// Our own process listens on this port.
    Private(u16),
    /// Our own container answers on this port.
    Container(u16),
    /// Not to be had, for these reasons.
    Missing(String),
}

/// What became of one service.
#[derive(Debug)]
pub(crate) struct Outcome {
    service: Service,
    source: Source,
}

impl Outcome {
    /// The environment variable that tells tests its URL, and the URL; none when it is missing.
    pub(crate) fn variable(&self) -> Option<(&'static str, String)> {
        let url = match &self.source {
            Source::Given(url) => url.clone(),
            Source::Private(port) | Source::Container(port) => self.service.url(*port),
            Source::Missing(_) => return None,
        };
        Some((self.service.variable(), url))
    }

    /// For the summary: `redis private`.
    pub(crate) fn in_a_word(&self) -> String {
        let source = match self.source {
            Source::Given(_) => "given",
            Source::Private(_) => "private",
            Source::Container(_) => "in Docker",
            Source::Missing(_) => "MISSING, its tests skipped",
        };
        format!("{} {source}", self.service.name())
    }

    /// For the step: where it is, or what to do to have it. A given URL is not shown, as it may hold a password.
    fn in_a_line(&self) -> String {
        let name = self.service.name();
        let variable = self.service.variable();
        match &self.source {
            Source::Given(_) => format!("{name}: the one that {variable} names"),
            Source::Private(port) => format!("{name}: private copy on 127.0.0.1:{port}"),
            Source::Container(port) => format!("{name}: container on 127.0.0.1:{port}"),
            Source::Missing(why) => format!(
                "{name}: not to be had here ({why})\n  to have it, type `{}` or start Docker, and run again; or set \
                 {variable}",
                self.service.line_to_type()
            ),
        }
    }
}

/// Whether this is a run of CI, where nothing may be skipped.
pub(crate) fn in_ci() -> bool {
    env::var("CI").is_ok_and(|ci| ci == "true")
}

/// Brings each service, says where it is, and leaves what was started to the session. With `CI=true` a missing one is
/// an error.
pub(crate) async fn start_all(session: &mut Session) -> Result<Vec<Outcome>> {
    let in_ci = in_ci();
    let mut outcomes = Vec::new();
    for service in Service::ALL {
        let source = bring(service, session).await?;
        let outcome = Outcome { service, source };
        let line = outcome.in_a_line();
        match outcome.source {
            Source::Missing(_) if in_ci => {
                bail!("{line}\n  with CI=true its tests may not be skipped")
            }
            Source::Missing(_) => eprintln!("{line}\n  its tests are skipped"),
            _ => eprintln!("{line}"),
        }
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

/// Installs Debian packages, as root.
pub(crate) fn install_packages(packages: &[&str], session: &mut Session) -> Result<()> {
    session.run_folder()?;
    apt::install(packages, &session.services_folder()?)
}

/// Sees to it that `redis-server` is installed, for whoever starts one of its own.
pub(crate) async fn install_redis(session: &mut Session) -> Result<()> {
    if tools::which("redis-server").is_some() {
        return Ok(());
    }
    install_or_say(Service::Redis, session).await
}

/// Brings a server of our own, whatever the environment names, for a command that leaves traces in it, and answers its URL.
pub(crate) async fn start_own(service: Service, session: &mut Session) -> Result<String> {
    session.run_folder()?;
    let mut port = private::start(service, session).await?;
    if port.is_none() {
        install_or_say(service, session).await?;
        port = private::start(service, session).await?;
    }
    port.map(|port| service.url(port))
        .with_context(|| format!("{} is not found after it was installed", service.name()))
}

async fn install_or_say(service: Service, session: &mut Session) -> Result<()> {
    install(service, session).await.with_context(|| {
        format!(
            "{} is not to be had; to have it, type `{}`",
            service.name(),
            service.line_to_type()
        )
    })
}

async fn bring(service: Service, session: &mut Session) -> Result<Source> {
    if let Some(url) = env::var(service.variable())
        .ok()
        .filter(|url| !url.is_empty())
    {
        return Ok(Source::Given(url));
    }
    session.run_folder()?;
    let mut why = Vec::new();
    match private::start(service, session).await {
        Ok(Some(port)) => return Ok(Source::Private(port)),
        Ok(None) => {
            why.push("not installed".to_owned());
            match install(service, session).await {
                Ok(()) => match private::start(service, session).await {
                    Ok(Some(port)) => return Ok(Source::Private(port)),
                    Ok(None) => why.push("not found after it was installed".to_owned()),
                    Err(error) => why.push(format!("{error:#}")),
                },
                Err(error) => why.push(format!("{error:#}")),
            }
        }
        Err(error) => why.push(format!("{error:#}")),
    }
    match docker::start(service, session).await {
        Ok(port) => return Ok(Source::Container(port)),
        Err(error) => why.push(format!("{error:#}")),
    }
    Ok(Source::Missing(why.join("; ")))
}

async fn install(service: Service, session: &mut Session) -> Result<()> {
    let folder = session.services_folder()?;
    match service {
        Service::Redis => apt::install(&["redis-server"], &folder),
        Service::Postgres => apt::install(&["postgresql"], &folder),
        Service::Mongodb => mongodb::install(session.run_folder()?, &folder).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(source: Source) -> Outcome {
        Outcome {
            service: Service::Postgres,
            source,
        }
    }

    #[test]
    fn a_private_copy_is_told_to_tests_by_its_url() {
        assert_eq!(
            outcome(Source::Private(4711)).variable(),
            Some((
                "MOODWIRE_TEST_POSTGRES_URL",
                "postgres://postgres@127.0.0.1:4711".to_owned()
            ))
        );
    }

    #[test]
    fn a_given_url_is_handed_on_and_never_shown() {
        let given = outcome(Source::Given("postgres://me:secret@db".to_owned()));
        assert_eq!(given.variable().unwrap().1, "postgres://me:secret@db");
        assert!(!given.in_a_line().contains("secret"));
        assert!(!given.in_a_word().contains("secret"));
    }

    #[test]
    fn a_missing_service_says_why_and_what_to_type() {
        let missing = outcome(Source::Missing("not installed".to_owned()));
        assert_eq!(missing.variable(), None);
        let line = missing.in_a_line();
        assert!(line.contains("(not installed)"), "{line}");
        assert!(line.contains(Service::Postgres.line_to_type()), "{line}");
    }
}
