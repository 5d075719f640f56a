//! The command line as scripts see it: exit codes, JSON keys, and one clear sentence for whatever is wrong.

pub(crate) mod at_hand;
mod audit;
mod backfill;
mod dead;
mod export;
mod listing;
mod queue;
mod score;
mod waiting;
mod workers;

use std::{path::Path, process::Output};

use crate::common::{Installation, Stores, moodwire, write_posts};
use serde_json::Value;

/// Runs the binary with a configuration file of this text.
async fn with_config(text: &str, args: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("moodwire.toml");
    let text = format!("data_dir = \"{}\"\n{text}", folder.path().display());
    std::fs::write(&path, text).unwrap();
    moodwire()
        .arg("-c")
        .arg(path)
        .args(args)
        .output()
        .await
        .unwrap()
}

/// What it complained about, which must be one line.
fn sentence(output: &Output, code: i32) -> String {
    let text = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.starts_with("moodwire: "), "{text}");
    text
}

fn keys(document: &Value) -> Vec<&str> {
    document
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

const STDOUT: &str = "[[channel]]\nkind = \"stdout\"\nname = \"terminal\"\n";

#[tokio::test]
async fn what_is_misconfigured_is_told_in_one_sentence_with_exit_code_2() {
    let replay =
        |path: &str| format!("[[source]]\nkind = \"replay\"\nname = \"r\"\npath = \"{path}\"\n");
    for (config, words) in [
        (replay("/no/such/posts.jsonl"), "/no/such/posts.jsonl"),
        (String::new(), "no [[source]] is configured"),
        ("[queue]\nurl = \"amqp://localhost\"".to_owned(), "redis://"),
        (
            "[queue]\nurll = \"redis://localhost\"".to_owned(),
            "moodwire.toml line 3: unknown field `urll`",
        ),
        (
            "[worker]\ncollect = \"four\"".to_owned(),
            "moodwire.toml line 3",
        ),
        (
            "[[channel]]\nkind = \"discord\"\nname = \"d\"".to_owned(),
            "no url",
        ),
        (
            "[lake]\nurl = \"mongodb://127.0.0.1:1\"\n".to_owned() + &replay("Cargo.toml"),
            "moodwire",
        ),
    ] {
        let output = with_config(&config, &["up", "--drain"]).await;
        let sentence = sentence(&output, 2);
        assert!(sentence.contains(words), "{sentence}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_by_its_place_without_its_password_with_exit_code_1() {
    for (config, command) in [
        (
            "[queue]\nurl = \"redis://me:secret@127.0.0.1:1\"",
            ["queue", "stats"],
        ),
        (
            "[warehouse]\nurl = \"postgres://me:secret@127.0.0.1:1/moodwire\"",
            ["migrate", "status"],
        ),
    ] {
        let sentence = sentence(&with_config(config, &command).await, 1);
        assert!(sentence.contains("127.0.0.1"), "{sentence}");
        assert!(!sentence.contains("secret"), "{sentence}");
    }
}

#[tokio::test]
async fn wrong_usage_ends_with_exit_code_2_and_changes_nothing() {
    for args in [
        &["jobs", "show", "transform:none"][..],
        &["dead", "show", "transform:none"],
        &["dead", "retry", "transform:none"],
        &["dead", "retry", "--all"],
        &["enqueue", "collect", "--source", "none"],
        &["enqueue", "transform", "--batch", "none"],
        &[
            "enqueue",
            "publish",
            "--hour",
            "2026-03-01T00",
            "--channel",
            "none",
        ],
    ] {
        sentence(&with_config(STDOUT, args).await, 2);
    }
    for args in [
        &["digest", "--hour", "2026-03-01T00:30:00Z"][..],
        &["queue", "pause", "everything"],
        &["jobs", "list", "--state", "lost"],
        &["dead", "retry"],
        &["worker", "--only", "collect,dig"],
        &["flyby"],
    ] {
        sentence(&with_config(STDOUT, args).await, 2);
    }
    let help = with_config(STDOUT, &["dead", "--help"]).await;
    assert!(help.status.success() && help.stderr.is_empty());
    assert!(String::from_utf8_lossy(&help.stdout).contains("groups"));
}

#[tokio::test]
async fn a_configuration_file_that_is_not_there_is_named() {
    let output = moodwire()
        .args(["-c", "/no/such/moodwire.toml", "config", "check"])
        .output()
        .await
        .unwrap();
    assert!(sentence(&output, 2).contains("/no/such/moodwire.toml"));
}

#[tokio::test]
async fn config_show_masks_secrets_and_config_example_is_a_configuration() {
    let secret = "[[channel]]\nkind = \"discord\"\nname = \"d\"\nurl = \"https://discord.com/api/webhooks/1/tttoken\"\n\
                  [warehouse]\nurl = \"postgres://me:ppassword@127.0.0.1/moodwire\"\n";
    for args in [&["config", "show"][..], &["config", "show", "--json"]] {
        let output = with_config(secret, args).await;
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("discord.com"), "{text}");
        assert!(
            !text.contains("tttoken") && !text.contains("ppassword"),
            "{text}"
        );
    }
    let example = with_config("", &["config", "example"]).await;
    let checked = with_config(
        &String::from_utf8(example.stdout).unwrap(),
        &["config", "check", "--json"],
    )
    .await;
    let checked: Value = serde_json::from_slice(&checked.stdout).unwrap();
    assert_eq!(checked["ok"], true);
}

#[tokio::test]
async fn an_hour_without_posts_has_a_digest_of_its_own_and_exit_code_0() {
    let output = with_config(STDOUT, &["digest", "--hour", "2026-03-01T00", "--json"]).await;
    assert!(output.status.success());
    let digest: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(digest["hour"], "2026-03-01T00:00:00Z");
    assert_eq!(digest["posts"], 0);
    for key in ["best", "worst", "mean_compound"] {
        assert_eq!(digest[key], Value::Null);
    }
}

#[tokio::test]
async fn documents_have_the_keys_that_scripts_rely_on() {
    let folder = tempfile::tempdir().unwrap();
    let posts = write_posts(folder.path(), 20);
    let installation = Installation::new(Stores::Embedded, &posts.path, "").await;
    installation.drain().await;

    let stats = installation.json(&["queue", "stats"]).await;
    assert_eq!(keys(&stats), ["collect", "publish", "rescore", "transform"]);
    let mut of_kind = keys(&stats["collect"]);
    of_kind.sort_unstable();
    assert_eq!(
        of_kind,
        [
            "dead",
            "dead_total",
            "done",
            "done_total",
            "dropped_total",
            "oldest_ready_seconds",
            "paused",
            "ready",
            "running",
            "scheduled"
        ]
    );

    let table = installation.succeeds(&["queue", "stats"]).await;
    assert!(table.contains("DEAD  DROPPED"), "{table}");

    let jobs = installation
        .json(&["jobs", "list", "--kind", "transform"])
        .await;
    let mut of_row = keys(&jobs[0]);
    of_row.sort_unstable();
    assert_eq!(
        of_row,
        ["attempts", "id", "kind", "parent", "run_at", "state"]
    );
    assert!(
        jobs[0]["parent"]
            .as_str()
            .unwrap()
            .starts_with("collect:history:")
    );

    let id = jobs[0]["id"].as_str().unwrap();
    let job = installation.json(&["jobs", "show", id]).await;
    assert_eq!(job["state"], "done");

    let hour = &posts.hours[0];
    let digest = installation.json(&["digest", "--hour", hour]).await;
    for key in ["id", "author", "text", "url", "compound", "created_at"] {
        assert!(!digest["best"][key].is_null(), "{key}");
    }
    let enqueued = installation
        .json(&[
            "enqueue",
            "publish",
            "--hour",
            hour,
            "--channel",
            "discord-main",
        ])
        .await;
    assert_eq!(enqueued["duplicate"], false);
    let prefix = format!("publish:discord-main:{}#", &hour[..13]);
    assert!(enqueued["id"].as_str().unwrap().starts_with(&prefix));
    installation.drain().await;
    assert_eq!(installation.receiver.hours().await.len(), posts.hours.len());

    let migrations = installation.json(&["migrate", "status"]).await;
    assert!(!migrations["migrations"].as_array().unwrap().is_empty());
    let findings = installation.json(&["doctor"]).await;
    assert!(
        findings
            .as_array()
            .unwrap()
            .iter()
            .all(|finding| finding["ok"] == true)
    );
}

#[tokio::test]
async fn postgres_is_refused_until_it_is_migrated() {
    let Some(stores) = Stores::servers().await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let posts = write_posts(folder.path(), 1);
    let installation = Installation::new(stores, &posts.path, "").await;
    installation
        .json(&["migrate", "down", "--steps", "100"])
        .await;
    let output = installation
        .runs(&["digest", "--hour", "2026-03-01T00"])
        .await;
    assert!(sentence(&output, 2).contains("moodwire migrate up"));
    installation.json(&["migrate", "up"]).await;
    installation
        .json(&["digest", "--hour", "2026-03-01T00"])
        .await;
    installation.end().await;
}

#[tokio::test]
async fn the_demo_runs_the_whole_line_and_says_where_its_data_is() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("demo");
    let run = async |posts: Option<&Path>| {
        let mut command = moodwire();
        command.args(["demo", "--exit", "--data-dir"]).arg(&data);
        if let Some(posts) = posts {
            command.arg("--posts").arg(posts);
        }
        let output = command.output().await.unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    };
    let said = run(None).await;
    assert!(
        said.contains("307 posts in 23 hours, 23 digests published"),
        "{said}"
    );
    assert!(
        said.contains("Best of all") && said.contains("Worst of all"),
        "{said}"
    );
    assert!(
        said.contains(&format!("{}/moodwire.db", data.display())),
        "{said}"
    );

    let other = folder.path().join("other");
    std::fs::create_dir(&other).unwrap();
    let posts = write_posts(&other, 60);
    let said = run(Some(&posts.path)).await;
    assert!(said.contains(&posts.hours[0][..10]), "{said}");
}

#[tokio::test]
async fn the_demo_names_a_posts_file_that_is_not_there() {
    let output = moodwire()
        .args(["demo", "--exit", "--posts", "/no/such/posts.jsonl"])
        .output()
        .await
        .unwrap();
    assert!(sentence(&output, 2).contains("/no/such/posts.jsonl"));
}

#[tokio::test]
async fn posts_may_come_by_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let posts = write_posts(folder.path(), 20);
    let mut child = moodwire()
        .args(["demo", "--exit", "--posts", "-", "--data-dir"])
        .arg(folder.path().join("demo"))
        .stdin(std::fs::File::open(&posts.path).unwrap())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    let mut out = child.stdout.take().unwrap();
    tokio::io::AsyncReadExt::read_to_string(&mut out, &mut said)
        .await
        .unwrap();
    assert!(child.wait().await.unwrap().success());
    assert!(said.contains("20 posts in "), "{said}");
}

#[tokio::test]
async fn an_uncertain_publication_is_resolved_by_a_person() {
    let folder = tempfile::tempdir().unwrap();
    let posts = write_posts(folder.path(), 4);
    // A receiver that closes each connection once it has read the request.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let _closed = tokio::io::AsyncReadExt::read(&mut connection, &mut request).await;
        }
    });
    let installation = Installation::new(Stores::Embedded, &posts.path, "").await;
    let config = std::fs::read_to_string(installation.config_file()).unwrap();
    let broken = config.replace(
        &installation.receiver.url(),
        &format!("http://{address}/hook"),
    );
    std::fs::write(installation.config_file(), broken).unwrap();
    let output = installation.runs(&["up", "--drain"]).await;
    assert_eq!(output.status.code(), Some(1));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(complaint.contains("publications uncertain"), "{complaint}");

    std::fs::write(installation.config_file(), config).unwrap();
    let uncertain = installation
        .json(&["publications", "list", "--state", "uncertain"])
        .await;
    let ids: Vec<String> = uncertain
        .as_array()
        .unwrap()
        .iter()
        .map(|publication| publication["id"].to_string())
        .collect();
    assert_eq!(ids.len(), posts.hours.len());
    installation
        .json(&["publications", "resolve", &ids[0], "--sent"])
        .await;
    let again = installation
        .runs(&["publications", "resolve", &ids[0], "--resend"])
        .await;
    assert!(sentence(&again, 2).contains("only one that is uncertain"));
    let seen = installation
        .json(&["publications", "resolve", &ids[1], "--sent", "1234567890"])
        .await;
    assert_eq!(seen[0]["state"], "sent");
    assert_eq!(seen[0]["message_id"], "1234567890");
    for id in &ids[2..] {
        installation
            .json(&["publications", "resolve", id, "--resend"])
            .await;
    }
    installation.drain().await;
    assert_eq!(installation.receiver.hours().await, posts.hours[2..]);
    let shown = installation.json(&["publications", "show", &ids[1]]).await;
    assert_eq!(shown, seen);
}

#[tokio::test]
async fn the_demo_overwrites_nobodys_files() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("moodwire.toml"), "# mine").unwrap();
    let output = moodwire()
        .args(["demo", "--exit", "--data-dir"])
        .arg(folder.path())
        .output()
        .await
        .unwrap();
    assert!(sentence(&output, 2).contains("would be overwritten"));
}

#[tokio::test]
async fn variables_that_kubernetes_sets_for_a_service_are_no_settings() {
    let output = moodwire()
        .args(["config", "show"])
        .env("MOODWIRE_SERVICE_HOST", "10.0.0.1")
        .env("MOODWIRE_PORT_6379_TCP_ADDR", "10.0.0.1")
        .env("MOODWIRE_CONFIG", "")
        .output()
        .await
        .unwrap();
    assert!(output.status.success());
}

#[tokio::test]
async fn durations_out_of_all_bounds_are_refused() {
    for (config, words) in [
        ("[worker]\ntimeout = \"0s\"", "[worker] timeout"),
        (
            "[worker]\nshutdown_grace = \"1s\"",
            "[worker] shutdown_grace",
        ),
        ("[publish]\ncatch_up = \"300000000y\"", "[publish] catch_up"),
    ] {
        let sentence = sentence(&with_config(config, &["config", "check"]).await, 2);
        assert!(sentence.contains(words), "{sentence}");
    }
}
