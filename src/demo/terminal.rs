//! The demo's channel: each digest as it is published, above a progress bar.

use async_trait::async_trait;
use indicatif::{ProgressBar, ProgressStyle};
use moodwire_channels::{Body, Channel, Preview, SendError, Sent, render_text};
use moodwire_model::Digest;

use crate::output;

/// Prints digests above the bar that shows how many posts are scored.
#[derive(Debug)]
pub(super) struct Terminal {
    name: String,
    bar: ProgressBar,
}

impl Terminal {
    /// A channel with a bar that ends at `posts`. The bar shows itself only where standard error is a terminal.
    pub(super) fn new(name: &str, posts: u64) -> Self {
        let bar = ProgressBar::new(posts);
        if let Ok(style) =
            ProgressStyle::with_template("{bar:40.cyan/blue} {pos}/{len} posts scored  {elapsed}")
        {
            bar.set_style(style);
        }
        Self {
            name: name.to_owned(),
            bar,
        }
    }

    /// Moves the bar.
    pub(super) fn show_progress(&self, posts: u64) {
        self.bar.set_position(posts);
    }

    fn print(&self, text: &str) -> Result<Sent, SendError> {
        self.bar
            .suspend(|| output::line(text))
            .map_err(|failure| SendError::Uncertain(failure.to_string()))?;
        Ok(Sent { message_id: None })
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

#[async_trait]
impl Channel for Terminal {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "stdout"
    }

    async fn send(&self, digest: &Digest) -> Result<Sent, SendError> {
        self.print(&render_text(digest))
    }

    fn preview(&self, digest: &Digest) -> Preview {
        Preview {
            body: Body::Text(render_text(digest)),
            chart: None,
        }
    }

    async fn test(&self) -> Result<Sent, SendError> {
        self.print("test")
    }
}
