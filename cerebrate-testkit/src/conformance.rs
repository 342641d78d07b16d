//! What every store has to do, whatever its backend.
//!
//! ```
//! use cerebrate_store::Store;
//! use cerebrate_testkit::world::{options, with_templates};
//!
//! fn in_memory() -> ((), Store) {
//!     ((), with_templates(options().in_memory().unwrap()))
//! }
//!
//! mod memory {
//!     cerebrate_testkit::store_conformance_tests!(super::in_memory);
//! }
//! # fn main() {}
//! ```
//!
//! The function opens a new store with the shipped templates in it, a clock that ticks and
//! identities that count; its first answer is kept until the test is over.
//!
//! `CEREBRATE_TESTKIT_FACTOR=10` looks at ten times as many made-up cases.

pub mod accounts;
pub mod chain;
pub mod copies;
pub mod erasure;
pub mod feed;
pub mod figures;
pub mod filters;
pub mod groups;
pub mod meta;
pub mod paging;
pub mod records;
pub mod removal;
pub mod search;
pub mod transactions;
pub mod undo;

use std::any::Any;
use std::fmt;
use std::ops::Deref;

use cerebrate_store::Store;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

/// A new store, and what has to live as long.
pub struct Fresh {
    store: Store,
    _guard: Box<dyn Any>,
}

impl Fresh {
    /// Keeps both.
    pub fn new<G: 'static>((guard, store): (G, Store)) -> Self {
        Fresh { store, _guard: Box::new(guard) }
    }
}

impl Deref for Fresh {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

impl fmt::Debug for Fresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.store.fmt(f)
    }
}

/// How a test gets a new store.
pub type Open<'a> = &'a dyn Fn() -> Fresh;

/// By how much more than usual is looked at: 1, or what the environment says.
pub fn factor() -> u32 {
    let factor = std::env::var("CEREBRATE_TESTKIT_FACTOR").ok();
    factor.and_then(|factor| factor.parse().ok()).unwrap_or(1)
}

/// Runs a property as often as `cases` says.
fn property<S: Strategy>(
    cases: u32,
    strategy: &S,
    holds: impl Fn(S::Value) -> Result<(), TestCaseError>,
) where
    S::Value: fmt::Debug,
{
    let config = Config {
        cases: cases * factor(),
        max_shrink_iters: 300,
        failure_persistence: None,
        ..Config::default()
    };
    if let Err(failure) = TestRunner::new(config).run(strategy, holds) {
        panic!("{failure}");
    }
}

/// Expands to the tests that every store has to pass. The argument is a function that opens a new
/// store: `fn() -> (guard, Store)`.
#[macro_export]
macro_rules! store_conformance_tests {
    ($open:expr) => {
        $crate::store_conformance_tests! { @ $open,
            records: every_field_of_every_kind_is_kept,
            records: answers_are_what_is_read_later,
            records: what_is_not_there_is_not_found,
            records: an_identity_is_taken_once,
            records: references_have_to_be_there,
            records: what_is_over_a_limit_is_refused_and_leaves_nothing,
            records: times_are_given_kept_and_moved,
            records: upsert_says_what_it_did,
            records: bulk_upsert_counts_and_is_one_change_set,
            records: bulk_upsert_is_kept_whole_or_not_at_all,
            records: odd_characters_are_kept_and_flagged,
            records: tags_have_one_spelling,
            records: local_ids_are_stable_and_never_used_again,
            removal: an_organisation_takes_what_cannot_be_without_it,
            removal: an_individual_takes_what_cannot_be_without_it,
            removal: an_owner_of_a_group_and_a_template_with_values_stay,
            removal: a_tag_leaves_its_carriers_only,
            removal: keys_of_another_kind_of_owner_stay,
            transactions: a_failure_leaves_nothing,
            transactions: a_panic_leaves_nothing_and_the_store_goes_on,
            transactions: own_writes_are_seen_and_others_wait,
            transactions: a_caught_refusal_does_not_spoil_the_rest,
            transactions: writers_in_many_threads_all_succeed,
            transactions: a_transaction_inside_another_is_refused,
            filters: texts_are_equal_not_equal_or_like,
            filters: kinds_refuse_columns_they_have_not,
            filters: records_hang_on_what_they_belong_to,
            filters: filters_agree_with_a_naive_model,
            filters: long_lists_are_answered_and_longer_ones_refused,
            filters: belonging_is_found,
            meta: the_search_matrix_holds_by_meaning,
            meta: negation_is_of_values_or_of_owners,
            meta: one_template_can_be_meant,
            meta: values_are_held_until_their_template_arrives,
            meta: the_name_directory_knows_every_version,
            paging: every_order_and_size_meets_each_record_once,
            paging: pages_neither_repeat_nor_skip_while_others_write,
            paging: a_cursor_belongs_to_its_order,
            search: search_agrees_with_a_naive_model,
            search: long_and_short_needles_look_at_the_same_texts,
            search: common_needles_are_answered_in_order,
            feed: a_transaction_is_one_change_set_in_order,
            feed: stretches_make_up_the_whole,
            feed: a_user_reads_the_own_changes,
            feed: what_changes_nothing_leaves_no_trace,
            feed: authors_and_summaries_are_kept,
            feed: history_is_of_a_record_and_of_a_field,
            feed: the_feed_replayed_gives_the_records,
            chain: every_row_is_chained,
            chain: what_fails_leaves_the_chain_whole,
            chain: writers_at_once_make_one_chain,
            chain: a_head_kept_elsewhere_stays_right,
            chain: each_store_has_a_chain_of_its_own,
            erasure: what_a_person_left_is_gone_and_the_trail_whole,
            erasure: what_is_pruned_is_what_is_older,
            erasure: a_preview_tells_what_is_done,
            erasure: change_sets_are_found_as_a_walk_over_all_finds_them,
            groups: a_store_keeps_its_identity,
            groups: removed_members_are_listed_with_who_and_when,
            groups: equal_membership_is_found_whatever_was_edited,
            groups: a_removal_that_is_undone_is_a_new_edit,
            groups: a_group_that_comes_back_keeps_its_history,
            groups: a_new_owner_changes_nothing_else,
            groups: a_merge_is_one_change_set_and_idempotent,
            groups: a_merge_that_is_refused_leaves_nothing,
            groups: the_replica_follows_any_steps,
            figures: what_is_counted_is_what_is_seen,
            undo: undo_restores_and_undo_of_undo_repeats,
            undo: fields_edited_since_are_left_alone,
            undo: what_others_use_by_now_is_left_alone,
            undo: what_is_gone_by_now_is_a_conflict,
            undo: an_unknown_change_set_is_not_found,
            accounts: users_and_what_is_theirs_are_found,
            accounts: a_password_goes_with_its_user,
            copies: a_copy_opens_and_equals,
        }
    };
    (@ $open:expr, $($group:ident: $name:ident,)*) => {
        $(
            #[test]
            fn $name() {
                $crate::conformance::$group::$name(&|| $crate::conformance::Fresh::new($open()));
            }
        )*
    };
}
