//! The audit log: recording, listing and pruning deeds.

use moodwire_warehouse::{AuditEntry, AuditFilter};

use super::{Ground, at};

fn entry(time: &str, who: &str, action: &str, target: &str) -> AuditEntry {
    AuditEntry {
        at: at(time),
        who: who.to_owned(),
        via: "cli".to_owned(),
        action: action.to_owned(),
        target: target.to_owned(),
        detail: None,
    }
}

async fn record(ground: &Ground, entries: &[AuditEntry]) {
    for entry in entries {
        ground.warehouse.record_audit(entry).await.unwrap();
    }
}

async fn targets(ground: &Ground, filter: AuditFilter) -> Vec<String> {
    let rows = ground.warehouse.audit(&filter, None, 100).await.unwrap();
    rows.into_iter().map(|row| row.entry.target).collect()
}

pub(crate) async fn deeds_are_listed_newest_first_and_page_by_page(ground: Ground) {
    let mut deeds = Vec::new();
    for n in 0..5 {
        deeds.push(entry("10:00:00.5", "ada@a", "dead retry", &format!("t{n}")));
    }
    deeds[4].detail = Some("3 of 4".to_owned());
    record(&ground, &deeds).await;
    let all = AuditFilter::default();
    let first = ground.warehouse.audit(&all, None, 2).await.unwrap();
    assert_eq!(first[0].entry, deeds[4]);
    assert_eq!(first[1].entry, deeds[3]);
    let next = ground
        .warehouse
        .audit(&all, Some(first[1].id), 10)
        .await
        .unwrap();
    let next: Vec<_> = next.into_iter().map(|row| row.entry).collect();
    assert_eq!(next, [&deeds[2], &deeds[1], &deeds[0]].map(Clone::clone));
}

pub(crate) async fn deeds_are_filtered_by_deed_person_and_time(ground: Ground) {
    let deeds = [
        entry("10:00:00", "ada@a", "dead retry", "t0"),
        entry("11:00:00", "ada", "dead discard", "t1"),
        entry("12:00:00", "adam@a", "deadly", "t2"),
        entry("13:00:00", "a_a@a", "queue pause", "t3"),
    ];
    record(&ground, &deeds).await;
    let action = |action: &str| AuditFilter {
        action: Some(action.to_owned()),
        ..AuditFilter::default()
    };
    let who = |who: &str| AuditFilter {
        who: Some(who.to_owned()),
        ..AuditFilter::default()
    };
    assert_eq!(targets(&ground, action("dead retry")).await, ["t0"]);
    assert_eq!(targets(&ground, action("dead")).await, ["t1", "t0"]);
    assert_eq!(targets(&ground, action("de%")).await, [""; 0]);
    assert_eq!(targets(&ground, who("ada")).await, ["t1", "t0"]);
    assert_eq!(targets(&ground, who("ada@a")).await, ["t0"]);
    assert_eq!(targets(&ground, who("a_a")).await, ["t3"]);
    let since = AuditFilter {
        since: Some(at("11:00:00")),
        ..who("ada")
    };
    assert_eq!(targets(&ground, since).await, ["t1"]);
}

pub(crate) async fn what_is_too_long_of_a_deed_is_cut(ground: Ground) {
    let mut deed = entry("10:00:00", "ada", "dead retry", &"ä".repeat(501));
    deed.detail = Some(format!("a\0b{}", "c".repeat(10_000)));
    record(&ground, &[deed]).await;
    let rows = ground
        .warehouse
        .audit(&AuditFilter::default(), None, 1)
        .await
        .unwrap();
    let kept = &rows[0].entry;
    assert_eq!(kept.target, format!("{}…", "ä".repeat(499)));
    let detail = kept.detail.as_deref().unwrap();
    assert!(detail.starts_with("a\u{fffd}b"), "{detail}");
    assert_eq!(detail.chars().count(), 2_000);
}

pub(crate) async fn old_deeds_are_pruned_a_step_at_a_time(ground: Ground) {
    let old: Vec<AuditEntry> = (0..501)
        .map(|n| entry("10:00:00", "ada", "dead retry", &format!("old {n}")))
        .collect();
    record(&ground, &old).await;
    record(&ground, &[entry("11:00:00", "ada", "dead retry", "new")]).await;
    assert_eq!(
        ground.warehouse.prune_audit(at("11:00:00")).await.unwrap(),
        500
    );
    assert_eq!(
        ground.warehouse.prune_audit(at("11:00:00")).await.unwrap(),
        1
    );
    assert_eq!(
        ground.warehouse.prune_audit(at("11:00:00")).await.unwrap(),
        0
    );
    assert_eq!(targets(&ground, AuditFilter::default()).await, ["new"]);
}
