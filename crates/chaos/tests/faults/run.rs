//! A short run of seeded faults.

use std::collections::BTreeMap;

use tokio::process::Command;

/// Faults enough for each sort to be among them.
const STEPS: &str = "14";

const SEED: &str = "5";

#[tokio::test]
async fn a_run_of_seeded_faults_loses_nothing_and_burns_no_attempt_by_deploys() {
    if moodwire_testing::redis().is_none() {
        return;
    }
    let output = Command::new(env!("CARGO_BIN_EXE_moodwire-chaos"))
        .args(["run", "--steps", STEPS, "--seed", SEED])
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{log}");
    let lines: BTreeMap<&str, &str> = said
        .lines()
        .filter_map(|line| line.split_once(' '))
        .collect();
    assert_eq!(lines["seed"], SEED);
    assert_eq!(lines["faults"], STEPS);
    assert_eq!((lines["lost"], lines["duplicated"]), ("0", "0"));
    assert!(lines["dead"].ends_with("expected, unexpected 0"), "{said}");
    assert_eq!(lines["attempts"], "burned by deploys 0");
    for word in ["kills", "deploys", "outages", "enqueued", "done"] {
        assert!(!lines[word].starts_with("0"), "no {word}: {said}");
    }
}
