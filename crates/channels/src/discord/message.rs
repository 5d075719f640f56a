//! A digest as the body of a webhook message: an embed for the hour, one for the best and one for the worst post.

use chrono::SecondsFormat;
use moodwire_model::{Digest, DigestPost, Timestamp};
use serde::Serialize;

use crate::{
    cut::{length, share_out},
    links::link,
    story::{Mood, Story, Told},
    words::Language,
};

use super::text::{markdown, plain};

/// The longest title of an embed, in UTF-16 units.
const MAX_TITLE: usize = 256;
/// The longest description.
const MAX_DESCRIPTION: usize = 4096;
/// The longest author's name.
const MAX_AUTHOR: usize = 256;
/// The longest value of a field.
const MAX_VALUE: usize = 1024;
/// The longest footer that is made, of the 2,048 that Discord takes: a line.
const MAX_FOOTER: usize = 256;
/// The longest link.
const MAX_LINK: usize = 2048;
/// The most that titles, descriptions, fields, footers and authors of all embeds may have together.
const MAX_TOTAL: usize = 6000;

/// The name under which the chart is attached.
pub(super) const CHART: &str = "chart.png";

/// What is posted.
#[derive(Debug, Serialize)]
pub(super) struct Message {
    pub(super) embeds: Vec<Embed>,
    allowed_mentions: AllowedMentions,
    /// In a forum: the title of the thread that the message begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) thread_name: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) attachments: Vec<Attachment>,
}

/// Who may be notified: nobody, whatever a post says.
#[derive(Debug, Default, Serialize)]
struct AllowedMentions {
    parse: [&'static str; 0],
}

/// A file that comes with the message, by its place among the parts.
#[derive(Debug, Serialize)]
pub(super) struct Attachment {
    /// A snowflake, which is a text.
    id: &'static str,
    filename: &'static str,
    description: String,
}

/// One framed part of a message.
#[derive(Debug, Default, Serialize)]
pub(super) struct Embed {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) author: Option<Author>,
    pub(super) title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) description: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) fields: Vec<Field>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) footer: Option<Footer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<Image>,
    color: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<String>,
}

/// The small line above an embed's title; shows no markdown.
#[derive(Debug, Serialize)]
pub(super) struct Author {
    pub(super) name: String,
}

/// A titled paragraph of an embed.
#[derive(Debug, Serialize)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) value: String,
}

/// The small line below an embed; shows no markdown.
#[derive(Debug, Serialize)]
pub(super) struct Footer {
    pub(super) text: String,
}

/// A picture, by the name of its attachment.
#[derive(Debug, Serialize)]
struct Image {
    url: String,
}

impl Message {
    fn of(embeds: Vec<Embed>) -> Self {
        Self {
            embeds,
            allowed_mentions: AllowedMentions::default(),
            thread_name: None,
            attachments: Vec::new(),
        }
    }

    /// The same, with the chart, which says `described` to who cannot see it, in the hour's embed.
    pub(super) fn with_chart(mut self, described: String) -> Self {
        if let Some(embed) = self.embeds.first_mut() {
            embed.image = Some(Image {
                url: format!("attachment://{CHART}"),
            });
            self.attachments = vec![Attachment {
                id: "0",
                filename: CHART,
                description: described,
            }];
        }
        self
    }
}

/// The message for `digest`, within all of Discord's limits.
pub(super) fn message(digest: &Digest, language: Language) -> Message {
    let story = Story::of(digest, language);
    let mut embeds = vec![of_hour(&story, digest, language)];
    embeds.extend(story.posts.iter().map(|told| of_post(told, language)));
    // Of embeds with the same link Discord shows only the first.
    if let [_, first, second] = &mut embeds[..]
        && first.url == second.url
    {
        second.url = None;
    }
    let posts: Vec<&DigestPost> = story.posts.iter().map(|told| told.post).collect();
    fill(&mut embeds, &posts);
    Message::of(embeds)
}

/// What holds the place of a digest until it is edited in.
pub(super) fn placeholder(digest: &Digest, language: Language) -> Message {
    let story = Story::of(digest, language);
    Message::of(vec![Embed {
        title: story.title,
        description: language
            .pick("The digest is on its way …", "Le résumé arrive …")
            .to_owned(),
        color: colour(Mood::Neutral),
        timestamp: Some(rfc3339(digest.summary.hour.start())),
        ..Embed::default()
    }])
}

/// A message that says that it is a test, of the channel called `name`.
pub(super) fn test(name: &str, language: Language) -> Message {
    let (title, text) = language.test(name);
    Message::of(vec![Embed {
        title,
        description: markdown(&text, MAX_DESCRIPTION),
        color: colour(Mood::Neutral),
        ..Embed::default()
    }])
}

fn of_hour(story: &Story<'_>, digest: &Digest, language: Language) -> Embed {
    let mut lines = vec![match &story.mean {
        Some((word, mean)) => format!("{} · {word} **{mean}**", story.count),
        None => story.count.clone(),
    }];
    if !story.changes.is_empty() {
        lines.push(story.changes.join(" · "));
    }
    lines.extend(story.shares.clone());
    let note = Field {
        name: language.pick("Note", "Remarque"),
        value: markdown(&story.notes.join("\n"), MAX_VALUE),
    };
    Embed {
        title: story.title.clone(),
        description: lines.join("\n"),
        fields: if story.notes.is_empty() {
            Vec::new()
        } else {
            vec![note]
        },
        color: colour(story.mood),
        timestamp: Some(rfc3339(digest.summary.hour.start())),
        ..Embed::default()
    }
}

/// A post's embed, still without its text.
fn of_post(told: &Told<'_>, language: Language) -> Embed {
    let title = format!("{} · {} {}", told.title, told.score, told.bar);
    let footer = told.actors.as_ref().map(|actors| Footer {
        text: plain(
            &format!("{}{actors}", language.pick("About ", "À propos de ")),
            MAX_FOOTER,
        ),
    });
    Embed {
        author: Some(Author {
            name: plain(&told.author, MAX_AUTHOR),
        }),
        title: plain(&title, MAX_TITLE),
        url: link(told.post.url.as_deref(), MAX_LINK),
        footer,
        color: colour(told.mood),
        timestamp: Some(rfc3339(told.post.created_at)),
        ..Embed::default()
    }
}

/// Gives the last embeds their texts, as far as the total allows.
fn fill(embeds: &mut [Embed], posts: &[&DigestPost]) {
    let room = MAX_TOTAL - embeds.iter().map(Embed::length).sum::<usize>();
    let wanted: Vec<usize> = posts
        .iter()
        .map(|post| length(&markdown(&post.text, MAX_DESCRIPTION)))
        .collect();
    let first = embeds.len() - posts.len();
    let shares = share_out(room, &wanted);
    for ((embed, post), share) in embeds.iter_mut().skip(first).zip(posts).zip(shares) {
        embed.description = markdown(&post.text, share);
    }
}

impl Embed {
    /// What counts towards [`MAX_TOTAL`].
    pub(super) fn length(&self) -> usize {
        let author = self.author.iter().map(|author| length(&author.name));
        let footer = self.footer.iter().map(|footer| length(&footer.text));
        let fields = self
            .fields
            .iter()
            .map(|field| length(field.name) + length(&field.value));
        author.chain(footer).chain(fields).sum::<usize>()
            + length(&self.title)
            + length(&self.description)
    }
}

/// Green, red and grey, as Discord's own palette has them.
fn colour(mood: Mood) -> u32 {
    match mood {
        Mood::Positive => 0x2e_cc_71,
        Mood::Negative => 0xe7_4c_3c,
        Mood::Neutral => 0x95_a5_a6,
    }
}

fn rfc3339(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
