//! What the published Redis storage of apalis gets wrong, V1 to V28 of the crate's README, ours gets right: one test by
//! the defect's name for each store, and a file for each part of the queue.
//!
//! A case takes a fresh [`Fixture`]; what can only go wrong on Redis is in [`bounds`] and [`outages`].

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails there")]

mod attempts;
mod bounds;
#[path = "../conformance/fixture.rs"]
#[expect(dead_code, reason = "the conformance suite uses more of it")]
mod fixture;
mod ids;
mod kept;
mod leases;
mod outages;
#[path = "../own_redis/mod.rs"]
#[expect(dead_code, reason = "other tests freeze their Redis")]
mod own_redis;
mod payloads;
#[path = "../running/mod.rs"]
mod running;
mod shutdown;
#[path = "../stores/redis.rs"]
mod store_redis;
#[path = "../stores/sqlite.rs"]
mod store_sqlite;
mod wake_up;
mod watched;

use fixture::Fixture;

/// Makes two tests of each case, one on Redis and one on SQLite.
macro_rules! regressions {
    ($($group:ident::$case:ident)*) => {
        mod on_redis {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    if let Some(fixture) = crate::store_redis::open().await {
                        crate::$group::$case(&fixture).await;
                    }
                }
            )*
        }

        mod on_sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    if let Some(fixture) = crate::store_sqlite::open().await {
                        crate::$group::$case(&fixture).await;
                    }
                }
            )*
        }
    };
}

regressions! {
    wake_up::v01_a_push_wakes_an_idle_worker
    wake_up::v02_a_backlog_of_20000_drains
    wake_up::v18_no_more_is_leased_than_can_start
    wake_up::v23_an_idle_worker_needs_no_heartbeat_to_find_a_job
    attempts::v03_max_attempts_are_obeyed
    attempts::v04_backoff_is_jittered_and_a_told_time_is_obeyed
    attempts::v08_a_job_that_kills_its_worker_ends_dead
    attempts::a_time_told_by_the_processs_clock_is_carried_over_to_the_stores
    ids::v07_an_id_stays_taken_for_as_long_as_its_row_is_kept
    ids::v22_two_schedulers_make_one_job_a_tick
    ids::v28_the_same_id_twice_harms_no_worker
    kept::v05_pruning_never_takes_a_job_that_waits
    kept::v13_statistics_hold_after_finished_jobs
    kept::v14_kinds_and_jobs_are_listed_in_every_state
    kept::v21_retention_bounds_what_is_kept
    leases::v09_a_lease_that_expired_is_found_at_once
    leases::v12_one_stale_settlement_spoils_no_other
    leases::v20_a_handler_that_blocks_a_thread_keeps_its_lease
    leases::v20_handlers_that_block_every_thread_keep_their_leases
    leases::v27_a_timeout_cancels_the_work
    payloads::v25_an_undecodable_payload_ends_dead_with_its_bytes_and_the_worker_goes_on
    shutdown::v10_a_stopped_workers_name_can_be_used_again_at_once
    shutdown::v19_a_stop_during_a_fetch_strands_nothing
    shutdown::v24_a_worker_can_be_spawned
    shutdown::v26_a_stopped_worker_ends
}
