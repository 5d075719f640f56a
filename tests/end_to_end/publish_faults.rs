//! Publishing under seeded faults: `cargo xtask chaos publish` makes more of the same.

use std::path::Path;

use tokio::task::JoinSet;

/// Among them every kind of channel, targets that are gone, an answer that comes too late (105), a `sending` mark that is
/// waited for (33), and a worker that is lost before its channel is disabled (32, 69, 114).
const SEEDS: [u64; 25] = [
    2, 3, 4, 7, 9, 10, 11, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 27, 32, 33, 43, 55, 69, 105, 114,
];

/// Runs at a time: they wait more than they work.
const AT_A_TIME: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn under_seeded_faults_nothing_is_sent_twice_or_lost_and_what_nobody_can_know_is_held() {
    let program = Path::new(env!("CARGO_BIN_EXE_moodwire"));
    let (mut seeds, mut runs) = (SEEDS.into_iter(), JoinSet::new());
    let mut failed = Vec::new();
    loop {
        while runs.len() < AT_A_TIME
            && let Some(seed) = seeds.next()
        {
            runs.spawn(moodwire_chaos::publish::run(program, seed, false));
        }
        let Some(run) = runs.join_next().await else {
            break;
        };
        let outcome = run.unwrap().unwrap();
        if !outcome.broken.is_empty() {
            failed.push((outcome.seed, outcome.broken, outcome.log));
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}
