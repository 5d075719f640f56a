//! What every lake must do, whatever it is made of: the cases, and what they share.

pub(crate) mod batches;
pub(crate) mod cursors;
pub(crate) mod posts;
pub(crate) mod quarantine;
pub(crate) mod reads;
pub(crate) mod steps;
pub(crate) mod versions;

use std::{collections::BTreeSet, sync::Arc};

use moodwire_lake::Lake;
use moodwire_model::{ActorMatch, Batch, BatchState, Hour, Post, PostKey, Timestamp, Why};

/// Makes a test of each case, run by `$fixture`, an async function that hands the case a [`Store`] of its own.
macro_rules! conformance {
    ($fixture:path) => {
        $crate::conformance::conformance! { @ $fixture;
            posts:
                a_post_comes_back_as_it_went_in
                every_raw_document_comes_back_equal
                a_text_of_100_kb_with_emoji_comes_back_whole
                a_key_is_stored_once_however_often_it_comes
                a_key_twice_in_one_call_counts_as_a_duplicate_and_the_first_wins
                a_duplicate_leaves_the_first_post_and_its_batch_untouched
                five_hundred_posts_are_stored_in_one_call_and_read_by_key
                no_posts_are_no_work
                two_tasks_that_store_the_same_posts_store_each_once;
            versions:
                an_edit_replaces_the_older_version_and_belongs_to_the_new_batch
                an_edit_keeps_the_hour_that_the_post_counts_in
                an_older_edit_that_comes_later_changes_nothing
                an_edit_that_comes_first_is_not_replaced_by_the_original
                an_edit_in_the_same_call_as_the_original_counts_once_each
                hours_are_told_of_those_that_are_there
                keys_are_found_by_what_they_begin_with_step_by_step
                a_deleted_post_is_erased_and_belongs_to_the_new_batch
                deleting_again_changes_nothing
                neither_an_edit_nor_the_post_itself_brings_a_deleted_post_back;
            reads:
                reads_add_up_by_day_and_month
                reads_that_were_not_used_are_taken_back;
            batches:
                a_batch_comes_back_as_it_went_in
                a_batch_lives_from_open_over_queued_to_scored
                a_move_from_another_state_changes_nothing
                of_two_tasks_that_move_a_batch_exactly_one_wins
                queueing_again_counts_again
                only_an_open_and_empty_batch_is_dropped
                unscored_counts_open_and_queued_batches_of_that_hour_only
                batches_are_paged_by_id_within_their_states;
            cursors:
                a_source_never_collected_has_the_start_cursor
                a_cursor_comes_back_with_every_field
                every_position_comes_back_equal
                a_cursor_is_moved_only_from_its_own_version
                of_two_writers_of_a_first_cursor_exactly_one_wins
                of_two_writers_of_a_later_cursor_exactly_one_wins
                cursors_are_listed_by_source;
            quarantine:
                a_refused_input_is_kept_once_and_as_it_was_first
                refused_inputs_come_newest_first_and_by_source
                more_refused_inputs_than_a_transaction_holds_are_all_kept;
            steps:
                a_step_repeated_after_a_crash_changes_nothing
                a_reopened_lake_holds_what_it_held
                two_handles_on_one_store_agree
                totals_count_what_is_there
                a_lake_that_is_there_gives_a_sign_of_life;
        }
    };
    (@ $fixture:path; $($module:ident: $($case:ident)+;)+) => {
        $(
            mod $module {
                $(
                    #[tokio::test]
                    async fn $case() {
                        $fixture(crate::conformance::$module::$case).await;
                    }
                )+
            }
        )+
    };
}
pub(crate) use conformance;

/// An empty place to keep a lake in.
#[derive(Debug)]
pub(crate) struct Store {
    /// What `moodwire_lake::open` opens it by.
    pub(crate) url: String,
}

impl Store {
    /// A handle on the lake, of its own where the store has such.
    pub(crate) async fn lake(&self) -> Arc<dyn Lake> {
        moodwire_lake::open(&self.url)
            .await
            .expect("the lake opens")
    }
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("RFC 3339")
}

pub(crate) fn hour(text: &str) -> Hour {
    text.parse().expect("an hour")
}

/// The id of the `n`th batch: a ULID, so later batches have greater ids.
pub(crate) fn batch_id(n: u32) -> String {
    format!("01JDCN7Q8V0000000000{n:06}")
}

/// The `n`th batch, as a collect opens it.
pub(crate) fn batch(n: u32, hours: &[&str]) -> Batch {
    Batch {
        id: batch_id(n),
        source: "x-main".to_owned(),
        state: BatchState::Open,
        count: 0,
        hours: hours.iter().map(|text| hour(text)).collect::<BTreeSet<_>>(),
        job: "collect:x-main:2026-11-23T17:05:00Z".to_owned(),
        opened_at: at("2026-11-23T17:05:00.001Z"),
        changed_at: at("2026-11-23T17:05:00.001Z"),
    }
}

/// A post with every field filled.
pub(crate) fn post(id: &str) -> Post {
    Post {
        key: PostKey::new("x", id),
        network: "x".to_owned(),
        author: "vitalik".to_owned(),
        author_name: Some("Vitálik ☕".to_owned()),
        text: format!("post {id}"),
        url: Some(format!("https://x.com/vitalik/status/{id}")),
        lang: Some("en".to_owned()),
        created_at: at("2026-11-23T16:59:59.999Z"),
        collected_at: at("2026-11-23T17:05:00.123Z"),
        hour: hour("2026-11-23T16"),
        actors: vec![
            ActorMatch::new("vitalik", [Why::Author]),
            ActorMatch::new("ethereum", [Why::Mention, Why::Keyword]),
        ],
        followers: Some(5_000_000),
        edited_at: None,
        deleted_at: None,
        raw: format!("{{\"id\":\"{id}\"}}"),
    }
}

/// Posts `0..n`, in the order of their keys.
pub(crate) fn first_posts(n: usize) -> Vec<Post> {
    (0..n).map(|id| post(&format!("{id:05}"))).collect()
}
