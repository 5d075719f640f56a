//! One post: what it says, how it scores word by word, and what brought it.

use maud::{Markup, html};
use moodwire_model::slot;
use moodwire_warehouse::PostRow;
use serde::Serialize;

use super::hour::{web, words::Words};
use crate::console::{
    Console,
    parts::{badge, compound, job_path, moment, part},
    refusal::Refusal,
};

/// All of it.
#[derive(Debug, Serialize)]
pub(in crate::console) struct View {
    post: PostRow,
    words: Words,
}

pub(in crate::console) async fn load(console: &Console, id: &str) -> Result<View, Refusal> {
    let post = console.deps.warehouse.post(id).await?;
    let post =
        post.ok_or_else(|| Refusal::not_found(format!("no scored post has the id \"{id}\"")))?;
    Ok(View {
        words: Words::of(&console.deps.scorer, &post.text),
        post,
    })
}

pub(in crate::console) fn render(view: &View) -> Markup {
    let post = &view.post;
    html! {
        h1 class="id" { (post.id) }
        article class="post" {
            header { strong { (post.author_name.as_deref().unwrap_or(&post.author)) } " " span class="dim" { (post.author) } " " (compound(post.compound)) " " (moment(post.created_at))
                @if post.deleted_at.is_some() { " " (badge("bad", "deleted")) } }
            p dir="auto" { (post.text) }
            @if let Some(url) = web(post.url.as_deref()) { footer { a href=(url) rel="noopener noreferrer nofollow" target="_blank" { "original" } } }
        }
        section { h2 { "Why it scores so" } (view.words.render()) }
        dl class="lineage" {
            dt { "Score" } dd { "neg " (post.neg) ", neu " (post.neu) ", pos " (post.pos) ", by " (post.scorer) ", " (moment(post.scored_at)) }
            dt { "Network" } dd { (post.source) @if let Some(lang) = &post.lang { ", language " (lang) } }
            dt { "Collected" } dd { (moment(post.collected_at)) @if let Some(feed) = &post.feed { " by " (feed) } }
            dt { "Batch" } dd { a href=(job_path(&slot::transform(&post.batch))) { (post.batch) } }
            dt { "Hour" } dd { a href={ "/hours/" (part(&post.hour.to_string())) } { (post.hour.short()) } }
            @if !post.actors.is_empty() { dt { "Actors" } dd { (post.actors.join(", ")) } }
            @if let Some(barred) = &post.barred { dt { "Never best or worst" } dd { (barred) } }
        }
    }
}
