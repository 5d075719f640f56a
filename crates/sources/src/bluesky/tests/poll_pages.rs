//! Tests of polling: from the newest end back to what is known, without gaps, wherever a pass is cut off.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use wiremock::{
    Mock, Request, Respond, ResponseTemplate,
    matchers::{path, query_param},
};

use super::{BlueskyMode, Network, asked, rkeys, time, view, whole};
use crate::{Page, Source, Unbounded};

const FEED: &str = "/xrpc/app.bsky.feed.getAuthorFeed";
const SEARCH: &str = "/xrpc/app.bsky.feed.searchPosts";

/// Posts of `did:plc:ada`, one a second, with as many to a page as the server likes.
struct Shelf {
    seconds: Vec<i64>,
    page: usize,
}

impl Shelf {
    fn of(seconds: impl IntoIterator<Item = i64>, page: usize) -> Self {
        let mut seconds: Vec<i64> = seconds.into_iter().collect();
        seconds.sort_unstable_by_key(|second| -second);
        Self { seconds, page }
    }

    fn views(&self, below: impl Fn(i64) -> bool) -> Vec<Value> {
        let below = self.seconds.iter().filter(|second| below(**second));
        below
            .take(self.page)
            .map(|second| view("did:plc:ada", &format!("k{second}"), *second, "x"))
            .collect()
    }
}

/// Feeds are paged by the server's word, the second of the last item, and searches by time.
impl Respond for Shelf {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let one = |name: &str| asked(request, name).into_iter().next();
        let moment = |name: &str| one(name).map(|at| at.parse::<DateTime<Utc>>().unwrap());
        let body = if request.url.path() == FEED {
            let cursor = one("cursor").map_or(i64::MAX, |cursor| cursor.parse().unwrap());
            let views = self.views(|second| second < cursor);
            let last = views
                .last()
                .map(|view| view["uri"].as_str().unwrap().to_owned());
            let next = last.map(|uri| uri.rsplit('k').next().unwrap().to_owned());
            let items: Vec<Value> = views
                .into_iter()
                .map(|post| json!({"post": post}))
                .collect();
            json!({"feed": items, "cursor": next})
        } else {
            assert_eq!(one("cursor"), None, "refused without a login");
            let (since, until) = (moment("since"), moment("until"));
            let posts = self.views(|second| {
                since.is_none_or(|since| time(second) >= since)
                    && until.is_none_or(|until| time(second) < until)
            });
            json!({"posts": posts, "cursor": "more"})
        };
        ResponseTemplate::new(200).set_body_json(body)
    }
}

async fn polling(accounts: &[&str], queries: &[&str]) -> Network {
    let mut network = Network::of(&[], Vec::new()).await.knows_everybody().await;
    network.settings.url = None;
    network.settings.mode = BlueskyMode::Poll;
    network.settings.accounts = accounts.iter().map(|&name| name.to_owned()).collect();
    network.settings.queries = queries.iter().map(|&query| query.to_owned()).collect();
    network
}

impl Network {
    /// All pages of one pass.
    async fn pass(&self, position: &Value) -> Vec<Page> {
        let source = self.source();
        let mut position = position.clone();
        let mut pages = Vec::new();
        loop {
            let page = source.read(&position, &Unbounded).await.unwrap();
            position = page.position.clone();
            let end = page.end;
            pages.push(page);
            if end {
                return pages;
            }
        }
    }
}

/// What a network shows until it is dropped.
async fn shows(network: &Network, at: &str, shelf: Shelf) -> wiremock::MockGuard {
    let asked = Mock::given(path(at)).and(query_param("limit", "100"));
    asked
        .respond_with(shelf)
        .mount_as_scoped(&network.api)
        .await
}

#[tokio::test]
async fn a_feed_begins_with_its_newest_page_and_goes_on_without_gaps() {
    for (at, accounts, queries) in [
        (FEED, &["ada.test"][..], &[][..]),
        (SEARCH, &[], &["bitcoin"]),
    ] {
        let network = polling(accounts, queries).await;
        let shown = shows(&network, at, Shelf::of((-900..0).map(|n| n * 10), 10)).await;
        let first = whole(network.pass(&Value::Null).await);
        assert_eq!((first.posts.len(), rkeys(&first)[0]), (10, "k-10"));
        drop(shown);

        // Twenty-five more: three pages down to what is known.
        let shown = shows(&network, at, Shelf::of((-900..25).map(|n| n * 10), 10)).await;
        let pages = network.pass(&first.position).await;
        assert!(pages.len() >= 3, "{at}");
        let second = whole(pages);
        let fresh: Vec<String> = (0..25).rev().map(|n| format!("k{}", n * 10)).collect();
        let old: Vec<&str> = rkeys(&second)
            .into_iter()
            .filter(|key| key.contains('-'))
            .collect();
        let given: Vec<&str> = rkeys(&second)
            .into_iter()
            .filter(|key| !key.contains('-'))
            .collect();
        assert_eq!(given, fresh, "{at}");
        // The ten minutes before are looked through, less what was given out of them.
        assert!(!old.iter().any(|key| rkeys(&first).contains(key)), "{at}");
        drop(shown);

        let _shown = shows(&network, at, Shelf::of((-900..25).map(|n| n * 10), 10)).await;
        assert_eq!(
            rkeys(&whole(network.pass(&second.position).await)).len(),
            0,
            "{at}"
        );
    }
}

#[tokio::test]
async fn what_appears_a_little_below_the_newest_is_found() {
    for (at, accounts, queries) in [
        (FEED, &["ada.test"][..], &[][..]),
        (SEARCH, &[], &["bitcoin"]),
    ] {
        let network = polling(accounts, queries).await;
        let shown = shows(&network, at, Shelf::of([0, 100, 200], 100)).await;
        let first = whole(network.pass(&Value::Null).await);
        drop(shown);
        let _shown = shows(&network, at, Shelf::of([0, 100, 150, 200], 100)).await;
        let second = whole(network.pass(&first.position).await);
        assert_eq!(rkeys(&second), ["k150"], "{at}");
    }
}

#[tokio::test]
async fn a_pass_that_is_cut_off_goes_on_where_it_was() {
    let network = polling(&["ada.test"], &["bitcoin"]).await;
    let shown = (
        shows(&network, FEED, Shelf::of(-50..0, 10)).await,
        shows(&network, SEARCH, Shelf::of(-50..0, 10)).await,
    );
    let first = whole(network.pass(&Value::Null).await);
    drop(shown);
    let _shown = (
        shows(&network, FEED, Shelf::of(-50..1_000, 100)).await,
        shows(&network, SEARCH, Shelf::of(-50..1_000, 100)).await,
    );
    let pages = network.pass(&first.position).await;
    let all: Vec<String> = pages.iter().flat_map(rkeys).map(str::to_owned).collect();
    for cut in 0..pages.len() - 1 {
        let before: Vec<String> = pages[..=cut]
            .iter()
            .flat_map(rkeys)
            .map(str::to_owned)
            .collect();
        let rest = network.pass(&pages[cut].position).await;
        let rest = rest.iter().flat_map(rkeys).map(str::to_owned);
        assert_eq!(before.into_iter().chain(rest).collect::<Vec<_>>(), all);
    }
    assert_eq!(all.iter().filter(|key| **key == "k0").count(), 2);
}

#[tokio::test]
async fn many_posts_of_one_moment_do_not_hold_a_search_up() {
    let network = polling(&[], &["bitcoin"]).await;
    let shown = shows(&network, SEARCH, Shelf::of([0], 10)).await;
    let first = whole(network.pass(&Value::Null).await);
    drop(shown);
    let views: Vec<Value> = (0..10)
        .map(|n| view("did:plc:ada", &format!("s{n}"), 5, "x"))
        .collect();
    let body = json!({"posts": views, "cursor": "more"});
    let same = ResponseTemplate::new(200).set_body_json(body);
    Mock::given(path(SEARCH))
        .respond_with(same)
        .mount(&network.api)
        .await;
    let pages = network.pass(&first.position).await;
    assert_eq!((pages.len(), whole(pages).posts.len()), (2, 10));
}

#[tokio::test]
async fn the_watermark_is_when_the_pass_began_less_the_way_to_the_server() {
    let network = polling(&["ada.test"], &["bitcoin"]).await;
    let _shown = (
        shows(&network, FEED, Shelf::of([0], 10)).await,
        shows(&network, SEARCH, Shelf::of([], 10)).await,
    );
    let source = network.source();
    let first = source.read(&Value::Null, &Unbounded).await.unwrap();
    assert_eq!((first.end, first.watermark), (false, None));
    network.clock.step(chrono::TimeDelta::minutes(5));
    let last = source.read(&first.position, &Unbounded).await.unwrap();
    assert_eq!((last.end, last.watermark), (true, Some(time(540))));
}

#[tokio::test]
async fn a_position_of_something_else_means_the_beginning() {
    let network = polling(&["ada.test"], &[]).await;
    let _shown = shows(&network, FEED, Shelf::of([0], 10)).await;
    let pages = network.pass(&json!({"offset": 5, "feeds": 3})).await;
    assert_eq!(rkeys(&whole(pages)), ["k0"]);
}
