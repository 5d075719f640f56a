//! What `bench console` fills its stores with; the same on every run.

use std::{collections::BTreeSet, time::Duration};

use chrono::TimeDelta;
use moodwire_model::{
    ActorMatch, Batch, Hour, Missing, Post, PostKey, ScoredPost, Why, truncate_to_millis,
};
use moodwire_queue::{Attempt, CHUNK, Lease, NewJob, Outcome, Settlement, Store, VerdictWord};
use moodwire_workers::Deps;

use crate::failure::Failure;

/// The kinds of the jobs.
pub(super) const KINDS: [&str; 3] = ["transform", "publish", "collect"];

/// How many ways there are to fail.
const ERRORS: u32 = 40;

/// How many of each kind run.
const RUNNING: usize = 8;

/// How many of each kind wait for their time.
const SCHEDULED: usize = 500;

/// The days that posts are spread over.
const DAYS: i64 = 30;

const TEXTS: [&str; 4] = [
    "What a wonderful day for #bitcoin, I love it",
    "This is the worst exchange I have ever seen, horrible support",
    "The block was mined at noon",
    "good news and bad news, both about $ETH",
];

/// The id of the `number`th job of a kind.
pub(super) fn id(kind: &str, number: u32) -> String {
    format!("{kind}:{number:08}")
}

/// Stores so many jobs: six in ten done, one a dead letter, three waiting or running.
pub(super) async fn jobs(queue: &dyn Store, jobs: u32) -> Result<(), Failure> {
    let each = jobs / u32::try_from(KINDS.len()).unwrap_or(1);
    for kind in KINDS {
        let ended = each / 10 * 7;
        let mut number = 0;
        while number < ended {
            let next = ended.min(number + u32::try_from(CHUNK).unwrap_or(1));
            let chunk: Vec<NewJob> = (number..next).map(|number| job(kind, number)).collect();
            queue.enqueue(&chunk).await?;
            let fetched = fetch(queue, kind, chunk.len()).await?;
            let ends: Vec<Settlement> = (number..).zip(&fetched).map(end).collect();
            queue.settle(kind, &ends).await?;
            number = next;
        }
        let waiting: Vec<NewJob> = (ended..each).map(|number| job(kind, number)).collect();
        for chunk in waiting.chunks(CHUNK) {
            queue.enqueue(chunk).await?;
        }
        fetch(queue, kind, RUNNING).await?;
        let later = queue.now().await? + TimeDelta::hours(1);
        let scheduled: Vec<NewJob> = (each..)
            .take(SCHEDULED)
            .map(|number| NewJob {
                run_at: Some(later),
                ..job(kind, number)
            })
            .collect();
        queue.enqueue(&scheduled).await?;
    }
    Ok(())
}

fn job(kind: &str, number: u32) -> NewJob {
    NewJob {
        id: id(kind, number),
        kind: kind.to_owned(),
        payload: format!("{{\"v\":1,\"batch\":\"{number:08}\",\"note\":\"what a job is told\"}}")
            .into_bytes(),
        run_at: None,
        max_attempts: 8,
        parent: Some(format!("collect:{:08}", number / 10)),
        root: Some(format!("collect:{:08}", number / 10)),
    }
}

async fn fetch(queue: &dyn Store, kind: &str, n: usize) -> Result<Vec<Lease>, Failure> {
    let lease = Duration::from_secs(3_600);
    Ok(queue.fetch(kind, n, "bench", lease).await?.leases)
}

fn end((number, lease): (u32, &Lease)) -> Settlement {
    let error = number.is_multiple_of(7).then(|| {
        // Letters: what differs in digits alone has failed alike.
        let letter = |place: u32| char::from_u32(u32::from(b'a') + place % 8).unwrap_or('a');
        let way = number / 7 % ERRORS;
        let (first, second) = (letter(way / 8), letter(way));
        format!("store {first}{second} is gone\nconnection refused (os error 111)")
    });
    Settlement {
        id: lease.id.clone(),
        token: lease.token,
        outcome: match &error {
            None => Outcome::Done,
            Some(error) => Outcome::Dead {
                reason: error.lines().next().unwrap_or_default().to_owned(),
                error: error.clone(),
            },
        },
        record: Attempt {
            attempt: lease.attempt,
            started_at: lease.started_at,
            duration_ms: 12,
            worker: "bench".to_owned(),
            verdict: match error {
                None => VerdictWord::Done,
                Some(_) => VerdictWord::Dead,
            },
            error,
        },
        only_if_expired: false,
    }
}

/// Stores so many scored posts, every other one of an actor, and seals all hours but the last two.
pub(super) async fn posts(deps: &Deps, posts: u32) -> Result<(), Failure> {
    let now = truncate_to_millis(deps.clock.now());
    let step = TimeDelta::days(DAYS) / i32::try_from(posts).unwrap_or(i32::MAX);
    let mut chunk = Vec::new();
    for number in 0..posts {
        let created_at = truncate_to_millis(now - step * i32::try_from(number).unwrap_or(0));
        let text = TEXTS
            .get(usize::try_from(number).unwrap_or(0) % TEXTS.len())
            .copied()
            .unwrap_or_default();
        let actors = if number.is_multiple_of(2) {
            vec![ActorMatch {
                actor: "Bitcoin".to_owned(),
                why: BTreeSet::from([Why::Keyword]),
            }]
        } else {
            Vec::new()
        };
        chunk.push(ScoredPost {
            post: Post {
                key: PostKey::new("replay", &number.to_string()),
                network: "replay".to_owned(),
                author: format!("author{}", number % 997),
                author_name: None,
                text: format!("{text} ({number})"),
                url: None,
                lang: None,
                created_at,
                collected_at: now,
                hour: Hour::of(created_at),
                actors,
                followers: None,
                edited_at: None,
                deleted_at: None,
                raw: String::new(),
            },
            score: deps.scorer.score(text),
            scored_at: now,
            batch: "bench".to_owned(),
            feed: "bench".to_owned(),
            barred: None,
            gist: i64::from(number),
        });
        if chunk.len() == Batch::MAX_POSTS || number + 1 == posts {
            deps.warehouse.upsert(&chunk).await?;
            chunk.clear();
        }
    }
    let last = Hour::of(now - TimeDelta::hours(1));
    for hour in deps.warehouse.hours_with_posts(None, last).await? {
        deps.warehouse.seal(hour, &Missing::default(), now).await?;
    }
    Ok(())
}
