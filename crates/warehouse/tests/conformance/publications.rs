//! The ledger's every transition.

use std::time::Duration;

use futures::future::join_all;
use moodwire_warehouse::{Claim, Publication, PublicationState as State, Resolution, Warehouse};

use super::{Ground, at, hour};

const TIMEOUT: Duration = Duration::from_secs(60);

async fn claim(warehouse: &Warehouse, claimant: &str, time: &str, resend: bool) -> Claim {
    warehouse
        .claim(hour(10), "discord", claimant, at(time), TIMEOUT, resend)
        .await
        .unwrap()
}

async fn claimed(warehouse: &Warehouse, claimant: &str, time: &str) -> Publication {
    match claim(warehouse, claimant, time, false).await {
        Claim::Claimed(publication) => publication,
        other => panic!("{claimant} did not get it: {other:?}"),
    }
}

/// Claims for `claimant` and begins to send, both at 11:00.
async fn sending(warehouse: &Warehouse, claimant: &str) -> i64 {
    let id = claimed(warehouse, claimant, "11:00:00").await.id;
    assert!(
        warehouse
            .begin_sending(id, claimant, at("11:00:00"))
            .await
            .unwrap()
    );
    id
}

async fn stored(warehouse: &Warehouse) -> Publication {
    warehouse
        .publication(hour(10), "discord")
        .await
        .unwrap()
        .unwrap()
}

pub(crate) async fn a_publication_is_claimed_sent_and_final(ground: Ground) {
    let warehouse = &ground.warehouse;
    assert_eq!(
        warehouse.publication(hour(10), "discord").await.unwrap(),
        None
    );
    let row = claimed(warehouse, "a", "11:00:00.25").await;
    assert_eq!((row.hour, row.channel.as_str()), (hour(10), "discord"));
    assert_eq!((row.state, row.attempts), (State::Claimed, 1));
    assert_eq!(
        (row.claimed_at, row.sending_at),
        (Some(at("11:00:00.25")), None)
    );
    assert!(
        warehouse
            .begin_sending(row.id, "a", at("11:00:01"))
            .await
            .unwrap()
    );
    let row = stored(warehouse).await;
    assert_eq!(
        (row.state, row.sending_at),
        (State::Sending, Some(at("11:00:01")))
    );
    assert!(
        warehouse
            .mark_sent(row.id, "a", Some("m-1"), at("11:00:02"))
            .await
            .unwrap()
    );
    let row = stored(warehouse).await;
    assert_eq!(
        (row.state, row.message_id.as_deref()),
        (State::Sent, Some("m-1"))
    );
    assert_eq!((row.sent_at, &row.error), (Some(at("11:00:02")), &None));
    assert_eq!(
        claim(warehouse, "b", "12:00:00", true).await,
        Claim::Final(row)
    );
}

pub(crate) async fn a_takeover_makes_the_older_claimants_sending_fail(ground: Ground) {
    let warehouse = &ground.warehouse;
    let id = claimed(warehouse, "a", "11:00:00").await.id;
    let taken = claimed(warehouse, "b", "11:00:05").await;
    assert_eq!(
        (taken.id, taken.attempts, taken.claimed_at),
        (id, 2, Some(at("11:00:05")))
    );
    assert!(
        !warehouse
            .begin_sending(id, "a", at("11:00:06"))
            .await
            .unwrap()
    );
    assert!(
        warehouse
            .begin_sending(id, "b", at("11:00:06"))
            .await
            .unwrap()
    );
    assert!(
        !warehouse
            .begin_sending(id, "b", at("11:00:06"))
            .await
            .unwrap()
    );
}

pub(crate) async fn of_many_claimants_at_once_exactly_one_sends(ground: Ground) {
    let other = ground.another().await;
    let claimants = (0..24).map(|n| {
        let warehouse = if n % 2 == 0 {
            ground.warehouse.clone()
        } else {
            other.clone()
        };
        tokio::spawn(async move {
            let name = format!("claimant {n}");
            match claim(&warehouse, &name, "11:00:00", false).await {
                Claim::Claimed(row) => warehouse
                    .begin_sending(row.id, &name, at("11:00:00"))
                    .await
                    .unwrap(),
                Claim::Sending { .. } => false,
                claim => panic!("{claim:?}"),
            }
        })
    });
    let sent = join_all(claimants).await.into_iter().map(Result::unwrap);
    assert_eq!(sent.filter(|sent| *sent).count(), 1);
    assert_eq!(stored(&ground.warehouse).await.state, State::Sending);
    let all = ground
        .warehouse
        .publications(None, None, hour(23))
        .await
        .unwrap();
    assert_eq!(all.len(), 1);
}

pub(crate) async fn what_is_being_sent_is_left_alone_until_the_timeout(ground: Ground) {
    let warehouse = &ground.warehouse;
    sending(warehouse, "a").await;
    let before = stored(warehouse).await;
    for resend in [false, true] {
        let claim = claim(warehouse, "b", "11:00:59.999", resend).await;
        let since = at("11:00:00");
        assert_eq!(claim, Claim::Sending { since });
    }
    assert_eq!(stored(warehouse).await, before);
}

pub(crate) async fn a_lost_senders_publication_is_held_or_resent_as_told(ground: Ground) {
    let warehouse = &ground.warehouse;
    let id = sending(warehouse, "a").await;
    let Claim::Uncertain(held) = claim(warehouse, "b", "11:01:00", false).await else {
        panic!("not held");
    };
    assert_eq!((held.state, held.attempts), (State::Uncertain, 1));
    assert_eq!(
        held.error.as_deref(),
        Some("the worker that was sending it was lost")
    );
    assert!(
        !warehouse
            .begin_sending(id, "b", at("11:01:00"))
            .await
            .unwrap()
    );

    let lost = warehouse
        .claim(hour(11), "discord", "a", at("12:00:00"), TIMEOUT, true)
        .await;
    let Ok(Claim::Claimed(lost)) = lost else {
        panic!("{lost:?}")
    };
    assert!(
        warehouse
            .begin_sending(lost.id, "a", at("12:00:00"))
            .await
            .unwrap()
    );
    let again = warehouse
        .claim(hour(11), "discord", "b", at("12:01:00"), TIMEOUT, true)
        .await;
    let Ok(Claim::Claimed(again)) = again else {
        panic!("{again:?}")
    };
    assert_eq!(
        (again.state, again.attempts, again.sending_at),
        (State::Claimed, 2, None)
    );
    assert_eq!(
        again.error.as_deref(),
        Some("the worker that was sending it was lost")
    );
    assert!(
        warehouse
            .begin_sending(again.id, "b", at("12:01:00"))
            .await
            .unwrap()
    );
}

pub(crate) async fn a_late_answer_counts_as_long_as_nobody_else_claimed(ground: Ground) {
    let warehouse = &ground.warehouse;
    let id = sending(warehouse, "a").await;
    assert!(matches!(
        claim(warehouse, "b", "11:01:00", false).await,
        Claim::Uncertain(_)
    ));
    assert!(
        !warehouse
            .mark_sent(id, "b", Some("m"), at("11:01:01"))
            .await
            .unwrap()
    );
    assert!(
        warehouse
            .mark_sent(id, "a", Some("m"), at("11:01:02"))
            .await
            .unwrap()
    );
    let row = stored(warehouse).await;
    assert_eq!(
        (row.state, row.error, row.sent_at),
        (State::Sent, None, Some(at("11:01:02")))
    );

    let now = at("12:00:00");
    let Ok(Claim::Claimed(row)) = warehouse
        .claim(hour(11), "d", "a", now, TIMEOUT, true)
        .await
    else {
        panic!("not claimed");
    };
    assert!(warehouse.begin_sending(row.id, "a", now).await.unwrap());
    let taken = warehouse
        .claim(hour(11), "d", "b", at("12:01:00"), TIMEOUT, true)
        .await;
    assert!(matches!(taken, Ok(Claim::Claimed(_))));
    assert!(
        !warehouse
            .mark_sent(row.id, "a", Some("m"), at("12:01:01"))
            .await
            .unwrap()
    );
}

pub(crate) async fn an_uncertain_publication_is_held_or_resent_as_told(ground: Ground) {
    let warehouse = &ground.warehouse;
    let id = sending(warehouse, "a").await;
    assert!(
        warehouse
            .mark_uncertain(id, "a", "502 Bad Gateway")
            .await
            .unwrap()
    );
    let row = stored(warehouse).await;
    assert_eq!(
        (row.state, row.error.as_deref()),
        (State::Uncertain, Some("502 Bad Gateway"))
    );
    assert_eq!(
        claim(warehouse, "b", "18:00:00", false).await,
        Claim::Uncertain(row)
    );
    let Claim::Claimed(row) = claim(warehouse, "b", "18:00:00", true).await else {
        panic!("not claimed");
    };
    assert_eq!(
        (row.state, row.attempts, row.sending_at),
        (State::Claimed, 2, None)
    );
}

pub(crate) async fn a_failed_publication_is_claimed_again(ground: Ground) {
    let warehouse = &ground.warehouse;
    let id = claimed(warehouse, "a", "11:00:00").await.id;
    assert!(
        warehouse
            .mark_failed(id, "a", "404 Unknown Webhook")
            .await
            .unwrap()
    );
    let row = stored(warehouse).await;
    assert_eq!(
        (row.state, row.error.as_deref()),
        (State::Failed, Some("404 Unknown Webhook"))
    );
    assert!(
        !warehouse
            .begin_sending(id, "a", at("11:00:00"))
            .await
            .unwrap()
    );
    assert_eq!(claimed(warehouse, "b", "11:00:01").await.attempts, 2);
    assert!(
        warehouse
            .begin_sending(id, "b", at("11:00:01"))
            .await
            .unwrap()
    );
    assert!(warehouse.mark_failed(id, "b", "400").await.unwrap());
}

pub(crate) async fn what_was_not_sent_can_be_sent_again(ground: Ground) {
    let warehouse = &ground.warehouse;
    let id = sending(warehouse, "a").await;
    assert!(
        warehouse
            .mark_unsent(id, "a", "connection refused")
            .await
            .unwrap()
    );
    let row = stored(warehouse).await;
    assert_eq!((row.state, row.sending_at), (State::Claimed, None));
    assert_eq!(row.error.as_deref(), Some("connection refused"));
    assert!(
        warehouse
            .begin_sending(id, "a", at("11:00:10"))
            .await
            .unwrap()
    );
}

pub(crate) async fn nobody_but_the_claimant_moves_a_publication(ground: Ground) {
    let warehouse = &ground.warehouse;
    let id = claimed(warehouse, "a", "11:00:00").await.id;
    assert!(
        !warehouse
            .begin_sending(id, "b", at("11:00:00"))
            .await
            .unwrap()
    );
    assert!(!warehouse.mark_failed(id, "b", "e").await.unwrap());
    assert!(
        warehouse
            .begin_sending(id, "a", at("11:00:00"))
            .await
            .unwrap()
    );
    let before = stored(warehouse).await;
    assert!(!warehouse.mark_unsent(id, "b", "e").await.unwrap());
    assert!(!warehouse.mark_failed(id, "b", "e").await.unwrap());
    assert!(!warehouse.mark_uncertain(id, "b", "e").await.unwrap());
    assert!(
        !warehouse
            .mark_sent(id, "b", None, at("11:00:01"))
            .await
            .unwrap()
    );
    assert!(
        !warehouse
            .mark_sent(id + 1, "a", None, at("11:00:01"))
            .await
            .unwrap()
    );
    assert_eq!(stored(warehouse).await, before);
}

pub(crate) async fn no_mark_leaves_a_state_that_it_does_not_know(ground: Ground) {
    let warehouse = &ground.warehouse;
    let id = claimed(warehouse, "a", "11:00:00").await.id;
    assert!(!warehouse.mark_unsent(id, "a", "e").await.unwrap());
    assert!(!warehouse.mark_uncertain(id, "a", "e").await.unwrap());
    assert!(
        !warehouse
            .mark_sent(id, "a", None, at("11:00:01"))
            .await
            .unwrap()
    );
    assert!(
        warehouse
            .begin_sending(id, "a", at("11:00:00"))
            .await
            .unwrap()
    );
    assert!(
        warehouse
            .mark_sent(id, "a", None, at("11:00:01"))
            .await
            .unwrap()
    );
    let sent = stored(warehouse).await;
    assert!(
        !warehouse
            .begin_sending(id, "a", at("11:00:02"))
            .await
            .unwrap()
    );
    assert!(!warehouse.mark_unsent(id, "a", "e").await.unwrap());
    assert!(!warehouse.mark_failed(id, "a", "e").await.unwrap());
    assert!(!warehouse.mark_uncertain(id, "a", "e").await.unwrap());
    assert!(
        !warehouse
            .mark_sent(id, "a", Some("m"), at("11:00:03"))
            .await
            .unwrap()
    );
    assert_eq!(stored(warehouse).await, sent);
}

pub(crate) async fn skipping_is_final_and_spares_what_may_have_been_sent(ground: Ground) {
    let warehouse = &ground.warehouse;
    let skip = |channel: &'static str| {
        let skipped = warehouse.skip(hour(10), channel, "discarded", at("12:00:00"));
        async { skipped.await.unwrap() }
    };
    let fresh = skip("fresh").await;
    assert_eq!((fresh.state, fresh.attempts), (State::Skipped, 0));
    assert_eq!(fresh.error.as_deref(), Some("discarded"));
    let now = at("12:00:01");
    let late = warehouse
        .claim(hour(10), "fresh", "a", now, TIMEOUT, true)
        .await
        .unwrap();
    assert_eq!(late, Claim::Final(fresh));

    let id = claimed(warehouse, "a", "11:00:00").await.id;
    let skipped = skip("discord").await;
    assert_eq!(
        (skipped.id, skipped.state, skipped.attempts),
        (id, State::Skipped, 1)
    );
    assert!(!warehouse.begin_sending(id, "a", now).await.unwrap());

    for (channel, spared) in [
        ("s", State::Sending),
        ("u", State::Uncertain),
        ("t", State::Sent),
    ] {
        let claim = warehouse
            .claim(hour(10), channel, "a", now, TIMEOUT, false)
            .await;
        let Ok(Claim::Claimed(row)) = claim else {
            panic!("{claim:?}")
        };
        assert!(warehouse.begin_sending(row.id, "a", now).await.unwrap());
        if spared == State::Uncertain {
            warehouse.mark_uncertain(row.id, "a", "502").await.unwrap();
        } else if spared == State::Sent {
            warehouse.mark_sent(row.id, "a", None, now).await.unwrap();
        }
        assert_eq!(skip(channel).await.state, spared);
    }

    let claim = warehouse
        .claim(hour(11), "f", "a", now, TIMEOUT, false)
        .await;
    let Ok(Claim::Claimed(row)) = claim else {
        panic!("{claim:?}")
    };
    assert!(warehouse.mark_failed(row.id, "a", "404").await.unwrap());
    let skipped = warehouse
        .skip(hour(11), "f", "discarded", now)
        .await
        .unwrap();
    assert_eq!(skipped.state, State::Skipped);
}

pub(crate) async fn a_person_resolves_what_is_uncertain(ground: Ground) {
    let warehouse = &ground.warehouse;
    let now = at("12:00:00");
    let cases = [
        ("1", Resolution::Sent, State::Sent),
        ("2", Resolution::Resend, State::Failed),
        ("3", Resolution::Skip, State::Skipped),
    ];
    for (channel, resolution, state) in cases {
        let claim = warehouse
            .claim(hour(10), channel, "a", now, TIMEOUT, false)
            .await;
        let Ok(Claim::Claimed(row)) = claim else {
            panic!("{claim:?}")
        };
        assert!(!warehouse.resolve(row.id, resolution, now).await.unwrap());
        assert!(warehouse.begin_sending(row.id, "a", now).await.unwrap());
        assert!(!warehouse.resolve(row.id, resolution, now).await.unwrap());
        assert!(warehouse.mark_uncertain(row.id, "a", "502").await.unwrap());
        assert!(warehouse.resolve(row.id, resolution, now).await.unwrap());
        let row = warehouse
            .publication(hour(10), channel)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (row.state, row.sent_at.is_some()),
            (state, state == State::Sent)
        );
        assert!(!warehouse.mark_sent(row.id, "a", None, now).await.unwrap());
    }
    let again = warehouse
        .claim(hour(10), "2", "b", now, TIMEOUT, false)
        .await
        .unwrap();
    assert!(matches!(again, Claim::Claimed(_)), "{again:?}");
}

pub(crate) async fn publications_are_listed_by_state_and_hour(ground: Ground) {
    let warehouse = &ground.warehouse;
    let now = at("12:00:00");
    for (h, channel) in [(11, "b"), (11, "a"), (9, "c"), (10, "a")] {
        warehouse
            .skip(hour(h), channel, "no posts", now)
            .await
            .unwrap();
    }
    claimed(warehouse, "a", "11:00:00").await;
    let list = async |states: Option<&[State]>, from: Option<u32>, before: u32| {
        let rows = warehouse
            .publications(states, from.map(hour), hour(before))
            .await
            .unwrap();
        rows.iter()
            .map(|row| format!("{} {}", row.hour.start().format("%H"), row.channel))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        list(None, None, 23).await,
        ["09 c", "10 a", "10 discord", "11 a", "11 b"]
    );
    assert_eq!(list(None, Some(10), 11).await, ["10 a", "10 discord"]);
    assert_eq!(
        list(Some(&[State::Claimed]), None, 23).await,
        ["10 discord"]
    );
    let none = [State::Sent, State::Failed];
    assert!(list(Some(&none), None, 23).await.is_empty());
    assert!(list(Some(&[]), None, 23).await.is_empty());
}

pub(crate) async fn a_channel_tells_how_far_it_has_come(ground: Ground) {
    let warehouse = &ground.warehouse;
    assert!(warehouse.outlets().await.unwrap().is_empty());
    let id = sending(warehouse, "a").await;
    assert!(
        warehouse
            .mark_sent(id, "a", Some("1"), at("11:00:01"))
            .await
            .unwrap()
    );
    for skipped in [hour(9), hour(12)] {
        warehouse
            .skip(skipped, "discord", "no posts", at("13:00:00"))
            .await
            .unwrap();
    }
    warehouse
        .skip(hour(8), "slack", "no posts", at("13:00:00"))
        .await
        .unwrap();
    let outlets = warehouse.outlets().await.unwrap();
    let discord = &outlets["discord"];
    assert_eq!(discord.publications[&State::Sent], 1);
    assert_eq!(discord.publications[&State::Skipped], 2);
    assert_eq!(discord.last_sent(), Some(hour(10)));
    assert_eq!(discord.last_settled(), Some(hour(12)));
    let slack = &outlets["slack"];
    assert_eq!(
        (slack.last_sent(), slack.last_settled()),
        (None, Some(hour(8)))
    );
}
