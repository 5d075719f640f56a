//! `digest`: prints an hour's digest, sealed or as it stands.

use moodwire_channels::render_text;
use serde_json::{Value, json};

use super::args::Digest;
use crate::{config::Config, environment, failure::Failure, output};

/// Runs the command.
pub(super) async fn run(config: &Config, args: &Digest, json: bool) -> Result<(), Failure> {
    let warehouse = environment::prepared_warehouse(config).await?;
    let digest = warehouse.digest(args.hour).await?;
    if json {
        return output::json(&document(&digest));
    }
    output::line(render_text(&digest).trim_end())
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
