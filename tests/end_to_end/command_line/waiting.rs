//! Jobs that wait, from outside: run at once, or given up.

use moodwire_queue::{NewJob, State};
use serde_json::json;

use super::{
    at_hand::{empty, enqueue, everything, ids, listed, queue},
    queue::{stopped_before, waiting},
    sentence,
};

#[tokio::test]
async fn a_scheduled_job_is_run_now_and_no_other() {
    let installation = empty().await;
    let queue = queue(&installation).await;
    let tomorrow = queue.now().await.unwrap() + chrono::TimeDelta::days(1);
    let scheduled = NewJob {
        id: "collect:a".to_owned(),
        kind: "collect".to_owned(),
        payload: b"{}".to_vec(),
        run_at: Some(tomorrow),
        max_attempts: 3,
        parent: None,
        root: None,
    };
    queue.enqueue(&[scheduled]).await.unwrap();
    enqueue(&*queue, &ids("collect:ready", 1), "{}").await;
    let before = everything(&installation).await;
    for (ids, why) in [
        (["collect:a", "collect:ready00000"], "it is ready"),
        (["collect:a", "collect:none"], "no job has the id"),
    ] {
        let refused = installation
            .runs(&[&["jobs", "run-now"], &ids[..]].concat())
            .await;
        assert!(sentence(&refused, 2).contains(why));
        assert_eq!(everything(&installation).await, before);
    }
    let moved = installation
        .json(&["jobs", "run-now", "collect:a", "collect:a"])
        .await;
    assert_eq!(moved, json!({ "matched": 1, "changed": 1 }));
    let row = queue.get("collect:a").await.unwrap().unwrap();
    assert_eq!(row.state, State::Ready);
    assert!(row.run_at < tomorrow);
}

#[tokio::test]
async fn a_transform_that_is_discarded_while_it_waits_never_comes_back() {
    let (installation, _posts) = stopped_before("transform", 1_200).await;
    let count = waiting(&installation, "transform").await;
    assert!(count > 1);
    let rows = installation
        .json(&["jobs", "list", "--kind", "transform"])
        .await;
    let id = &listed(&rows)[0];
    let before = everything(&installation).await;
    let refused = installation
        .runs(&["jobs", "discard", id, "transform:none"])
        .await;
    assert!(sentence(&refused, 2).contains("no job has the id"));
    assert_eq!(everything(&installation).await, before);

    let discarded = installation.json(&["jobs", "discard", id]).await;
    assert_eq!(discarded, json!({ "matched": 1, "changed": 1 }));
    assert_eq!(waiting(&installation, "transform").await, count - 1);
    installation.json(&["queue", "resume", "transform"]).await;
    installation.drain().await;
    let queue = queue(&installation).await;
    assert_eq!(queue.get(id).await.unwrap(), None);
    let done = queue.stats().await.unwrap()["transform"].done_total;
    assert_eq!(done, count - 1);
}
