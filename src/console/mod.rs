//! The console: everything that can be seen and done, in a browser.
//!
//! Pages are rendered here and need no script to be read or acted on. Each page is a [`page::Page`], loaded into a view
//! that is rendered as HTML, sent again over server-sent events as it changes, and given as JSON under `/api/v1`.

mod access;
mod actions;
mod api;
mod assets;
mod bulk;
mod export;
mod groups;
mod headers;
mod health;
mod layout;
mod page;
mod pages;
mod panics;
mod parts;
mod refusal;
mod show;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};
use moodwire_queue::Store;
use moodwire_warehouse::AuditEntry;
use moodwire_workers::Deps;
use tokio::{net::TcpListener, sync::Semaphore, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use self::{access::Access, bulk::Bulk, groups::Groups};
use crate::{config::Config, environment, failure::Failure, operations::domain::Domain, output};

/// The longest form or document that is taken, in bytes: a few thousand ids.
const MAX_BODY: usize = 1024 * 1024;

/// Pages that are kept up to date over a stream at the same time; more fall back to asking every few seconds.
const MAX_LIVE: usize = 64;

/// What the pages are made from.
#[derive(Debug)]
struct Console {
    deps: Arc<Deps>,
    config: Config,
    access: Access,
    bulk: Arc<Bulk>,
    groups: Groups,
    live: Arc<Semaphore>,
    stop: CancellationToken,
}

impl Console {
    /// The console as configured. Refuses to be open to others.
    fn new(deps: Arc<Deps>, config: Config, stop: CancellationToken) -> Result<Self, Failure> {
        let access = Access::of(&config.console, &environment::entropy())?;
        Ok(Self {
            bulk: Arc::new(Bulk::new(Arc::clone(&deps), config.clone())),
            groups: Groups::default(),
            deps,
            config,
            access,
            live: Arc::new(Semaphore::new(MAX_LIVE)),
            stop,
        })
    }
}

impl Console {
    /// What jobs stand for beside the queue.
    fn domain(&self) -> Domain<'_> {
        let lake = Arc::clone(&self.deps.lake);
        Domain::opened(&self.config, lake, self.deps.warehouse.clone())
    }
}

/// A deed of somebody's in the console, now, for the audit log.
fn deed(who: &str, action: &str, target: &str, detail: Option<String>) -> AuditEntry {
    AuditEntry {
        at: environment::clock().now(),
        who: who.to_owned(),
        via: "console".to_owned(),
        action: action.to_owned(),
        target: target.to_owned(),
        detail,
    }
}

/// How long a stop waits for answers under way.
const FAREWELL: Duration = Duration::from_secs(3);

/// A console that is being served.
pub(crate) struct Served {
    deps: Arc<Deps>,
    address: SocketAddr,
    stop: CancellationToken,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Served {
    /// Serves the console on the configured address.
    ///
    /// # Errors
    /// [`Failure::Usage`] for an address that others can reach without a password, [`Failure::Runtime`] for one that is
    /// taken.
    pub(crate) async fn start(deps: &Arc<Deps>, config: &Config) -> Result<Self, Failure> {
        config.console.check_exposure().map_err(Failure::Usage)?;
        let listen = config.console.listen;
        let taken = |error: std::io::Error| {
            Failure::Runtime(format!(
                "the console cannot be served on {listen}: {error}; [console] listen names another address"
            ))
        };
        let listener = TcpListener::bind(listen).await.map_err(taken)?;
        let address = listener.local_addr().map_err(taken)?;
        let stop = CancellationToken::new();
        let console = Console::new(Arc::clone(deps), config.clone(), stop.clone())?;
        tracing::info!("console at http://{address}");
        Ok(Self {
            deps: Arc::clone(deps),
            address,
            serving: tokio::spawn(serve(listener, Arc::new(console))),
            stop,
        })
    }

    /// The same where the console is not what the process is there for: an address that is taken is said, and no more.
    pub(crate) async fn start_beside(
        deps: &Arc<Deps>,
        config: &Config,
    ) -> Result<Option<Self>, Failure> {
        match Self::start(deps, config).await {
            Ok(served) => Ok(Some(served)),
            Err(Failure::Runtime(sentence)) => {
                output::complain(&sentence);
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }

    /// Where it is.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The queue that it shows.
    pub(crate) fn queue(&self) -> &Arc<dyn Store> {
        &self.deps.queue
    }

    /// Resolves when it has ended by itself.
    pub(crate) async fn ended(&mut self) -> Failure {
        let ended = (&mut self.serving).await;
        Failure::Runtime(format!("the console ended by itself: {ended:?}"))
    }

    /// Lets answers under way come to their end, for a moment.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        let abort = self.serving.abort_handle();
        if tokio::time::timeout(FAREWELL, self.serving).await.is_err() {
            abort.abort();
        }
    }
}

async fn serve(listener: TcpListener, console: Arc<Console>) -> std::io::Result<()> {
    let stop = console.stop.clone();
    let service = router(console).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service)
        .with_graceful_shutdown(stop.cancelled_owned())
        .await
}

fn router(console: Arc<Console>) -> Router {
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/assets/{name}", get(assets::file))
        .route("/login", get(access::login_page).post(access::log_in))
        .route("/logout", post(access::log_out))
        .route(
            "/do/{*action}",
            post(actions::by_form).get(actions::nothing),
        )
        .route("/export", get(export::file))
        .route("/api/v1/openapi.json", get(api::document))
        .route("/api/v1/{*path}", get(api::view).post(actions::by_json))
        .route("/", get(show::page))
        .route("/{*path}", get(show::page))
        .layer(middleware::from_fn(panics::caught))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&console),
            access::guard,
        ))
        .layer(middleware::map_response(headers::secure))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(console)
}
