//! Cases of what a person does with dead letters.

use moodwire_queue::{Outcome, Settled, State, VerdictWord};

use super::fixture::{Fixture, job, jobs};

pub(crate) async fn a_dead_letter_retried_begins_again_and_keeps_its_history(fixture: &Fixture) {
    fixture
        .bury(job("collect", "a"), "the token was wrong")
        .await;
    let again = [("collect:a".to_owned(), None, None)];
    assert_eq!(fixture.store.retry(&again).await.unwrap(), [true]);
    let row = fixture.row("collect:a").await;
    assert_eq!((row.state, row.attempts), (State::Ready, 0));
    assert_eq!((row.reason, row.error, row.fingerprint), (None, None, None));
    assert_eq!(row.finished_at, None);
    assert_eq!(row.history.len(), 1);
    let lease = fixture.fetch_one("collect").await;
    assert_eq!((lease.attempt, lease.max_attempts), (1, 5));
    assert_eq!(lease.payload, job("collect", "a").payload);
    fixture.settle(&lease, Outcome::Done).await;
    let row = fixture.row("collect:a").await;
    let verdicts: Vec<VerdictWord> = row.history.iter().map(|one| one.verdict).collect();
    assert_eq!(verdicts, [VerdictWord::Dead, VerdictWord::Done]);
    let stats = &fixture.store.stats().await.unwrap()["collect"];
    assert_eq!((stats.dead, stats.dead_total), (0, 1));
    assert_eq!((stats.done, stats.done_total), (1, 1));
}

pub(crate) async fn a_dead_letter_can_be_retried_later_with_another_payload(fixture: &Fixture) {
    let mut broken = job("collect", "a");
    broken.payload = b"{\"pages\": \xff\xfe".to_vec();
    broken.parent = Some("collect:parent".to_owned());
    fixture.bury(broken, "the payload cannot be read").await;
    let run_at = fixture.after(600).await;
    let mended = b"{\"pages\": 3}\0\xff".to_vec();
    let again = [("collect:a".to_owned(), Some(run_at), Some(mended.clone()))];
    assert_eq!(fixture.store.retry(&again).await.unwrap(), [true]);
    let row = fixture.row("collect:a").await;
    assert_eq!((row.state, row.run_at), (State::Scheduled, run_at));
    assert!(fixture.fetch("collect", 1).await.is_empty());
    fixture.step(601);
    let lease = fixture.fetch_one("collect").await;
    assert_eq!(lease.payload, mended);
    assert_eq!(
        (lease.parent.as_deref(), lease.max_attempts),
        (Some("collect:parent"), 5)
    );
}

pub(crate) async fn only_dead_letters_are_retried_or_discarded(fixture: &Fixture) {
    let mut all = jobs("collect", 5);
    fixture.bury(all.remove(4), "no").await;
    fixture.enqueue(&all[1..3]).await;
    let leases = fixture.fetch("collect", 2).await;
    assert_eq!(
        fixture.settle(&leases[0], Outcome::Done).await,
        Settled::Moved(State::Done)
    );
    all[0].run_at = Some(fixture.after(600).await);
    fixture.enqueue(&[all[0].clone(), all[3].clone()]).await;
    let before = fixture.states("collect").await;

    let mut ids: Vec<String> = before.keys().cloned().collect();
    ids.extend(["collect:never", "nonsense", "", "Other:kind"].map(str::to_owned));
    let expected: Vec<bool> = ids
        .iter()
        .map(|id| before.get(id) == Some(&State::Dead))
        .collect();
    assert_eq!(expected.iter().filter(|dead| **dead).count(), 1);
    let asked: Vec<_> = ids
        .iter()
        .map(|id| (id.clone(), None, Some(b"another".to_vec())))
        .collect();
    assert_eq!(fixture.store.retry(&asked).await.unwrap(), expected);
    assert_eq!(
        fixture.store.retry(&asked).await.unwrap(),
        vec![false; ids.len()]
    );
    assert_eq!(
        fixture.store.discard(&ids).await.unwrap(),
        vec![false; ids.len()]
    );
    let mut after = before;
    after.insert("collect:00004".to_owned(), State::Ready);
    assert_eq!(fixture.states("collect").await, after);
    assert_eq!(
        fixture.row("collect:00003").await.payload,
        "{\"name\":\"00003\"}"
    );
}

pub(crate) async fn a_discarded_job_is_gone_and_its_id_is_free(fixture: &Fixture) {
    fixture.bury(job("collect", "a"), "no").await;
    fixture.bury(job("collect", "b"), "no").await;
    let ids = ["collect:a".to_owned(), "collect:a".to_owned()];
    assert_eq!(fixture.store.discard(&ids).await.unwrap(), [true, false]);
    assert_eq!(fixture.store.get("collect:a").await.unwrap(), None);
    assert_eq!(fixture.states("collect").await.len(), 1);
    fixture.enqueue(&[job("collect", "a")]).await;
    let row = fixture.row("collect:a").await;
    assert!(row.history.is_empty() && row.error.is_none());
    assert_eq!(fixture.fetch_one("collect").await.attempt, 1);
}
