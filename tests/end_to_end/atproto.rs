//! Bluesky's own servers from outside: what is posted through a real PDS is collected from the real AppView. No Jetstream is
//! to be had beside them, so that what one would say of their posts is said by a stand-in.

use std::{
    collections::BTreeMap,
    process::Stdio,
    sync::{Arc, Mutex},
};

use chrono::SecondsFormat;
use moodwire_model::{BatchState, Clock, Post, SystemClock};
use moodwire_testing::jetstream::{Answer, FakeJetstream, text_frame};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use crate::common::{Installation, Stores};

/// A PDS and an AppView.
struct Network {
    pds: String,
    appview: String,
    child: Child,
    ask: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    client: reqwest::Client,
}

/// Someone with an account on the PDS.
struct Person {
    did: String,
    token: String,
}

impl Network {
    /// The servers; none, with a word, where they cannot be had.
    async fn start() -> Option<Self> {
        let folder = moodwire_testing::atproto()?;
        let (postgres, redis) = (moodwire_testing::postgres()?, moodwire_testing::redis()?);
        let script = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/crates/testing/atproto/network.mjs"
        );
        // Not killed when it is dropped, as after a panic: its input ends then, and it removes its database and ends.
        let mut child = Command::new(format!("{folder}/node"))
            .args([script, &postgres, &redis])
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let ask = child.stdin.take().unwrap();
        let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = answers.next_line().await.unwrap().expect("servers");
        let places: Value = serde_json::from_str(&line).unwrap();
        let place = |name: &str| places[name].as_str().unwrap().to_owned();
        // A client wants one even where nothing is encrypted.
        let _already_said = rustls::crypto::ring::default_provider().install_default();
        Some(Self {
            pds: place("pds"),
            appview: place("appview"),
            child,
            ask,
            answers,
            client: reqwest::Client::new(),
        })
    }

    async fn call(&self, method: &str, token: Option<&str>, body: &Value) -> Value {
        let url = format!("{}/xrpc/{method}", self.pds);
        let mut request = self
            .client
            .post(url)
            .header("content-type", "application/json");
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.body(body.to_string()).send().await.unwrap();
        let status = response.status();
        let body = response.text().await.unwrap();
        assert!(status.is_success(), "{method}: {status}: {body}");
        serde_json::from_str(&body).unwrap_or_default()
    }

    async fn join(&self, name: &str) -> Person {
        let account = json!({
            "handle": format!("{name}.test"), "email": format!("{name}@example.com"), "password": "s3cret",
        });
        let made = self
            .call("com.atproto.server.createAccount", None, &account)
            .await;
        let word = |key: &str| made[key].as_str().unwrap().to_owned();
        let person = Person {
            did: word("did"),
            token: word("accessJwt"),
        };
        self.introduce(&person, name).await;
        person
    }

    async fn introduce(&self, person: &Person, name: &str) {
        let profile = json!({
            "repo": person.did, "collection": "app.bsky.actor.profile", "rkey": "self",
            "record": {"$type": "app.bsky.actor.profile", "displayName": name},
        });
        self.call("com.atproto.repo.putRecord", Some(&person.token), &profile)
            .await;
    }

    /// The key of the post.
    async fn post(&self, person: &Person, text: &str) -> String {
        self.publish(person, text, &json!([])).await
    }

    /// The key of the post, whose first word is a mention.
    async fn mention(&self, person: &Person, mentioned: &Person, text: &str) -> String {
        let facet = json!({
            "index": {"byteStart": 0, "byteEnd": text.find(' ').unwrap()},
            "features": [{"$type": "app.bsky.richtext.facet#mention", "did": mentioned.did}],
        });
        self.publish(person, text, &json!([facet])).await
    }

    async fn publish(&self, person: &Person, text: &str, facets: &Value) -> String {
        let now = SystemClock.now();
        let at = now.to_rfc3339_opts(SecondsFormat::Millis, true);
        let record = json!({
            "repo": person.did, "collection": "app.bsky.feed.post",
            "record": {"$type": "app.bsky.feed.post", "text": text, "facets": facets, "createdAt": at},
        });
        let made = self
            .call(
                "com.atproto.repo.createRecord",
                Some(&person.token),
                &record,
            )
            .await;
        format!("bluesky:{}", made["uri"].as_str().unwrap())
    }

    async fn delete(&self, person: &Person, key: &str) {
        let record = json!({
            "repo": person.did, "collection": "app.bsky.feed.post", "rkey": rkey(key),
        });
        self.call(
            "com.atproto.repo.deleteRecord",
            Some(&person.token),
            &record,
        )
        .await;
    }

    /// Waits until the AppView knows all that the PDS does.
    async fn settle(&mut self) {
        self.ask.write_all(b"\n").await.unwrap();
        self.answers.next_line().await.unwrap().expect("an answer");
    }

    async fn end(self) {
        let Self { mut child, ask, .. } = self;
        drop(ask);
        assert!(child.wait().await.unwrap().success());
    }
}

fn rkey(key: &str) -> &str {
    key.rsplit('/').next().unwrap()
}

/// What the lake holds, by key; each must be there once.
async fn stored(installation: &Installation) -> BTreeMap<String, Post> {
    let lake = installation.lake().await;
    let mut stored = BTreeMap::new();
    for batch in lake
        .batches(&[BatchState::Scored], None, 1_000)
        .await
        .unwrap()
    {
        for post in lake.posts(&batch.id).await.unwrap() {
            let key = post.key.as_str().to_owned();
            assert!(
                stored.insert(key.clone(), post).is_none(),
                "{key} is there twice"
            );
        }
    }
    stored
}

/// The event with which a Jetstream tells of a commit.
fn commit(person: &Person, operation: &str, collection: &str, rkey: &str, record: &Value) -> Value {
    json!({
        "did": person.did,
        "time_us": SystemClock.now().timestamp_micros(),
        "kind": "commit",
        "commit": {
            "rev": format!("{operation}{rkey}"), "operation": operation, "collection": collection, "rkey": rkey,
            "record": record,
        },
    })
}

#[tokio::test]
async fn what_is_posted_through_a_real_pds_is_collected_once_from_the_real_appview() {
    let Some(mut network) = Network::start().await else {
        return;
    };
    let (ada, bob) = (network.join("ada").await, network.join("bob").await);
    let mut keys = Vec::new();
    for text in ["I love bitcoin", "A terrible day", "It rains"] {
        keys.push(network.post(&ada, text).await);
    }
    keys.push(network.post(&bob, "bitcoin is wonderful").await);
    // Polls ask for what is by Ada and for what says "bitcoin": to neither belongs what mentions her.
    let unfound = network.mention(&bob, &ada, "@ada.test look").await;
    network.settle().await;

    let said: Arc<Mutex<Vec<Value>>> = Arc::default();
    let events = Arc::clone(&said);
    let jetstream = FakeJetstream::start(move |_, _| {
        let events = events.lock().unwrap();
        Answer::frames(events.iter().map(|event| text_frame(&event.to_string())))
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let nothing = folder.path().join("posts.jsonl");
    std::fs::write(&nothing, "").unwrap();
    // Asked without a login at the AppView, with one at the PDS, which passes it on.
    let (pds, appview) = (&network.pds, &network.appview);
    let sources = format!(
        "[[source]]\nkind = \"bluesky\"\nname = \"sky\"\nmode = \"poll\"\napi = \"{appview}\"\n\
         [[source]]\nkind = \"bluesky\"\nname = \"home\"\nmode = \"poll\"\nservice = \"{pds}\"\n\
         identifier = \"ada.test\"\npassword = \"s3cret\"\n\
         [[source]]\nkind = \"bluesky\"\nname = \"stream\"\nurl = \"{}\"\napi = \"{appview}\"\n\
         [[actor]]\nname = \"Ada\"\nbluesky = \"ada.test\"\n\
         [[actor]]\nname = \"Bitcoin\"\nkeywords = [\"bitcoin\"]\n",
        jetstream.url()
    );
    let installation = Installation::new(Stores::Embedded, &nothing, &sources).await;
    for _ in 0..2 {
        let report = installation.drain().await;
        assert_eq!(
            (&report["posts"], &report["dead"]),
            (&json!(4), &json!(0)),
            "{report}"
        );
        assert_eq!(report["quarantined"], 0, "{report}");
    }
    let found = stored(&installation).await;
    assert!(keys.iter().all(|key| found.contains_key(key)), "{found:?}");
    let first = &found[&keys[0]];
    assert_eq!(
        (&*first.author, first.author_name.as_deref()),
        ("ada.test", Some("ada"))
    );

    // A new name stands with the next post; and what Ada reposts, and deletes, a Jetstream tells.
    network.introduce(&ada, "Ada Lovelace").await;
    keys.push(network.post(&ada, "A better day").await);
    network.delete(&ada, &keys[1]).await;
    network.settle().await;
    let subject =
        json!({"subject": {"uri": unfound.strip_prefix("bluesky:").unwrap(), "cid": "bafy"}});
    said.lock().unwrap().extend([
        commit(
            &ada,
            "delete",
            "app.bsky.feed.post",
            rkey(&keys[1]),
            &Value::Null,
        ),
        commit(&ada, "create", "app.bsky.feed.repost", "r1", &subject),
    ]);
    for _ in 0..2 {
        let report = installation.drain().await;
        assert_eq!(
            (&report["posts"], &report["dead"]),
            (&json!(6), &json!(0)),
            "{report}"
        );
    }
    let found = stored(&installation).await;
    assert_eq!(found[&keys[4]].author_name.as_deref(), Some("Ada Lovelace"));
    assert_eq!(found[&unfound].author, "bob.test");
    let gone: Vec<&String> = found
        .iter()
        .filter_map(|(key, post)| post.deleted_at.map(|_| key))
        .collect();
    assert_eq!(gone, [&keys[1]]);
    installation.end().await;
    network.end().await;
}
