//! Listings: which jobs are meant, how many, and where a list that has stopped goes on.

use std::collections::BTreeSet;

use moodwire_model::slot;
use moodwire_queue::{CHUNK, JobFilter, JobRow, Page, SCAN, Store};

use crate::failure::Failure;

/// What a list shows, and how far it came.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// The jobs, none of them twice.
    pub(crate) jobs: Vec<JobRow>,
    /// How many jobs were looked at.
    pub(crate) looked: usize,
    /// Where the list goes on; none at its end.
    pub(crate) next: Option<String>,
}

/// The jobs that match, newest change first, at most `limit`; of a search, those that one step finds.
pub(crate) async fn listing(
    queue: &dyn Store,
    filter: &JobFilter,
    after: Option<&str>,
    limit: usize,
) -> Result<Listing, Failure> {
    match &filter.search {
        Some(text) => search(queue, filter, text, after, limit).await,
        None => pages(queue, filter, after, limit, usize::MAX).await,
    }
}

/// The ids of every job that matches, and their kinds; of each page no more is kept.
pub(crate) async fn every(
    queue: &dyn Store,
    filter: &JobFilter,
) -> Result<(Vec<String>, BTreeSet<String>), Failure> {
    let (mut ids, mut kinds) = (Vec::new(), BTreeSet::new());
    let mut after: Option<String> = None;
    loop {
        let page = queue.list(filter, after.as_deref(), CHUNK).await?;
        for job in page.jobs {
            ids.push(job.id);
            kinds.insert(job.kind);
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok((ids, kinds)),
        }
    }
}

/// Page by page until `limit` jobs are there, or so many were looked at for nothing.
async fn pages(
    queue: &dyn Store,
    filter: &JobFilter,
    after: Option<&str>,
    limit: usize,
    for_nothing: usize,
) -> Result<Listing, Failure> {
    let mut listing = Listing {
        next: after.map(str::to_owned),
        ..Listing::default()
    };
    loop {
        let left = (limit - listing.jobs.len()).min(CHUNK);
        let page = queue.list(filter, listing.next.as_deref(), left).await?;
        listing.looked += page.looked;
        listing.jobs.extend(page.jobs);
        listing.next = page.next;
        let found = listing.jobs.len();
        if listing.next.is_none()
            || found >= limit
            || listing.looked.saturating_sub(found) >= for_nothing
        {
            return Ok(listing);
        }
    }
}

/// Where a search goes on. The first part is there only for a text that begins as an id does.
#[derive(Debug, PartialEq, Eq)]
enum Place<'a> {
    /// Among the jobs whose id begins with the text.
    Ids(Option<&'a str>),
    /// In the texts of all jobs.
    Texts(Option<&'a str>),
}

/// Before the queue's own token, while the search is among the ids; no token of the second part begins so.
const IDS: &str = "ids:";

/// The token of the second part's beginning.
const TEXTS: &str = "texts";

impl<'a> Place<'a> {
    fn of(after: Option<&'a str>, ids_first: bool) -> Self {
        match after {
            None if ids_first => Self::Ids(None),
            Some(TEXTS) if ids_first => Self::Texts(None),
            Some(token) if ids_first => match token.strip_prefix(IDS) {
                Some(token) => Self::Ids(Some(token)),
                None => Self::Texts(Some(token)),
            },
            token => Self::Texts(token),
        }
    }
}

/// One step of a search: what is found by id, from the index of ids; then what is found in the texts of the next
/// [`SCAN`] jobs.
async fn search(
    queue: &dyn Store,
    filter: &JobFilter,
    text: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Listing, Failure> {
    let ids_first = begins_as_an_id(text, filter.kind.as_deref());
    let (mut listing, after) = match Place::of(after, ids_first) {
        Place::Texts(after) => (Listing::default(), after),
        Place::Ids(after) => {
            let by_id = JobFilter {
                prefix: Some(text.to_owned()),
                search: None,
                ..filter.clone()
            };
            let mut listing = pages(queue, &by_id, after, limit, SCAN).await?;
            if let Some(next) = listing.next {
                listing.next = Some(format!("{IDS}{next}"));
                return Ok(listing);
            }
            if listing.jobs.len() >= limit {
                listing.next = Some(TEXTS.to_owned());
                return Ok(listing);
            }
            (listing, None)
        }
    };
    let left = limit - listing.jobs.len();
    let page = if ids_first {
        others(queue, filter, text, after, left).await?
    } else {
        queue.list(filter, after, left).await?
    };
    listing.looked += page.looked;
    listing.jobs.extend(page.jobs);
    listing.next = page.next;
    Ok(listing)
}

fn begins_as_an_id(text: &str, only: Option<&str>) -> bool {
    text.split_once(':').is_some_and(|(kind, _)| {
        slot::KINDS.contains(&kind) && only.is_none_or(|only| only == kind)
    })
}

/// One step through the texts, without the jobs whose id begins with the text: they were shown before.
///
/// The store counts those towards a page's limit, and its token is for the end of a page. So the step is looked at
/// whole, and read again up to the last job that is shown.
async fn others(
    queue: &dyn Store,
    filter: &JobFilter,
    text: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Page, Failure> {
    let is_other = |job: &JobRow| !job.id.starts_with(text);
    let mut page = queue.list(filter, after, SCAN).await?;
    let mut others = (1..).zip(&page.jobs).filter(|(_, job)| is_other(job));
    let enough = others.nth(limit - 1).map(|(count, _)| count);
    if let Some(enough) = enough.filter(|enough| *enough < page.jobs.len()) {
        page = queue.list(filter, after, enough).await?;
    }
    page.jobs.retain(is_other);
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_looked_up_first_where_the_text_begins_as_one() {
        assert!(begins_as_an_id("transform:", None));
        assert!(begins_as_an_id("publish:main:2026", Some("publish")));
        assert!(!begins_as_an_id("publish:main:2026", Some("collect")));
        for text in ["transform", "a transform:", "dig:", "https://example.com"] {
            assert!(!begins_as_an_id(text, None), "{text}");
        }
    }

    #[test]
    fn a_token_says_which_part_of_the_search_goes_on() {
        assert_eq!(Place::of(None, true), Place::Ids(None));
        assert_eq!(Place::of(Some("ids:7"), true), Place::Ids(Some("7")));
        assert_eq!(Place::of(Some("texts"), true), Place::Texts(None));
        assert_eq!(Place::of(Some("7"), true), Place::Texts(Some("7")));
        assert_eq!(Place::of(None, false), Place::Texts(None));
        assert_eq!(Place::of(Some("ids:7"), false), Place::Texts(Some("ids:7")));
    }
}
