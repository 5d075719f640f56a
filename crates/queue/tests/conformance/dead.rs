//! Cases of what a person does with dead letters.

use std::{collections::BTreeMap, time::Duration};

use moodwire_queue::{Group, Outcome, Retention, Settled, Settlement, State, VerdictWord};

use super::fixture::{Fixture, job, jobs, retry, settlement};

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

/// Kind, count and error of each group.
fn told(groups: &[Group]) -> Vec<(&str, u64, &str)> {
    groups
        .iter()
        .map(|group| (group.kind.as_str(), group.count, group.error.as_str()))
        .collect()
}

pub(crate) async fn groups_count_what_failed_alike_and_show_the_last_error(fixture: &Fixture) {
    assert_eq!(fixture.store.groups(None).await.unwrap(), []);
    for (kind, name, error) in [
        ("collect", "a", "post 17 is too long"),
        ("collect", "b", "the lake is down"),
        ("publish", "a", "post 17 is too long"),
        ("collect", "c", "post 93 is too long\nat the second line"),
    ] {
        fixture.bury(job(kind, name), error).await;
        fixture.step(10);
    }
    // One that is dead for its attempts counts as any other; one that is to be retried is no dead letter.
    for (name, attempts) in [("d", 1), ("e", 2)] {
        let mut fragile = job("collect", name);
        fragile.max_attempts = attempts;
        fixture.enqueue(&[fragile]).await;
        let lease = fixture.fetch_one("collect").await;
        let again = retry("post 5 is too long", Duration::from_secs(600));
        fixture.settle(&lease, again).await;
    }

    let groups = fixture.store.groups(None).await.unwrap();
    assert_eq!(
        told(&groups),
        [
            ("collect", 3, "post 5 is too long"),
            ("publish", 1, "post 17 is too long"),
            ("collect", 1, "the lake is down"),
        ]
    );
    for (group, first, last) in [
        (&groups[0], "collect:a", "collect:d"),
        (&groups[1], "publish:a", "publish:a"),
        (&groups[2], "collect:b", "collect:b"),
    ] {
        let (first, last) = (fixture.row(first).await, fixture.row(last).await);
        assert_eq!(Some(group.first), first.finished_at);
        assert_eq!(Some(group.last), last.finished_at);
        assert_eq!(Some(&group.fingerprint), first.fingerprint.as_ref());
        assert_eq!(last.error.as_ref(), Some(&group.error));
    }
    let of_kind = async |kind| fixture.store.groups(Some(kind)).await.unwrap();
    assert_eq!(of_kind("publish").await, groups[1..2]);
    assert_eq!(
        of_kind("collect").await,
        [groups[0].clone(), groups[2].clone()]
    );
    assert_eq!(of_kind("never").await, []);
    let other = fixture.another().await;
    assert_eq!(other.groups(None).await.unwrap(), groups);
}

pub(crate) async fn a_group_shrinks_as_its_letters_go_and_then_is_gone(fixture: &Fixture) {
    for number in 0..5 {
        let name = number.to_string();
        let error = format!("post {number} is too long");
        fixture.bury(job("collect", &name), &error).await;
        fixture.step(10);
    }
    fixture.bury(job("collect", "other"), "no").await;
    fixture.step(10);
    let group = async || {
        let groups = fixture.store.groups(Some("collect")).await.unwrap();
        groups.into_iter().find(|group| group.error != "no")
    };
    let ended = async |id| fixture.row(id).await.finished_at.unwrap();
    let whole = group().await.unwrap();
    assert_eq!(whole.count, 5);
    assert_eq!(whole.first, ended("collect:0").await);

    // The last to die is discarded: the one before it is the last of those that are kept.
    let ids = ["collect:4".to_owned()];
    assert_eq!(fixture.store.discard(&ids).await.unwrap(), [true]);
    let rest = group().await.unwrap();
    assert_eq!((rest.count, rest.error.as_str()), (4, "post 3 is too long"));
    assert_eq!(rest.first, whole.first);
    assert_eq!(rest.last, ended("collect:3").await);

    let again = [("collect:1".to_owned(), None, None)];
    assert_eq!(fixture.store.retry(&again).await.unwrap(), [true]);
    assert_eq!(group().await.unwrap().count, 3);
    let keep = Retention {
        dead_count: 3,
        ..Retention::default()
    };
    assert_eq!(fixture.store.prune("collect", &keep).await.unwrap().dead, 1);
    let rest = group().await.unwrap();
    assert_eq!((rest.count, rest.first), (2, ended("collect:2").await));

    // Dead once more, and for another reason.
    let lease = fixture.fetch_one("collect").await;
    let (reason, error) = ("no".to_owned(), "it is gone".to_owned());
    fixture
        .settle(&lease, Outcome::Dead { reason, error })
        .await;
    let groups = fixture.store.groups(None).await.unwrap();
    assert_eq!(
        told(&groups),
        [
            ("collect", 1, "it is gone"),
            ("collect", 1, "no"),
            ("collect", 2, "post 3 is too long"),
        ]
    );
    let ids = ["collect:2".to_owned(), "collect:3".to_owned()];
    assert_eq!(fixture.store.discard(&ids).await.unwrap(), [true, true]);
    assert_eq!(
        group().await.map(|group| group.error),
        Some("it is gone".to_owned())
    );
    assert_eq!(fixture.store.groups(None).await.unwrap().len(), 2);
}

pub(crate) async fn many_groups_of_many_letters_are_counted_whole(fixture: &Fixture) {
    fixture.enqueue(&jobs("collect", 1_300)).await;
    let mut expected: BTreeMap<String, u64> = BTreeMap::new();
    for _ in 0..3 {
        let mut settlements: Vec<Settlement> = Vec::new();
        for lease in fixture.fetch("collect", 500).await {
            // As many letters as numbers: "aaa is broken" to "jjj is broken" in ten groups of different sizes.
            let number: usize = lease.id["collect:".len()..].parse().unwrap();
            let letter = char::from(b"aabcccdefghij"[number % 13]);
            let error = format!("{letter}{letter}{letter} is broken");
            *expected.entry(error.clone()).or_default() += 1;
            let reason = "no".to_owned();
            settlements.push(settlement(&lease, Outcome::Dead { reason, error }));
        }
        let settled = fixture.store.settle("collect", &settlements).await.unwrap();
        assert!(!settled.contains(&Settled::Stale));
    }
    let groups = fixture.store.groups(None).await.unwrap();
    let counted: BTreeMap<String, u64> = groups
        .iter()
        .map(|group| (group.error.clone(), group.count))
        .collect();
    assert_eq!((groups.len(), &counted), (10, &expected));
    assert!(groups.is_sorted_by(|one, two| one.last >= two.last));
}
