//! `digest`: prints an hour's digest, sealed or as it stands.

use moodwire_channels::{Body, Language, chart, render_text};
use serde_json::{Value, json};

use super::{args::Digest, channel};
use crate::{config::Config, environment, failure::Failure, output};

/// Runs the command.
pub(super) async fn run(config: &Config, args: &Digest, json: bool) -> Result<(), Failure> {
    let Some(name) = &args.channel else {
        let warehouse = environment::prepared_warehouse(config).await?;
        let digest = warehouse.digest(args.hour).await?;
        write_chart(args, chart(&digest, Language::En))?;
        if json {
            return output::json(&document(&digest));
        }
        return output::line(render_text(&digest).trim_end());
    };
    let entry = channel::entry(config, name)?;
    let warehouse = environment::prepared_warehouse(config).await?;
    let digest = warehouse.digest_of(args.hour, &entry.selection).await?;
    let preview = entry.channel.preview(&digest);
    write_chart(args, preview.chart)?;
    match preview.body {
        Body::Json(body) => output::json(&body),
        Body::Text(text) if json => output::json(&json!({ "text": text })),
        Body::Text(text) => output::line(text.trim_end()),
    }
}

/// Writes the chart to the file that was named.
fn write_chart(args: &Digest, chart: Option<Vec<u8>>) -> Result<(), Failure> {
    let Some(path) = &args.png else { return Ok(()) };
    let chart = chart.ok_or_else(|| {
        Failure::Runtime(
            "there is no chart: fewer than two of the 24 hours have posts, or the channel has none"
                .to_owned(),
        )
    })?;
    std::fs::write(path, chart)
        .map_err(|error| Failure::Usage(format!("{} cannot be written: {error}", path.display())))
}

fn document(digest: &moodwire_model::Digest) -> Value {
    let post = |post: &Option<moodwire_model::DigestPost>| match post {
        Some(post) => json!({
            "id": post.id,
            "author": post.author,
            "text": post.text,
            "url": post.url,
            "compound": post.compound,
            "created_at": post.created_at,
        }),
        None => Value::Null,
    };
    let summary = &digest.summary;
    json!({
        "hour": summary.hour,
        "posts": summary.posts,
        "mean_compound": summary.mean_compound,
        "positive": summary.positive,
        "negative": summary.negative,
        "neutral": summary.neutral,
        "late": summary.late,
        "sealed_at": summary.sealed_at,
        "missing": summary.missing,
        "best": post(&digest.best),
        "worst": post(&digest.worst),
    })
}
