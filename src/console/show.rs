//! A page, once or for as long as it is looked at.

use std::{
    convert::Infallible,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{Stream, stream};
use maud::Markup;
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, MissedTickBehavior},
};

use super::{
    Console,
    access::Viewer,
    layout::{self, Frame},
    page::Page,
    refusal::Refusal,
};

/// How long a page may take before it is said that a store does not answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often a page that is looked at is made anew; only what has changed is sent.
const BETWEEN: Duration = Duration::from_secs(2);

/// How long one stream lasts; the browser then asks for another, and must be let in anew.
const LIFETIME: Duration = Duration::from_secs(10 * 60);

/// What was done, for the next page to say.
pub(super) const SAID: &str = "moodwire_said";

/// The page at this address.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    Extension(viewer): Extension<Viewer>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let page = match Page::at(uri.path(), uri.query()) {
        Ok(page) => page,
        Err(refusal) => return refusal.response(false),
    };
    let wants_events = headers
        .get(header::ACCEPT)
        .is_some_and(|accept| accept.as_bytes().starts_with(b"text/event-stream"));
    if wants_events {
        return live(console, viewer, page);
    }
    let said = said(&headers);
    let frame = match rendered(&console, &viewer, &page).await {
        Ok(main) => layout::frame(&Frame {
            page: &page,
            live: page.is_live(),
            viewer: &viewer,
            said: said.as_deref(),
            main: &main,
        }),
        Err(refusal) => {
            let main = layout::trouble(&refusal);
            let frame = layout::frame(&Frame {
                page: &page,
                live: page.is_live(),
                viewer: &viewer,
                said: said.as_deref(),
                main: &main,
            });
            return (refusal.status, frame).into_response();
        }
    };
    let mut response = frame.into_response();
    if said.is_some() {
        let over = HeaderValue::from_static("moodwire_said=; Path=/; Max-Age=0");
        response.headers_mut().append(header::SET_COOKIE, over);
    }
    response
}

/// What is between the navigation and the end of the page.
async fn rendered(console: &Console, viewer: &Viewer, page: &Page) -> Result<Markup, Refusal> {
    within(async {
        let view = page.load(console).await?;
        Ok(layout::main(
            &console.bulk.shown(),
            viewer,
            &view.render(viewer),
        ))
    })
    .await
}

/// Does the work, or says that a store does not answer.
pub(super) async fn within<T>(
    work: impl Future<Output = Result<T, Refusal>>,
) -> Result<T, Refusal> {
    tokio::time::timeout(PATIENCE, work)
        .await
        .unwrap_or_else(|_| {
            Err(Refusal::new(
                StatusCode::GATEWAY_TIMEOUT,
                format!(
                    "a store did not answer within {} s: see the first page for which",
                    PATIENCE.as_secs()
                ),
            ))
        })
}

/// A page being looked at.
struct Look {
    console: Arc<Console>,
    viewer: Viewer,
    page: Page,
    ticks: tokio::time::Interval,
    until: Instant,
    sent: Option<u64>,
    _place: OwnedSemaphorePermit,
}

/// The page over server-sent events, each time that it has changed.
fn live(console: Arc<Console>, viewer: Viewer, page: Page) -> Response {
    let Ok(place) = Arc::clone(&console.live).try_acquire_owned() else {
        return Refusal::wait(
            StatusCode::SERVICE_UNAVAILABLE,
            BETWEEN,
            "too many pages are being looked at".to_owned(),
        )
        .response(true);
    };
    let mut ticks = tokio::time::interval(BETWEEN);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let look = Look {
        console,
        viewer,
        page,
        ticks,
        until: Instant::now() + LIFETIME,
        sent: None,
        _place: place,
    };
    Sse::new(changes(look))
        .keep_alive(KeepAlive::default())
        .into_response()
}

fn changes(look: Look) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(look, |mut look| async {
        loop {
            let stop = look.console.stop.clone();
            tokio::select! {
                () = stop.cancelled() => return None,
                () = tokio::time::sleep_until(look.until) => return None,
                _ = look.ticks.tick() => {}
            }
            let main = match rendered(&look.console, &look.viewer, &look.page).await {
                Ok(main) => main,
                Err(refusal) => layout::trouble(&refusal),
            };
            let mut hasher = DefaultHasher::new();
            main.0.hash(&mut hasher);
            let hash = hasher.finish();
            if look.sent != Some(hash) {
                look.sent = Some(hash);
                // As a browser reads the ends of lines in a page: what the page shows already, the stream must not change.
                let data = main.into_string().replace("\r\n", "\n").replace('\r', "\n");
                return Some((Ok(Event::default().event("main").data(data)), look));
            }
        }
    })
}

/// What an action has left to be said.
fn said(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    let value = cookies
        .split(';')
        .find_map(|cookie| cookie.trim().strip_prefix(SAID)?.strip_prefix('='))?;
    let said = percent_encoding::percent_decode_str(value)
        .decode_utf8()
        .ok()?;
    (!said.is_empty()).then(|| said.into_owned())
}
