//! The processes from outside: each is listed from its start to its stop.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;

use super::at_hand::{empty, enqueue, ids, queue};
use crate::common::{Installation, terminate};

/// Far more than a process takes to tell of itself.
const BOUND: Duration = Duration::from_secs(60);

/// The processes, once there are so many.
async fn listed(installation: &Installation, count: usize) -> Vec<Value> {
    let listing = async {
        loop {
            let workers = installation.json(&["queue", "workers"]).await;
            let workers = workers.as_array().unwrap().clone();
            if workers.len() == count {
                return workers;
            }
        }
    };
    timeout(BOUND, listing).await.unwrap()
}

#[tokio::test]
async fn processes_are_listed_with_their_roles_kinds_and_running_jobs_until_they_stop() {
    let installation = empty().await;
    assert_eq!(listed(&installation, 0).await, Vec::<Value>::new());
    let worker = installation.start(&["worker", "--only", "publish", "--concurrency", "3"]);
    let one = listed(&installation, 1).await.remove(0);
    assert_eq!(one["roles"], json!(["worker"]));
    assert_eq!(one["kinds"], json!({ "publish": 3 }));
    assert_eq!(one["version"], env!("CARGO_PKG_VERSION"));
    assert!(one["started_at"].is_string() && one["seen_at"].is_string());
    assert_eq!(one["running"], json!([]));
    let name = one["name"].as_str().unwrap();
    let pid = format!(":{}:", worker.id().unwrap());
    assert!(name.contains(&pid), "{name}");

    // A job under a lease of a worker of that process.
    let queue = queue(&installation).await;
    enqueue(&*queue, &ids("collect:", 1), "{}").await;
    let (of_process, lease) = (format!("collect@{name}"), Duration::from_secs(600));
    let fetched = queue.fetch("collect", 1, &of_process, lease).await.unwrap();
    assert_eq!(fetched.leases.len(), 1);
    let one = listed(&installation, 1).await.remove(0);
    assert_eq!(one["running"], json!(["collect:00000"]));
    let table = installation.succeeds(&["queue", "workers"]).await;
    let row = table.lines().nth(1).unwrap();
    assert!(row.starts_with(name), "{table}");
    assert!(row.contains("publish=3") && row.ends_with("collect:00000"));

    let scheduler = installation.start(&["scheduler"]);
    let two = listed(&installation, 2).await;
    let other = two.iter().find(|one| one["name"] != name).unwrap();
    assert_eq!(other["roles"], json!(["scheduler"]));
    assert_eq!(other["kinds"], json!({}));
    assert!(terminate(scheduler).await.success());
    assert_eq!(listed(&installation, 1).await[0]["name"], name);
    assert!(terminate(worker).await.success());
    assert_eq!(listed(&installation, 0).await, Vec::<Value>::new());
}
