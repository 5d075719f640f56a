//! An installation as somebody would find it in the midst of an outage: a day of the demo's posts, and things that are red.

use std::{fmt::Write, path::Path, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use moodwire_model::{Clock, Hour, SystemClock};
use serde_json::{Value, json};
use tokio::time::Instant;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use super::{
    desk::{Desk, last_hours, with_channel},
    http::Request,
    moody::Moody,
};
use crate::{
    command_line::at_hand::{bury, ids, queue},
    common::{Installation, Stores},
};

/// The shipped watchlist, which the demo's posts are about.
const WATCHLIST: &str = include_str!("../../../src/config/watchlist.toml");

/// How long all that may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The installation, with its console.
pub(super) struct Scene {
    pub(super) desk: Desk,
    /// The addresses of its pages, by a name for each.
    pub(super) pages: Vec<(&'static str, String)>,
    _installation: Installation,
    _moody: Moody,
    _servers: [MockServer; 2],
    _folder: tempfile::TempDir,
}

/// Puts it on.
pub(super) async fn scene() -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let day = last_hours(24);
    let posts = write_demo(folder.path(), day[0]);
    let moody = Moody::start(500, json!({ "message": "500: Internal Server Error" })).await;
    let gone = Moody::start(404, json!({ "message": "Unknown Webhook", "code": 10015 })).await;
    let down = answers(ResponseTemplate::new(503)).await;
    let limited = SystemClock.now() + TimeDelta::minutes(14);
    let limited =
        ResponseTemplate::new(429).insert_header("x-ratelimit-reset", limited.to_rfc3339());
    let busy = answers(limited.insert_header("x-ratelimit-remaining", "0")).await;
    let more = format!(
        "[[channel]]\nkind = \"discord\"\nname = \"traders\"\nurl = \"{}\"\npaced = false\nactors = [\"Bitcoin\"]\n\
         {WATCHLIST}\
         [[actor]]\nname = \"Chatter\"\nkeywords = [\"the\", \"my\", \"you\", \"is\", \"and\", \"i\", \"in\", \"of\", \"for\", \"it\", \"not\", \"just\"]\n",
        gone.url(),
    );
    let installation = with_channel(Stores::Embedded, &posts, &moody, "", &more).await;
    // The first hours arrive; the newest may have, and nobody knows.
    moody.fail_from(18);
    moody.mend();
    let up = Desk::start(&installation, &["up"], &[]).await;
    let now = told(&up, |now| {
        let publish = &now["queue"]["kinds"]["publish"];
        let idle = ["scheduled", "ready", "running"]
            .iter()
            .all(|state| publish[state] == 0);
        idle && !now["channels"][0]["uncertain"][0].is_null()
            && now["channels"][1]["disabled"].is_object()
    })
    .await;
    let uncertain = now["channels"][0]["uncertain"][0]["hour"]
        .as_str()
        .unwrap()
        .to_owned();
    let sent = now["channels"][0]["last"]["hour"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(up.terminate().await.success());
    let mut config = std::fs::read_to_string(installation.config_file()).unwrap();
    for (name, server) in [("fedi", &down), ("fedi-two", &busy)] {
        let url = server.uri();
        writeln!(
            config,
            "[[source]]\nkind = \"mastodon\"\nname = \"{name}\"\nurl = \"{url}\""
        )
        .unwrap();
    }
    std::fs::write(installation.config_file(), config).unwrap();

    let store = queue(&installation).await;
    let error = "batch 01KB2Q0M7D cannot be stored: the warehouse is away\nerror communicating with database\nConnection refused (os error 111)";
    bury(&*store, &ids("transform:01KB2Q0M7D", 41), error).await;
    let gone =
        "Mastodon answers 503 Service Unavailable\nmastodon.social, /api/v1/timelines/tag/bitcoin";
    bury(&*store, &ids("collect:mastodon-main:", 12), gone).await;
    installation.succeeds(&["queue", "pause", "rescore"]).await;
    let desk = Desk::start(&installation, &["up"], &[]).await;
    told(&desk, |now| {
        now["sources"][0]["state"] == "failing" && now["sources"][1]["state"] == "limited"
    })
    .await;
    let view = get(&desk, &format!("/hours/{sent}")).await;
    let best = view["best"]["post"]["id"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let pages = vec![
        ("now", "/".to_owned()),
        ("hours", "/hours".to_owned()),
        ("hour", format!("/hours/{sent}")),
        ("hour-uncertain", format!("/hours/{uncertain}")),
        ("jobs", "/jobs".to_owned()),
        ("job", "/jobs/transform:01KB2Q0M7D00007".to_owned()),
        ("dead", "/dead".to_owned()),
        (
            "confirm",
            "/dead/confirm?verb=retry&kind=transform".to_owned(),
        ),
        ("mood", "/mood".to_owned()),
        ("post", format!("/posts/{best}")),
        ("sources", "/sources".to_owned()),
        ("settings", "/settings".to_owned()),
        ("audit", "/audit".to_owned()),
        ("help", "/help".to_owned()),
        ("empty", "/jobs?search=nothing+is+like+this".to_owned()),
        ("not-found", "/nowhere".to_owned()),
    ];
    Scene {
        desk,
        pages,
        _installation: installation,
        _moody: moody,
        _servers: [down, busy],
        _folder: folder,
    }
}

/// A server that answers everything so.
async fn answers(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

/// Waits until what is told of now is like that.
async fn told(desk: &Desk, is_like: impl Fn(&Value) -> bool) -> Value {
    let until = Instant::now() + PATIENCE;
    loop {
        let now = get(desk, "/now").await;
        if is_like(&now) {
            return now;
        }
        assert!(Instant::now() < until, "{now:#}");
    }
}

async fn get(desk: &Desk, path: &str) -> Value {
    let answer = Request::get(&desk.address, &format!("/api/v1{path}"))
        .send()
        .await;
    serde_json::from_str(&answer.body).unwrap()
}

/// The demo's day of posts, on the day that begins with this hour.
fn write_demo(folder: &Path, begin: Hour) -> std::path::PathBuf {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/demo/posts.jsonl");
    let shipped = std::fs::read_to_string(shipped).unwrap();
    let first: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
    let later: TimeDelta = begin.start() - first;
    let mut lines = String::new();
    for line in shipped.lines() {
        let mut post: Value = serde_json::from_str(line).unwrap();
        for place in ["", "/repost_of"] {
            if let Some(at) = post.pointer_mut(&format!("{place}/created_at")) {
                let moment: DateTime<Utc> = at.as_str().unwrap().parse().unwrap();
                *at = (moment + later).to_rfc3339().into();
            }
        }
        writeln!(lines, "{post}").unwrap();
    }
    let path = folder.join("demo.jsonl");
    std::fs::write(&path, lines).unwrap();
    path
}
