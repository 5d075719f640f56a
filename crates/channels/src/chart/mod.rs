//! The chart: the mean of each of the last 24 hours as a bar, on a dark ground, as a PNG file.

mod draw;
mod file;
mod letters;
#[cfg(test)]
mod tests;

use chrono::TimeDelta;
use moodwire_model::{Digest, Hour, TREND_HOURS};

use crate::words::Language;

/// Its size in pixels: as wide as Discord shows a picture in an embed on a large screen, twice over.
pub(crate) const SIZE: (u32, u32) = (800, 320);

/// A chart with one bar says nothing that the mean does not.
const FEWEST_BARS: usize = 2;

/// The last 24 hours as the chart shows them, oldest first: the hour, and its mean where it has posts.
pub(crate) type Bars = Vec<(Hour, Option<f64>)>;

/// The chart of the 24 hours that end with the digest's; none before two of them have posts, or when it cannot be drawn.
pub fn of_digest(digest: &Digest, language: Language) -> Option<Vec<u8>> {
    let bars = bars(digest);
    let shown = bars.iter().filter(|(_, mean)| mean.is_some()).count();
    if shown < FEWEST_BARS {
        return None;
    }
    let pixels = draw::draw(&bars, title(language), language).ok()?;
    file::png(&pixels, SIZE)
}

/// What the chart shows.
pub(crate) fn title(language: Language) -> &'static str {
    language.pick(
        "Mean sentiment, last 24 hours (UTC)",
        "Sentiment moyen, 24 dernières heures (UTC)",
    )
}

fn bars(digest: &Digest) -> Bars {
    (0..TREND_HOURS)
        .rev()
        .map(|back| {
            let hour = Hour::of(digest.summary.hour.start() - TimeDelta::hours(back));
            let point = digest.trend.iter().find(|point| point.hour == hour);
            (hour, point.map(|point| point.mean_compound))
        })
        .collect()
}
