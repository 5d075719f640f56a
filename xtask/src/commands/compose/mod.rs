//! `cargo xtask compose-test`: the containers of docker-compose.yml under load, while workers come and go, one is killed,
//! each store is restarted, all of it is taken down and up, and restored from a backup: nothing is lost, nothing sent
//! twice, each hour once.

mod backup;
mod posts;
mod project;
mod receiver;

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};

use self::{
    backup::Backup,
    posts::Posts,
    project::{Engine, Project},
    receiver::Receiver,
};
use crate::{services, session::Session};

/// Posts in all unless the command line says otherwise.
pub(crate) const POSTS: u64 = 100_000;

/// How much the image may add to the one that it is made from, bytes.
const MOST_ADDED: u64 = 60_000_000;

/// How long a step may take: on a loaded machine, servers need a minute to come up.
const PATIENCE: Duration = Duration::from_secs(600);

/// How often it is looked at meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The roles that the program has a container for.
const ROLES: [&str; 3] = ["scheduler", "worker", "console"];

/// What happens while each part of the posts is on its way.
const FAULTS: [Fault; 8] = [
    Fault::Scale(4),
    Fault::KillWorker,
    Fault::Restart("redis"),
    Fault::Restart("mongo"),
    Fault::Restart("postgres"),
    Fault::Scale(1),
    Fault::Stop,
    Fault::DownAndUp,
];

/// Parts of the posts that come once all was restored.
const AFTER_RESTORE: usize = 1;

#[derive(Debug, Clone, Copy)]
enum Fault {
    Scale(u32),
    KillWorker,
    Restart(&'static str),
    Stop,
    DownAndUp,
}

/// Runs it; skipped, with a word, where there is no engine. With `CI=true` that is an error.
pub(crate) async fn run(posts: u64, session: &mut Session) -> Result<u8> {
    let engine = match Engine::find().await {
        Ok(engine) => engine,
        Err(error) if services::in_ci() => {
            return Err(error.context("with CI=true the test of the containers may not be skipped"));
        }
        Err(error) => {
            eprintln!("compose: skipped: {error:#}");
            return Ok(0);
        }
    };
    let receiver = Receiver::start().await?;
    let project = Project::prepare(engine, session, receiver.port())?;
    let mut posts = Posts::new(project.config(), posts, FAULTS.len() + AFTER_RESTORE);
    let started = Instant::now();
    let told = |step: &str| eprintln!("{:>6.1} s  {step}", started.elapsed().as_secs_f64());

    project.refuses_to_start_without_secrets().await?;
    project.init().await?;
    told("building the image");
    project.compose(&["build", "worker"]).await?;
    let added = project.added_bytes().await?;
    ensure!(
        added < MOST_ADDED,
        "the image adds {added} bytes to its base, and {MOST_ADDED} is the most"
    );
    told(&format!(
        "built; it adds {} MB to its base",
        added / 1_000_000
    ));
    posts.append()?;
    project.compose(&["up", "-d", "--no-build"]).await?;
    healthy(&project).await?;
    told("up and healthy");
    project.console_answers().await?;
    for (place, fault) in FAULTS.into_iter().enumerate() {
        let mut before = 0;
        // The first part was there from the start on, and may be scored already.
        if place > 0 {
            before = scored(&project).await.unwrap_or(0);
            posts.append()?;
        }
        until("a post of the new part is scored", async || {
            scored(&project).await.is_some_and(|now| now > before)
        })
        .await?;
        told(&format!(
            "{fault:?} at {} of {} posts",
            before,
            posts.written()
        ));
        make(&project, fault).await?;
    }
    all_is_published(&project, &posts).await?;
    told("every post is scored, every hour published");
    let backup = Backup::prepare(session.root(), &project).await?;
    backup.lose_and_restore(&project).await?;
    told("lost, and restored from a backup");
    posts.append()?;
    until("what came after the restore is scored", async || {
        scored(&project).await == Some(posts.written())
    })
    .await?;
    project
        .compose(&[
            "exec", "-T", "console", "moodwire", "queue", "resume", "publish",
        ])
        .await?;
    all_is_published(&project, &posts).await?;
    let hours = posts.hours();
    let verdict = judge(&project, &receiver, hours).await?;
    told(&verdict);
    Ok(0)
}

async fn make(project: &Project, fault: Fault) -> Result<()> {
    match fault {
        Fault::Scale(1) => project.compose(&["scale", "worker=1"]).await,
        Fault::Scale(count) => {
            let scale = format!("worker={count}");
            let up = ["up", "-d", "--no-build", "--no-recreate", "--scale", &scale];
            project.compose(&up).await
        }
        Fault::KillWorker => project.kill_a_worker().await,
        Fault::Restart(store) => project.compose(&["restart", store]).await,
        Fault::Stop => {
            project.compose(&["stop", "scheduler", "worker"]).await?;
            project.ended_well(&["scheduler", "worker"]).await?;
            project.compose(&["start", "scheduler", "worker"]).await
        }
        Fault::DownAndUp => {
            project.compose(&["down"]).await?;
            project.compose(&["up", "-d", "--no-build"]).await
        }
    }
}

async fn healthy(project: &Project) -> Result<()> {
    for role in ROLES {
        until(&format!("{role} is healthy"), async || {
            project.is_healthy(role).await
        })
        .await?;
    }
    Ok(())
}

/// Waits until each post is scored and each hour published.
async fn all_is_published(project: &Project, posts: &Posts) -> Result<()> {
    until("every post is scored", async || {
        scored(project).await == Some(posts.written())
    })
    .await?;
    until("every hour is published", async || {
        settled(project).await == Some(posts.hours())
    })
    .await
}

/// Posts in the warehouse; none while it is away.
async fn scored(project: &Project) -> Option<u64> {
    project.number("select count(*) from posts").await
}

/// Hours whose publication has come to its end, or is held for a person.
async fn settled(project: &Project) -> Option<u64> {
    project
        .number("select count(*) from publications where state in ('sent', 'uncertain')")
        .await
}

/// What was lost or sent twice. A kill in the middle of a request leaves its publication to a person: such an hour may have
/// come or not, but once.
async fn judge(project: &Project, receiver: &Receiver, hours: u64) -> Result<String> {
    let sent = project
        .number("select count(*) from publications where state = 'sent'")
        .await
        .unwrap_or(0);
    let received = receiver.hours();
    let twice: Vec<&String> = received
        .iter()
        .filter(|(_, times)| **times > 1)
        .map(|(hour, _)| hour)
        .collect();
    ensure!(twice.is_empty(), "hours that were sent twice: {twice:?}");
    let distinct = u64::try_from(received.len()).unwrap_or(u64::MAX);
    ensure!(
        distinct >= sent && distinct <= hours,
        "{distinct} hours came, {sent} are told as sent, {hours} have posts"
    );
    let dead = project.dead_letters().await?;
    ensure!(dead == 0, "{dead} jobs became dead letters");
    Ok(format!(
        "passed: nothing lost, {sent} of {hours} hours sent once, {} held for a person, 0 dead letters",
        hours - sent
    ))
}

async fn until(what: &str, is_so: impl AsyncFn() -> bool) -> Result<()> {
    let started = Instant::now();
    while !is_so().await {
        if started.elapsed() > PATIENCE {
            bail!("not within {} s: {what}", PATIENCE.as_secs());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(())
}
