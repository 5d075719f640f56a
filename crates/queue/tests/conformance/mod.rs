//! The suite that every store must pass: one list of cases, each a test of its own per store.
//!
//! A case takes a [`Fixture`], which is a fresh store whose clock can be stepped and which can be opened a second
//! time, as another process would. `conformance!(open)` makes a test of each case; `open` is an async function that
//! gives a fixture, or none where there is no server.

pub(crate) mod by_hand;
pub(crate) mod clearing;
pub(crate) mod clocks;
pub(crate) mod dead;
pub(crate) mod enqueueing;
pub(crate) mod fixture;
pub(crate) mod leasing;
pub(crate) mod listing;
pub(crate) mod model;
pub(crate) mod prefix;
pub(crate) mod processes;
pub(crate) mod retention;
pub(crate) mod settling;
pub(crate) mod waiting;

pub(crate) use fixture::Fixture;

/// Makes one test of each case. The list is here once, so that no store can leave a case out.
macro_rules! conformance {
    ($open:path) => {
        $crate::conformance::conformance! { @cases $open;
            enqueueing::a_new_job_is_ready_and_shows_what_it_was_given
            enqueueing::a_job_of_a_later_time_is_scheduled_until_then
            enqueueing::an_id_that_exists_in_any_state_is_a_duplicate_and_is_left_alone
            enqueueing::an_id_twice_in_one_call_is_added_once
            enqueueing::two_handles_that_enqueue_the_same_ids_add_each_once
            enqueueing::eight_handles_that_race_for_two_thousand_ids_add_each_once
            enqueueing::bytes_that_are_no_text_come_back_as_they_were
            enqueueing::an_id_that_does_not_begin_with_its_kind_is_refused
            enqueueing::a_kind_of_other_letters_is_refused
            enqueueing::lineage_is_kept
            enqueueing::an_answer_comes_in_the_order_asked_over_kinds_and_chunks
            leasing::jobs_come_oldest_due_first
            leasing::jobs_of_one_moment_come_in_the_order_enqueued
            leasing::asking_for_none_gives_none
            leasing::a_kind_without_jobs_gives_none
            leasing::twenty_thousand_jobs_due_at_once_drain
            leasing::two_handles_never_lease_the_same_job
            leasing::an_expired_lease_counts_as_an_attempt_and_ends_dead
            leasing::a_renewed_lease_is_not_settled_as_lost
            leasing::a_lease_that_ended_cannot_be_renewed
            leasing::a_paused_kind_gives_nothing_until_it_is_resumed
            leasing::a_kind_that_never_had_a_job_shows_that_it_is_paused
            leasing::the_next_due_time_is_told
            leasing::a_clock_stepped_back_loses_nothing
            leasing::a_lease_tells_since_when_its_job_was_due
            settling::a_job_is_in_one_state_after_every_transition
            settling::a_stale_token_changes_nothing_and_spoils_nothing
            settling::the_same_settlement_twice_counts_once
            settling::tokens_grow_even_after_a_job_was_discarded
            settling::a_retry_waits_and_ends_dead_after_its_attempts
            settling::later_burns_no_attempt_and_leaves_one_record
            settling::a_job_handed_back_burns_nothing_and_goes_first
            settling::a_dead_verdict_ends_at_once
            settling::history_keeps_the_last_twenty
            settling::a_large_batch_is_settled_whole
            dead::a_dead_letter_retried_begins_again_and_keeps_its_history
            dead::a_dead_letter_can_be_retried_later_with_another_payload
            dead::only_dead_letters_are_retried_or_discarded
            dead::a_discarded_job_is_gone_and_its_id_is_free
            dead::groups_count_what_failed_alike_and_show_the_last_error
            dead::a_group_shrinks_as_its_letters_go_and_then_is_gone
            dead::many_groups_of_many_letters_are_counted_whole
            by_hand::only_scheduled_jobs_are_run_now
            by_hand::a_job_run_now_keeps_its_attempts_and_history_and_wakes_a_worker
            by_hand::only_what_waits_is_removed
            by_hand::a_removed_id_is_free_and_its_history_is_gone
            by_hand::more_than_a_chunk_is_run_now_and_removed_from_among_others
            by_hand::jobs_enqueued_while_the_clock_stood_behind_are_removed
            clearing::only_what_waits_is_cleared
            clearing::what_is_due_first_is_cleared_first
            clearing::more_than_a_chunk_is_cleared
            clearing::a_cleared_id_is_free_and_its_history_is_gone
            clocks::a_clock_stepped_back_by_an_hour_in_the_middle_of_everything
            clocks::a_clock_stepped_forward_by_a_day_in_the_middle_of_everything
            retention::done_jobs_go_by_age
            retention::done_jobs_go_by_count_oldest_first
            retention::dead_letters_go_by_age_and_by_count
            retention::more_than_a_chunk_is_pruned
            retention::every_dead_letter_that_retention_drops_is_counted
            listing::an_empty_store_lists_nothing
            listing::filters_narrow
            listing::the_newest_change_comes_first
            listing::paging_shows_everything_once
            listing::search_finds_in_id_payload_reason_and_error
            listing::search_finds_the_worker_of_now_and_those_of_the_history
            listing::a_search_looks_at_a_bounded_number_of_jobs_and_goes_on
            listing::a_page_token_of_nothing_is_refused
            listing::a_fingerprint_groups_what_failed_alike
            listing::statistics_count_each_kind
            listing::an_unknown_id_is_none
            prefix::ids_that_begin_with_a_text_come_in_the_order_of_their_bytes
            prefix::paging_by_prefix_shows_everything_once
            prefix::a_prefix_goes_with_every_other_filter
            prefix::a_search_by_prefix_goes_on_beyond_what_one_call_looks_at
            prefix::a_page_token_of_the_other_order_is_refused
            processes::a_process_is_there_with_all_it_tells_until_it_is_withdrawn
            processes::a_process_that_falls_silent_is_forgotten
            processes::more_silent_processes_than_a_chunk_show_no_more
            processes::a_process_runs_the_jobs_of_its_workers
            waiting::a_wait_ends_after_its_time
            waiting::a_wait_ends_when_another_handle_enqueues
            waiting::a_job_enqueued_before_the_wait_ends_it
            waiting::a_wait_ends_when_a_dead_letter_is_retried
            waiting::a_dropped_wait_loses_nothing
            model::random_histories_agree_with_a_simple_model
        }
    };
    (@cases $open:path; $($group:ident::$case:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                if let Some(fixture) = $open().await {
                    conformance::$group::$case(&fixture).await;
                }
            }
        )*
    };
}
pub(crate) use conformance;
