//! Lists of jobs as the command line asks for them and goes on with them.

use moodwire_model::Clock;
use moodwire_queue::{JobFilter, State, Store};

use super::args::{Filter, Paging, Since};
use crate::{
    failure::Failure,
    operations::listing::{self, Listing},
    output,
};

/// The filter in the queue's terms.
pub(super) fn job_filter(filter: &Filter, state: Option<State>, clock: &dyn Clock) -> JobFilter {
    JobFilter {
        kind: filter.kind.clone(),
        state,
        search: filter.search.clone(),
        since: filter.since.map(|since| match since {
            Since::At(at) => at,
            Since::Ago(ago) => clock.now() - ago,
        }),
        ..JobFilter::default()
    }
}

/// The jobs that match, newest change first; of a search, those that one step finds.
pub(super) async fn listing(
    queue: &dyn Store,
    filter: &JobFilter,
    paging: &Paging,
) -> Result<Listing, Failure> {
    listing::listing(queue, filter, paging.after.as_deref(), paging.limit).await
}

/// Says on standard error how far the list came and what to type to go on, when more is left.
pub(super) fn say_how_to_go_on(listing: &Listing, filter: &JobFilter) {
    let Some(next) = &listing.next else { return };
    let came = match filter.search {
        Some(_) => format!("looked at {} jobs, and there are more", listing.looked),
        None => format!("{} jobs listed, and there are more", listing.jobs.len()),
    };
    output::complain(&format!("{came}: go on with --after {next}"));
}
