//! What an X source is made of, and what of it cannot be used.

use std::{collections::BTreeSet, time::Duration};

use chrono::TimeDelta;
use secrecy::SecretString;
use url::Url;

use super::{dialect::Dialect, query, target::Target};
use crate::{Allowance, Watchlist};

/// Where X is asked.
const URL: &str = "https://api.x.com";

/// The longest query for those who pay by use, in characters. (X documentation, posts/search/integrate/build-a-query.)
const QUERY_LIMIT: usize = 512;

/// Reads a day for who sets no bound: 20 dollars at most, so that nobody is surprised by a bill.
const DAILY_READS: u64 = 2_000;

/// The longest that X takes at all.
const MAX_QUERY_LIMIT: usize = 4_096;

/// The longest rule of a stream for those who pay by use, and how many there may be. (X documentation,
/// posts/filtered-stream/introduction.)
const RULE_LIMIT: usize = 1_024;
pub(super) const MAX_RULES: usize = 1_000;

/// Search finds no reposts since May 2026 (X changelog), and must not bring their cut texts should it do so again.
const NO_REPOSTS: &str = "-is:retweet";

/// How far the first pass looks back.
const BACKFILL: Duration = Duration::from_secs(3_600);

/// How far search looks back: seven days.
pub(super) const REACH: TimeDelta = TimeDelta::days(7);

/// What a post costs to read, in dollars. (X documentation, getting-started/pricing, 2026.)
const POST_PRICE: f64 = 0.005;

/// What a user costs.
const USER_PRICE: f64 = 0.010;

/// What an X source is made of. What is none has a default.
#[derive(Debug, Clone, Default)]
pub struct XSettings {
    /// The server; `https://api.x.com`.
    pub url: Option<String>,
    /// The bearer token of an app.
    pub token: Option<SecretString>,
    /// `search`, `timeline` or `stream`; search.
    pub mode: Option<String>,
    /// `post` or `tweet`: how X names its fields; post, and tweet once the server has refused that.
    pub dialect: Option<String>,
    /// Queries beside those made of the watchlist.
    pub queries: Vec<String>,
    /// Accounts to follow beside the watchlist's; the `@` may be left out.
    pub accounts: Vec<String>,
    /// The longest query, in characters; 512.
    pub query_limit: Option<usize>,
    /// How far the first pass looks back; an hour.
    pub backfill: Option<Duration>,
    /// Whether authors are asked for, each of which costs; true.
    pub users: Option<bool>,
    /// Reads (posts and users) a UTC day; 2,000 unless there is a bound a month.
    pub daily_reads: Option<u64>,
    /// Reads a UTC month; no bound.
    pub monthly_reads: Option<u64>,
    /// What a post costs, in dollars; 0.005.
    pub post_price: Option<f64>,
    /// What a user costs, in dollars; 0.010.
    pub user_price: Option<f64>,
}

/// How posts come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Search,
    Timeline,
    Stream,
}

/// What is read, and how.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) base: Url,
    pub(super) mode: Mode,
    /// None: the server's, as far as it is known.
    pub(super) dialect: Option<Dialect>,
    pub(super) users: bool,
    pub(super) targets: Vec<Target>,
    /// The rules of the stream.
    pub(super) rules: Vec<String>,
    /// The accounts whose numbers must be known, in lowercase.
    pub(super) accounts: Vec<String>,
    pub(super) backfill: TimeDelta,
    pub(super) allowance: Allowance,
}

impl Plan {
    /// What these settings come to; else one sentence that names the key and the mend.
    pub(super) fn of(settings: &XSettings, watchlist: &Watchlist) -> Result<Self, String> {
        let base = server(settings.url.as_deref().unwrap_or(URL))?;
        let mode = mode(settings.mode.as_deref().unwrap_or("search"))?;
        let dialect = settings.dialect.as_deref().map(dialect).transpose()?;
        let users = settings.users.unwrap_or(true);
        if !users && mode == Mode::Search && dialect != Some(Dialect::Tweet) {
            return Err("users = false needs dialect = \"tweet\": with \"post\" X tells who wrote a post with its user alone".to_owned());
        }
        let accounts = accounts(settings, watchlist)?;
        let queries = queries(settings)?;
        let mut plan = Self {
            base,
            mode,
            dialect,
            users,
            targets: Vec::new(),
            rules: Vec::new(),
            accounts: Vec::new(),
            backfill: backfill(settings.backfill.unwrap_or(BACKFILL))?,
            allowance: allowance(settings)?,
        };
        if mode == Mode::Timeline {
            if !queries.is_empty() {
                return Err("queries belong to mode \"search\" or \"stream\": take them out, or write another mode".to_owned());
            }
            plan.targets = accounts.iter().cloned().map(Target::account).collect();
            plan.accounts = accounts;
        } else {
            let terms = query::terms(watchlist, &accounts);
            plan.search(&terms, queries, settings)?;
            if !users {
                plan.accounts = accounts;
            }
        }
        if plan.targets.is_empty() {
            return Err("there is nothing to read: set accounts = [\"name\"], or an [[actor]] with x, keywords or cashtags, or, but for timelines, queries = [\"bitcoin\"]".to_owned());
        }
        Ok(plan)
    }

    fn search(
        &mut self,
        terms: &[String],
        queries: Vec<String>,
        settings: &XSettings,
    ) -> Result<(), String> {
        let limit = settings.query_limit.unwrap_or(QUERY_LIMIT);
        if !(QUERY_LIMIT / 2..=MAX_QUERY_LIMIT).contains(&limit) {
            return Err(format!(
                "query_limit is {limit}: it must be between {} and {MAX_QUERY_LIMIT}",
                QUERY_LIMIT / 2
            ));
        }
        if let Some(long) = queries.iter().find(|query| query.chars().count() > limit) {
            let start: String = long.chars().take(40).collect();
            return Err(format!(
                "queries holds one of {} characters (\"{start}…\"): query_limit is {limit}",
                long.chars().count()
            ));
        }
        let all = query::joined(terms, limit, NO_REPOSTS);
        self.targets = all
            .into_iter()
            .chain(queries.iter().cloned())
            .map(Target::query)
            .collect();
        if self.mode == Mode::Stream {
            self.rules = query::joined(terms, RULE_LIMIT, "");
            self.rules.extend(queries);
            if let Some(long) = self
                .rules
                .iter()
                .find(|rule| rule.chars().count() > RULE_LIMIT)
            {
                let start: String = long.chars().take(40).collect();
                return Err(format!(
                    "queries holds \"{start}…\", which is longer than a rule of the stream: {RULE_LIMIT} characters"
                ));
            }
            if self.rules.len() > MAX_RULES {
                return Err(format!(
                    "the watchlist makes {} rules, and a stream has no more than {MAX_RULES}: shorten it",
                    self.rules.len()
                ));
            }
        }
        Ok(())
    }
}

fn server(url: &str) -> Result<Url, String> {
    let refused = || format!("url is \"{url}\": leave it out, or set it to \"{URL}\"");
    let base = Url::parse(url.trim()).map_err(|_| refused())?;
    if !matches!(base.scheme(), "http" | "https")
        || base.host_str().is_none()
        || base.password().is_some()
    {
        return Err(refused());
    }
    Ok(base)
}

fn mode(word: &str) -> Result<Mode, String> {
    match word {
        "search" => Ok(Mode::Search),
        "timeline" => Ok(Mode::Timeline),
        "stream" => Ok(Mode::Stream),
        _ => Err(format!(
            "mode is \"{word}\": the modes of X are search, timeline and stream"
        )),
    }
}

fn dialect(word: &str) -> Result<Dialect, String> {
    Dialect::parse(word)
        .ok_or_else(|| format!("dialect is \"{word}\": the dialects of X are post and tweet"))
}

/// The accounts that are configured and the watchlist's, in lowercase, each once.
fn accounts(settings: &XSettings, watchlist: &Watchlist) -> Result<Vec<String>, String> {
    let mut all = BTreeSet::new();
    for written in &settings.accounts {
        let handle = written.trim().trim_start_matches('@');
        if !query::is_handle(handle) {
            return Err(format!(
                "accounts holds \"{written}\": a handle on X has 1 to 15 letters, digits and _"
            ));
        }
        all.insert(handle.to_lowercase());
    }
    for handle in watchlist
        .actors()
        .iter()
        .filter_map(|actor| actor.x.as_ref())
    {
        if query::is_handle(handle) {
            all.insert(handle.to_lowercase());
        } else {
            tracing::warn!(
                handle,
                "X takes no handle of more than 15 characters; it is not asked for"
            );
        }
    }
    Ok(all.into_iter().collect())
}

fn queries(settings: &XSettings) -> Result<Vec<String>, String> {
    let mut seen = BTreeSet::new();
    let all = settings.queries.iter().map(|query| query.trim().to_owned());
    let all: Vec<String> = all.filter(|query| seen.insert(query.clone())).collect();
    if all.iter().any(String::is_empty) {
        return Err("queries holds an empty one: take it out".to_owned());
    }
    Ok(all)
}

/// A query is asked for what is at least ten seconds old, and goes back seven days.
fn backfill(duration: Duration) -> Result<TimeDelta, String> {
    let least = TimeDelta::minutes(1);
    TimeDelta::from_std(duration)
        .ok()
        .filter(|backfill| (least..=REACH).contains(backfill))
        .ok_or_else(|| {
            format!("backfill is {duration:?}: it must be between one minute and seven days")
        })
}

fn allowance(settings: &XSettings) -> Result<Allowance, String> {
    let price = |key: &str, price: Option<f64>, default: f64| {
        let price = price.unwrap_or(default);
        if price.is_finite() && price >= 0.0 {
            Ok(price)
        } else {
            Err(format!("{key} is {price}: a price is 0 dollars or more"))
        }
    };
    Ok(Allowance {
        daily: settings
            .daily_reads
            .or_else(|| settings.monthly_reads.is_none().then_some(DAILY_READS)),
        monthly: settings.monthly_reads,
        post_price: price("post_price", settings.post_price, POST_PRICE)?,
        user_price: price("user_price", settings.user_price, USER_PRICE)?,
    })
}
