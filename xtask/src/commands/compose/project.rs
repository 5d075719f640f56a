//! A Compose project of the test's own: docker-compose.yml as it is shipped, in a folder with secrets, a configuration and
//! volumes that are thrown away.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use tokio::time::timeout;

use crate::{session::Session, tools};

/// How long the engine may take to say that it is there; an unreachable remote one would take minutes.
const ENGINE: Duration = Duration::from_secs(10);

/// The image that the test builds, beside one that a person may have built.
const IMAGE: &str = "moodwire-compose-test";

/// The image that it is made from.
const BASE: &str = "debian:trixie-slim";

/// A `docker` with a Compose plugin, whose engine answers.
pub(super) struct Engine(PathBuf);

impl Engine {
    /// The first in the search path.
    pub(super) async fn find() -> Result<Self> {
        let mut why = vec!["no program `docker` is found".to_owned()];
        for docker in tools::search_path()
            .into_iter()
            .map(|folder| folder.join("docker"))
        {
            if !docker.is_file() {
                continue;
            }
            if !answers(&docker, &["compose", "version"]).await {
                why.push(format!("{} has no Compose plugin", docker.display()));
            } else if answers(&docker, &["info"]).await {
                return Ok(Self(docker));
            } else {
                why.push(format!("no engine answers {}", docker.display()));
            }
        }
        let last = why.split_off((why.len() - 1).min(1));
        bail!(
            "there is no Docker engine with Compose here ({})",
            last.join("; ")
        )
    }
}

async fn answers(docker: &Path, arguments: &[&str]) -> bool {
    let output = tokio::process::Command::new(docker)
        .args(arguments)
        .kill_on_drop(true)
        .output();
    matches!(timeout(ENGINE, output).await, Ok(Ok(output)) if output.status.success())
}

/// The project. Dropping it takes its containers, volumes and networks down.
pub(super) struct Project {
    docker: PathBuf,
    folder: PathBuf,
    config: PathBuf,
    log: PathBuf,
    name: String,
    console: u16,
}

impl Project {
    /// Copies what a fresh clone has into a folder of this run.
    pub(super) fn prepare(engine: Engine, session: &mut Session, receiver: u16) -> Result<Self> {
        let root = session.root().to_owned();
        let run = session.run_folder()?;
        run.note_docker()?;
        let folder = run.data("compose")?;
        let config = folder.join("deploy/config");
        fs::create_dir_all(&config)?;
        for file in ["docker-compose.yml", "deploy/init"] {
            fs::copy(root.join(file), folder.join(file))
                .with_context(|| format!("{file} cannot be copied"))?;
        }
        fs::write(folder.join("test.yml"), overlay(&root, run.path()))?;
        fs::write(config.join("moodwire.toml"), configuration(receiver))?;
        // Asked for and given back: who takes it in between makes the start fail, and says so.
        let console = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        Ok(Self {
            docker: engine.0,
            log: run.log("compose"),
            name: format!("moodwire-test-{}", std::process::id()),
            folder,
            config,
            console,
        })
    }

    /// The folder of the configuration.
    pub(super) fn config(&self) -> &Path {
        &self.config
    }

    /// The program `docker` that is used.
    pub(super) fn engine(&self) -> &Path {
        &self.docker
    }

    fn docker(&self, arguments: &[&str]) -> Command {
        let mut docker = Command::new(&self.docker);
        docker.args(arguments);
        self.within(docker)
    }

    /// The command as one that is typed in the project's folder.
    fn within(&self, mut command: Command) -> Command {
        command
            .current_dir(&self.folder)
            .env("COMPOSE_PROJECT_NAME", &self.name)
            .env("COMPOSE_FILE", "docker-compose.yml:test.yml")
            .env("MOODWIRE_CONSOLE_PORT", self.console.to_string());
        command
    }

    /// Runs another command in the project's folder, which must succeed.
    pub(super) async fn run(&self, command: Command) -> Result<()> {
        tools::run_logged(self.within(command), &self.log).await
    }

    /// Runs `docker compose …`, which must succeed.
    pub(super) async fn compose(&self, arguments: &[&str]) -> Result<()> {
        let arguments = [&["compose"], arguments].concat();
        tools::run_logged(self.docker(&arguments), &self.log).await
    }

    /// What a command prints; none when it fails.
    pub(super) async fn said(&self, arguments: &[&str]) -> Option<String> {
        let output = tokio::process::Command::from(self.docker(arguments))
            .kill_on_drop(true)
            .output()
            .await
            .ok()?;
        output
            .status
            .success()
            .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Without `deploy/init` nothing has a password: the start must fail, and say what to run.
    pub(super) async fn refuses_to_start_without_secrets(&self) -> Result<()> {
        let output = tokio::process::Command::from(self.docker(&["compose", "up", "-d"]))
            .output()
            .await?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            !output.status.success() && said.contains("sh deploy/init"),
            "without deploy/init, compose said: {said}"
        );
        Ok(())
    }

    /// Runs `deploy/init` twice, of which the second run changes nothing.
    pub(super) async fn init(&self) -> Result<()> {
        let init = || {
            let mut init = Command::new("sh");
            init.arg("deploy/init").current_dir(&self.folder);
            init
        };
        let secret = || fs::read(self.folder.join("deploy/secrets/queue_url"));
        tools::run_logged(init(), &self.log).await?;
        let first = secret()?;
        tools::run_logged(init(), &self.log).await?;
        ensure!(secret()? == first, "deploy/init overwrites what is there");
        Ok(())
    }

    /// How much the image adds to its base.
    pub(super) async fn added_bytes(&self) -> Result<u64> {
        let mut sizes = Vec::new();
        for image in [IMAGE, BASE] {
            let size = self
                .said(&["image", "inspect", "-f", "{{.Size}}", image])
                .await
                .with_context(|| format!("there is no image {image}"))?;
            sizes.push(size.parse::<u64>()?);
        }
        Ok(sizes[0].saturating_sub(sizes[1]))
    }

    /// Removes what these volumes of the project hold.
    pub(super) async fn remove_volumes(&self, volumes: &[&str]) -> Result<()> {
        let names: Vec<String> = volumes
            .iter()
            .map(|volume| format!("{}_{volume}", self.name))
            .collect();
        let mut arguments = vec!["volume", "rm"];
        arguments.extend(names.iter().map(String::as_str));
        tools::run_logged(self.docker(&arguments), &self.log).await
    }

    async fn containers(&self, services: &[&str]) -> Vec<String> {
        let arguments = [&["compose", "ps", "-aq"], services].concat();
        let ids = self.said(&arguments).await.unwrap_or_default();
        ids.lines().map(str::to_owned).collect()
    }

    async fn inspect(&self, ids: &[String], what: &str) -> Vec<String> {
        let mut arguments = vec!["inspect", "-f", what];
        arguments.extend(ids.iter().map(String::as_str));
        let said = self.said(&arguments).await.unwrap_or_default();
        said.lines().map(str::to_owned).collect()
    }

    /// Whether every container of the service says so.
    pub(super) async fn is_healthy(&self, service: &str) -> bool {
        let ids = self.containers(&[service]).await;
        let states = self.inspect(&ids, "{{.State.Health.Status}}").await;
        !ids.is_empty()
            && states.len() == ids.len()
            && states.iter().all(|state| state == "healthy")
    }

    /// Whether the containers, which were asked to stop, ended by themselves and well: the signal reached the program.
    pub(super) async fn ended_well(&self, services: &[&str]) -> Result<()> {
        let ids = self.containers(services).await;
        let codes = self.inspect(&ids, "{{.State.ExitCode}}").await;
        ensure!(
            codes.len() >= services.len() && codes.iter().all(|code| code == "0"),
            "{services:?} were asked to stop and ended with {codes:?}"
        );
        Ok(())
    }

    /// Kills a worker as a lack of memory would, and starts another in its place.
    pub(super) async fn kill_a_worker(&self) -> Result<()> {
        let ids = self.containers(&["worker"]).await;
        let first = ids.first().context("there is no worker")?;
        tools::run_logged(self.docker(&["kill", "-s", "KILL", first]), &self.log).await?;
        tools::run_logged(self.docker(&["start", first]), &self.log).await
    }

    /// The one number that a query of the warehouse gives.
    pub(super) async fn number(&self, sql: &str) -> Option<u64> {
        let psql = [
            "compose", "exec", "-T", "postgres", "psql", "-U", "moodwire", "-d",
        ];
        let arguments = [&psql[..], &["moodwire", "-Atc", sql]].concat();
        self.said(&arguments).await?.parse().ok()
    }

    /// Dead letters of all kinds, as the program itself tells them from within a worker's container.
    pub(super) async fn dead_letters(&self) -> Result<u64> {
        let stats = [
            "compose", "exec", "-T", "worker", "moodwire", "queue", "stats", "--json",
        ];
        let said = self.said(&stats).await.context("queue stats failed")?;
        let stats: serde_json::Value = serde_json::from_str(&said)?;
        let kinds = stats.as_object().context("queue stats are no object")?;
        Ok(kinds
            .values()
            .filter_map(|kind| kind["dead_total"].as_u64())
            .sum())
    }

    /// Whether the console is where the README says.
    pub(super) async fn console_answers(&self) -> Result<()> {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut console = tokio::net::TcpStream::connect(("127.0.0.1", self.console)).await?;
        console
            .write_all(b"GET /healthz HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
            .await?;
        let mut answer = String::new();
        console.read_to_string(&mut answer).await?;
        ensure!(
            answer
                .lines()
                .next()
                .is_some_and(|line| line.contains(" 200")),
            "the console answered: {answer}"
        );
        Ok(())
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let down = [
            "compose",
            "down",
            "--volumes",
            "--remove-orphans",
            "--timeout",
            "1",
        ];
        if let Err(error) = tools::run_logged_to_its_end(self.docker(&down), &self.log) {
            eprintln!("containers of {} may be left: {error:#}", self.name);
        }
    }
}

/// What the test lays over docker-compose.yml: an image and a place to build it of its own, the label by which a later run
/// clears up, and the way to the receiver.
fn overlay(root: &Path, run: &Path) -> String {
    let label = format!("labels: {{ moodwire.run: \"{}\" }}", run.display());
    let mut text = String::from("services:\n");
    for server in ["redis", "mongo", "postgres"] {
        text += &format!("  {server}: {{ {label} }}\n");
    }
    for role in ["migrate", "scheduler", "worker", "console", "demo"] {
        text += &format!(
            "  {role}:\n    {label}\n    image: {IMAGE}\n    build: {{ context: \"{}\" }}\n    \
             extra_hosts: [\"receiver:host-gateway\"]\n",
            root.display()
        );
    }
    text
}

/// A replay that is read every two seconds, and hours that are published at once. Short leases, so that what a killed
/// worker held is soon missed.
fn configuration(receiver: u16) -> String {
    format!(
        "[publish]\ncatch_up = \"all\"\ngrace = \"0s\"\n[schedule]\ncollect = \"*/2 * * * * *\"\n\
         [worker]\nlease = \"5s\"\n[retry]\nbase = \"500ms\"\n\
         [[source]]\nkind = \"replay\"\nname = \"history\"\npath = \"posts.jsonl\"\n\
         [[channel]]\nkind = \"webhook\"\nname = \"receiver\"\nurl = \"http://receiver:{receiver}/\"\npaced = false\n"
    )
}
