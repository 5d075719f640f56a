//! What every warehouse must do, whichever database it is on: `postgres.rs` and `sqlite.rs` each run all of it.

pub(crate) mod audit;
pub(crate) mod channels;
pub(crate) mod hours;
pub(crate) mod mood;
pub(crate) mod pages;
pub(crate) mod posts;
pub(crate) mod publications;
pub(crate) mod rescore;
pub(crate) mod schema;
pub(crate) mod unpublished;
pub(crate) mod versions;

use moodwire_model::{ActorMatch, Hour, Post, PostKey, Score, ScoredPost, Timestamp, Why};
use moodwire_warehouse::Warehouse;
use sea_orm::ConnectionTrait;

/// A warehouse of a test's own, with its schema in place, and the URL by which others may join.
pub(crate) struct Ground {
    pub(crate) warehouse: Warehouse,
    pub(crate) url: String,
}

impl Ground {
    /// Another process's view of the same warehouse.
    pub(crate) async fn another(&self) -> Warehouse {
        Warehouse::connect(&self.url).await.unwrap()
    }

    /// The one text column of a user's own query.
    pub(crate) async fn column(&self, sql: &str) -> Vec<String> {
        let db = sea_orm::Database::connect(&self.url).await.unwrap();
        let rows = db
            .query_all_raw(sea_orm::Statement::from_string(
                db.get_database_backend(),
                sql,
            ))
            .await
            .unwrap();
        let column = rows.iter().map(|row| row.try_get_by(0).unwrap()).collect();
        db.close().await.unwrap();
        column
    }
}

/// Declares one test per case, each run by `$run` on a ground of its own.
macro_rules! suite {
    ($run:path) => {
        conformance::suite! { @ $run;
            posts::a_batch_is_stored_once_however_often_it_comes
            posts::newer_values_win_and_the_place_in_an_hour_stays
            posts::actors_follow_the_newer_values
            posts::a_post_twice_in_a_batch_counts_once_with_its_later_values
            posts::five_hundred_posts_go_in_at_once_and_one_more_is_refused
            posts::a_score_that_is_no_number_is_refused_and_nothing_is_stored
            posts::a_post_that_several_batches_bring_at_once_is_new_in_one_of_them
            posts::times_keep_their_milliseconds_and_scores_their_places
            posts::totals_count_what_is_there
            hours::hours_with_posts_are_found_across_gaps_and_within_bounds
            hours::an_hour_without_posts_has_an_empty_digest
            hours::an_hours_only_post_is_both_its_best_and_its_worst
            hours::a_tie_goes_to_the_earlier_post_and_then_to_the_smaller_key
            hours::posts_that_all_score_alike_give_two_different_posts
            hours::a_compound_of_five_hundredths_is_positive_or_negative_and_less_is_neutral
            hours::the_same_posts_give_the_same_digest_in_any_order_and_split
            hours::what_was_sealed_stays_as_it_was
            hours::only_new_posts_of_a_sealed_hour_are_late
            hours::a_post_that_races_with_the_seal_is_in_the_digest_or_late
            hours::of_many_seals_at_once_one_is_kept
            hours::summaries_are_the_sealed_hours_in_order
            hours::the_first_attempt_and_the_first_start_are_remembered
            rescore::posts_get_other_scores_and_a_sealed_hour_is_frozen_anew
            rescore::an_hour_that_is_not_sealed_is_not_frozen
            rescore::a_score_of_an_older_version_is_left_out
            versions::an_edit_takes_the_place_of_the_older_version_whichever_comes_first
            versions::a_deleted_post_counts_no_more_and_does_not_come_back
            versions::a_post_that_is_deleted_before_it_was_scored_never_counts
            versions::a_sealed_hour_picks_another_best_when_its_own_is_deleted
            versions::of_two_that_delete_best_and_next_at_once_neither_is_left
            versions::a_barred_post_counts_but_is_never_best_or_worst
            versions::copies_are_collapsed_to_the_first_where_that_is_asked_for
            publications::a_publication_is_claimed_sent_and_final
            publications::a_takeover_makes_the_older_claimants_sending_fail
            publications::of_many_claimants_at_once_exactly_one_sends
            publications::what_is_being_sent_is_left_alone_until_the_timeout
            publications::a_lost_senders_publication_is_held_or_resent_as_told
            publications::a_late_answer_counts_as_long_as_nobody_else_claimed
            publications::an_uncertain_publication_is_held_or_resent_as_told
            publications::a_failed_publication_is_claimed_again
            publications::what_was_not_sent_can_be_sent_again
            publications::nobody_but_the_claimant_moves_a_publication
            publications::no_mark_leaves_a_state_that_it_does_not_know
            publications::skipping_is_final_and_spares_what_may_have_been_sent
            publications::a_person_resolves_what_is_uncertain
            publications::publications_are_listed_by_state_and_hour
            publications::a_channel_tells_how_far_it_has_come
            channels::a_disabled_channel_gets_no_turn_until_it_is_enabled
            channels::a_channels_pace_is_kept_across_its_hours
            channels::a_message_is_placed_edited_and_sent
            channels::a_selection_sees_its_own_posts_as_they_were_when_the_hour_was_sealed
            channels::a_digest_tells_the_hours_before_it_and_the_actors
            unpublished::what_no_state_settles_is_due_oldest_first
            unpublished::empty_hours_are_due_from_the_first_start_on
            unpublished::nothing_is_due_without_channels_or_without_hours
            audit::deeds_are_listed_newest_first_and_page_by_page
            audit::deeds_are_filtered_by_deed_person_and_time
            audit::what_is_too_long_of_a_deed_is_cut
            audit::old_deeds_are_pruned_a_step_at_a_time
            mood::the_series_has_what_each_digest_has
            mood::a_filtered_series_has_what_a_channels_digest_has
            mood::a_post_that_comes_again_stays_in_its_actors_hour
            mood::an_actors_hours_follow_new_scores_and_deletions
            mood::actors_and_sources_are_listed_once
            mood::an_older_schemas_actors_get_their_hours_and_moods
            pages::an_hours_posts_come_page_by_page_in_each_order
            pages::deleted_posts_are_left_out_of_a_list_and_not_of_what_is_stored
            pages::a_post_is_found_whole_by_its_key
            schema::migrations_go_down_and_up_again
            schema::of_many_processes_that_migrate_at_once_one_does
            schema::preparing_a_schema_that_is_up_to_date_changes_nothing
        }
    };
    (@ $run:path; $($file:ident::$case:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                $run(conformance::$file::$case).await;
            }
        )*
    };
}
pub(crate) use suite;

/// The hour `h` of 1 March 2026.
pub(crate) fn hour(h: u32) -> Hour {
    format!("2026-03-01T{h:02}").parse().unwrap()
}

/// A moment of 1 March 2026, such as `10:05:00`.
pub(crate) fn at(time: &str) -> Timestamp {
    format!("2026-03-01T{time}Z").parse().unwrap()
}

/// A post of 1 March 2026.
pub(crate) fn post(key: &str, time: &str, compound: f64) -> ScoredPost {
    ScoredPost {
        post: Post {
            key: PostKey::from_stored(key),
            network: "x".to_owned(),
            author: "ada".to_owned(),
            author_name: Some("Ada".to_owned()),
            text: format!("text of {key}"),
            url: None,
            lang: Some("en".to_owned()),
            created_at: at(time),
            collected_at: at("23:00:00"),
            hour: Hour::of(at(time)),
            actors: vec![ActorMatch::new("bitcoin", [Why::Keyword])],
            followers: None,
            edited_at: None,
            deleted_at: None,
            raw: "{}".to_owned(),
        },
        score: Score {
            neg: 0.1,
            neu: 0.2,
            pos: 0.7,
            compound,
            scorer: "vader-3.3.2".to_owned(),
        },
        scored_at: at("23:01:00"),
        batch: "01J".to_owned(),
        feed: "x-main".to_owned(),
        barred: None,
        gist: key.bytes().fold(0_i64, |sum, byte| {
            sum.wrapping_mul(31).wrapping_add(i64::from(byte))
        }),
    }
}
