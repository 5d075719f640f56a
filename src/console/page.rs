//! Which page an address means, what it is made from, and how it becomes a view.

use maud::{Markup, html};
use moodwire_model::Hour;
use percent_encoding::percent_decode_str;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Console,
    access::Viewer,
    bulk::Shown,
    pages::{
        audit, confirm, dead, help, hour, hours, job, jobs, mood, now, post, settings, sources,
    },
    parts::empty,
    refusal::Refusal,
};

/// A page, with what its address asks for.
#[derive(Debug)]
pub(super) enum Page {
    /// Whether all is well.
    Now,
    /// The ledger.
    Hours(hours::Asked),
    /// One hour of it.
    Hour(Hour, hour::Asked),
    /// Jobs in a list.
    Jobs(jobs::Asked),
    /// One job.
    Job(String),
    /// Dead letters, in groups and in a list.
    Dead(dead::Asked),
    /// What many dead letters are about to undergo.
    Confirm(confirm::Asked),
    /// The chart of hours.
    Mood(mood::Asked),
    /// One post.
    Post(String),
    /// Sources and channels.
    Sources,
    /// What is configured.
    Settings,
    /// Who did what.
    Audit(audit::Asked),
    /// Operations on many jobs.
    Operations,
    /// What the keys do.
    Help,
}

impl Page {
    /// The page at this address.
    pub(super) fn at(path: &str, query: Option<&str>) -> Result<Self, Refusal> {
        // Postgres takes no text with it.
        if path.contains("%00") || query.is_some_and(|query| query.contains("%00")) {
            return Err(Refusal::bad("the address has a zero byte in it"));
        }
        let parts: Vec<String> = path
            .trim_matches('/')
            .split('/')
            .map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned())
            .collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        Ok(match *parts {
            [""] | ["now"] => Self::Now,
            ["hours"] => Self::Hours(asked(query)?),
            ["hours", hour] => Self::Hour(self::hour(hour)?, asked(query)?),
            ["jobs"] => Self::Jobs(asked(query)?),
            ["jobs", id] => Self::Job(id.to_owned()),
            ["dead"] => Self::Dead(asked(query)?),
            ["dead", "confirm"] => Self::Confirm(asked(query)?),
            ["mood"] => Self::Mood(asked(query)?),
            ["posts", id] => Self::Post(id.to_owned()),
            ["sources"] => Self::Sources,
            ["audit"] => Self::Audit(asked(query)?),
            ["settings"] => Self::Settings,
            ["operations"] => Self::Operations,
            ["help"] => Self::Help,
            _ => {
                return Err(Refusal::not_found(format!("there is no page {path} here")));
            }
        })
    }

    /// Its title.
    pub(super) fn title(&self) -> String {
        match self {
            Self::Now => "Now".to_owned(),
            Self::Hours(_) => "Hours".to_owned(),
            Self::Hour(hour, _) => format!("Hour {}", hour.short()),
            Self::Jobs(_) => "Jobs".to_owned(),
            Self::Job(id) => id.clone(),
            Self::Dead(_) => "Dead letters".to_owned(),
            Self::Confirm(_) => "Are you sure?".to_owned(),
            Self::Mood(_) => "Mood".to_owned(),
            Self::Post(id) => id.clone(),
            Self::Audit(_) => "Audit".to_owned(),
            Self::Sources => "Sources and channels".to_owned(),
            Self::Settings => "Settings".to_owned(),
            Self::Operations => "Operations".to_owned(),
            Self::Help => "Help".to_owned(),
        }
    }

    /// The entry of the navigation that it belongs to.
    pub(super) fn section(&self) -> &'static str {
        match self {
            Self::Now => "/",
            Self::Hours(_) | Self::Hour(..) => "/hours",
            Self::Jobs(_) | Self::Job(_) => "/jobs",
            Self::Dead(_) | Self::Confirm(_) | Self::Operations => "/dead",
            Self::Mood(_) | Self::Post(_) => "/mood",
            Self::Audit(_) => "/audit",
            Self::Sources => "/sources",
            Self::Settings => "/settings",
            Self::Help => "/help",
        }
    }

    /// Whether it is kept up to date while it is looked at.
    pub(super) fn is_live(&self) -> bool {
        !matches!(self, Self::Confirm(_) | Self::Settings | Self::Help)
    }

    /// What it shows.
    pub(super) async fn load(&self, console: &Console) -> Result<View, Refusal> {
        Ok(match self {
            Self::Now => View::Now(Box::new(now::load(console).await?)),
            Self::Hours(asked) => View::Hours(hours::load(console, asked).await?),
            Self::Hour(hour, asked) => {
                View::Hour(Box::new(hour::load(console, *hour, asked).await?))
            }
            Self::Jobs(asked) => View::Jobs(jobs::load(console, asked).await?),
            Self::Job(id) => View::Job(Box::new(job::load(console, id).await?)),
            Self::Dead(asked) => View::Dead(dead::load(console, asked).await?),
            Self::Confirm(asked) => View::Confirm(confirm::load(console, asked).await?),
            Self::Mood(asked) => View::Mood(mood::load(console, asked).await?),
            Self::Post(id) => View::Post(Box::new(post::load(console, id).await?)),
            Self::Audit(asked) => View::Audit(audit::load(console, asked).await?),
            Self::Sources => View::Sources(sources::load(console).await?),
            Self::Settings => View::Settings(settings::load(console)?),
            Self::Operations => View::Operations(console.bulk.shown()),
            Self::Help => View::Help(help::View {}),
        })
    }
}

/// What a page shows; as JSON, what the same address under `/api/v1` answers.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum View {
    Now(Box<now::View>),
    Hours(hours::View),
    Hour(Box<hour::View>),
    Jobs(jobs::View),
    Job(Box<job::View>),
    Dead(dead::View),
    Confirm(confirm::View),
    Mood(mood::View),
    Post(Box<post::View>),
    Audit(audit::View),
    Sources(sources::View),
    Settings(settings::View),
    Operations(Vec<Shown>),
    Help(help::View),
}

impl View {
    /// As HTML.
    pub(super) fn render(&self, viewer: &Viewer) -> Markup {
        match self {
            Self::Now(view) => now::render(view),
            Self::Hours(view) => hours::render(view, viewer),
            Self::Hour(view) => hour::render(view, viewer),
            Self::Jobs(view) => jobs::render(view),
            Self::Job(view) => job::render(view, viewer),
            Self::Dead(view) => dead::render(view, viewer),
            Self::Confirm(view) => confirm::render(view, viewer),
            Self::Mood(view) => mood::render(view),
            Self::Post(view) => post::render(view),
            Self::Audit(view) => audit::render(view),
            Self::Sources(view) => sources::render(view, viewer),
            Self::Settings(view) => settings::render(view),
            // They stand above every page.
            Self::Operations(shown) => {
                html! { h1 { "Operations" } @if shown.is_empty() { (empty("Nothing is under way.")) } }
            }
            Self::Help(_) => help::render(),
        }
    }
}

/// What stands behind the `?` of an address.
pub(super) fn asked<T: DeserializeOwned>(query: Option<&str>) -> Result<T, Refusal> {
    serde_html_form::from_str(query.unwrap_or_default())
        .map_err(|error| Refusal::bad(format!("the address asks for what cannot be: {error}")))
}

fn hour(text: &str) -> Result<Hour, Refusal> {
    text.parse()
        .map_err(|error: moodwire_model::ParseHourError| Refusal::bad(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_means_a_page() {
        let title = |path: &str, query| Page::at(path, query).map(|page| page.title());
        assert_eq!(title("/", None).unwrap(), "Now");
        assert_eq!(
            title("/hours/2026-03-01T00:00:00Z", None).unwrap(),
            "Hour 2026-03-01T00"
        );
        assert_eq!(
            title("/jobs/publish%3Amain%3A2026-03-01T00%231", None).unwrap(),
            "publish:main:2026-03-01T00#1"
        );
        assert_eq!(
            title("/jobs", Some("state=dead&search=a%26b")).unwrap(),
            "Jobs"
        );
    }

    #[test]
    fn what_cannot_be_is_refused_in_a_sentence() {
        for (path, query, status) in [
            ("/nowhere", None, 404),
            ("/hours/yesterday", None, 400),
            ("/posts/a%00b", None, 400),
            ("/audit", Some("who=%00"), 400),
            ("/jobs", Some("state=asleep"), 400),
            ("/hours/2026-03-01T00:30", None, 400),
        ] {
            let refusal = Page::at(path, query).unwrap_err();
            assert_eq!(refusal.status.as_u16(), status, "{path}");
            assert_eq!(refusal.sentence.lines().count(), 1, "{path}");
        }
    }
}
