//! One hour, as HTML.

use chrono::TimeDelta;
use maud::{Markup, html};
use moodwire_model::{Hour, HourSummary};
use moodwire_warehouse::{PostRow, Publication, PublicationState};

use super::{ChannelRow, Extreme, Order, View};
use crate::console::{
    access::Viewer,
    pages::jobs::address,
    parts::{
        self, badge, button, compound, empty, moment, moment_or_dash, mood, more, number, part,
        proof,
    },
};

/// The page.
pub(in crate::console) fn render(view: &View, viewer: &Viewer) -> Markup {
    let summary = &view.digest.summary;
    let hour = summary.hour;
    let place = format!("/hours/{}", part(&hour.to_string()));
    let earlier = Hour::of(hour.start() - TimeDelta::hours(1));
    html! {
        h1 { (hour.start().format("%A %-d %B %Y, %H:00")) " " small { "UTC" } }
        p class="facts" { a href={ "/hours/" (part(&earlier.to_string())) } { "← earlier" } " " a href={ "/hours/" (part(&hour.next().to_string())) } { "later →" } }
        (counts(summary))
        div class="cards" {
            section { h2 { "Best" } (extreme(view.best.as_ref())) }
            section { h2 { "Worst" } (extreme(view.worst.as_ref())) }
        }
        section { h2 { "Messages" } @for channel in &view.channels { (self::channel(channel, hour, viewer)) }
            @if view.channels.is_empty() { (empty("No channel is configured.")) } }
        section { h2 { "Posts" }
            nav class="tabs" aria-label="Order" { @for (order, word) in Order::ALL { a href=(address(&place, &[("order", Some(word))])) aria-current=[(view.order == order).then_some("true")] { (word) } } }
            @if view.posts.is_empty() { (empty("No post in this hour.")) }
            @for post in &view.posts { (self::post(post)) }
            @let word = Order::ALL.iter().find(|(order, _)| *order == view.order).map(|(_, word)| *word);
            @let next = view.next.as_deref().map(|next| address(&place, &[("order", word), ("after", Some(next))]));
            (more(next.as_deref(), "More posts →"))
        }
    }
}

fn counts(summary: &HourSummary) -> Markup {
    let share = |part: u64| match summary.posts {
        0 => String::new(),
        #[expect(clippy::cast_precision_loss, reason = "told in whole percents")]
        posts => format!(" ({:.0} %)", part as f64 * 100.0 / posts as f64),
    };
    html! {
        dl class="facts" {
            dt { "Posts" } dd { (number(summary.posts)) }
            dt { "Mean" } dd { @match summary.mean_compound { Some(mean) => span class={ "score " (mood(mean)) } { (format!("{mean:+.4}")) }, None => "–" } }
            dt { "Positive" } dd { (number(summary.positive)) (share(summary.positive)) }
            dt { "Negative" } dd { (number(summary.negative)) (share(summary.negative)) }
            dt { "Late" } dd { (number(summary.late)) }
            dt { "Sealed" } dd { (moment_or_dash(summary.sealed_at)) }
        }
        @if !summary.missing.is_empty() { p class="alarm" { "Sealed without all of it: "
            @if !summary.missing.sources.is_empty() { (summary.missing.sources.join(", ")) " had not been read to its end. " }
            @if summary.missing.batches > 0 { (summary.missing.batches) " batches were not scored." }
        } }
    }
}

fn extreme(extreme: Option<&Extreme>) -> Markup {
    html! { @match extreme {
        None => (empty("No post.")),
        Some(Extreme { post, words }) => article class="post" {
            header { strong { (post.author_name.as_deref().unwrap_or(&post.author)) } " " span class="dim" { (post.author) } " " (compound(post.compound)) " " (moment(post.created_at)) }
            (words.render())
            footer class="dim" {
                a href={ "/posts/" (part(post.id.as_str())) } { (post.id) }
                @if let Some(url) = web(post.url.as_deref()) { " · " a href=(url) rel="noopener noreferrer nofollow" target="_blank" { "original" } }
                @if !post.actors.is_empty() { " · " (post.actors.join(", ")) }
                @if post.copies > 0 { " · and " (post.copies) " copies" }
            }
        },
    } }
}

/// An address that a browser may be sent to: a post may name another kind, such as a script.
pub(in crate::console) fn web(url: Option<&str>) -> Option<&str> {
    url.filter(|url| url.starts_with("https://") || url.starts_with("http://"))
}

fn channel(row: &ChannelRow, hour: Hour, viewer: &Viewer) -> Markup {
    let stem = hour.to_string();
    let fields = [("hour", &*stem), ("channel", &*row.channel)];
    html! { article class="thing" {
        header { h3 { (row.channel) } @match &row.publication { Some(one) => (badge(one.state.as_str(), one.state.as_str())), None => span class="dim" { "not yet" } } }
        @if let Some(publication) = &row.publication { (self::publication(publication, viewer)) }
        @if row.publication.as_ref().is_none_or(|one| one.state == PublicationState::Failed) { div class="actions" { (button(viewer, "hours/publish", &fields, "Publish", "")) } }
        @if !row.jobs.is_empty() { (parts::jobs(&row.jobs, false)) }
    } }
}

fn publication(publication: &Publication, viewer: &Viewer) -> Markup {
    let held = matches!(
        publication.state,
        PublicationState::Uncertain | PublicationState::Failed
    );
    html! {
        @if let Some(error) = &publication.error { p class="why" { (error) } }
        p class="facts" {
            @if let Some(id) = &publication.message_id { "message " code { (id) } " " }
            @if let Some(at) = publication.sent_at { "sent " (moment(at)) }
            @else if let Some(at) = publication.sending_at { "last request " (moment(at)) }
        }
        @if held && viewer.is_admin() {
            @if publication.state == PublicationState::Uncertain { p { "Look in the channel: does it have this hour?" } }
            form method="post" action="/do/publications/resolve" class="actions" {
                (proof(viewer))
                input type="hidden" name="id" value=(publication.id);
                label { "Message id, if you see it " input name="message_id" size="20"; }
                button name="how" value="sent" { "Yes, it has it" }
                button name="how" value="resend" { "No: send it" }
                button name="how" value="skip" class="danger" { "Do not send it" }
            }
        }
    }
}

/// A post as lists show it.
pub(in crate::console) fn post(post: &PostRow) -> Markup {
    html! { article class="post" id={ "post-" (post.id) } {
        header { strong { (post.author_name.as_deref().unwrap_or(&post.author)) } " " span class="dim" { (post.author) } " " (compound(post.compound)) " " (moment(post.created_at))
            @if post.deleted_at.is_some() { " " (badge("bad", "deleted")) }
            @if let Some(barred) = &post.barred { " " span title=(barred) { (badge("even", "never best or worst")) } } }
        p dir="auto" { (post.text) }
        footer class="dim" { a href={ "/posts/" (part(post.id.as_str())) } { (post.id) }
            @if let Some(url) = web(post.url.as_deref()) { " · " a href=(url) rel="noopener noreferrer nofollow" target="_blank" { "original" } }
            @if !post.actors.is_empty() { " · " (post.actors.join(", ")) } }
    } }
}

#[cfg(test)]
mod tests {
    use super::web;

    #[test]
    fn only_addresses_of_the_web_become_links() {
        assert_eq!(
            web(Some("https://example.com/1")),
            Some("https://example.com/1")
        );
        for other in [
            "javascript:alert(1)",
            "data:text/html,x",
            " https://x",
            "//x",
            "",
        ] {
            assert_eq!(web(Some(other)), None, "{other}");
        }
    }
}
