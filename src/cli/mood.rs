//! `mood`: hour by hour, how many posts there were and how they sounded.

use chrono::TimeDelta;
use moodwire_model::Hour;
use moodwire_warehouse::{MoodFilter, MoodHour, Warehouse};
use serde_json::json;

use super::args::{Among, Mood};
use crate::{config::Config, environment, failure::Failure, output};

/// Cells on each side of a bar's middle.
const BAR: usize = 10;

/// Runs the command.
pub(super) async fn run(config: &Config, args: &Mood, json: bool) -> Result<(), Failure> {
    let (from, to) = range(args)?;
    let warehouse = environment::prepared_warehouse(config).await?;
    let filter = filter(config, &warehouse, &args.among).await?;
    let series = warehouse.mood(from, to, &filter).await?;
    if json {
        return output::json(&json!({
            "from": from,
            "to": to,
            "actor": filter.actor,
            "source": filter.source,
            "hours": series,
        }));
    }
    let rows: Vec<Vec<String>> = series.iter().map(row).collect();
    output::table(
        &[
            "HOUR", "POSTS", "POSITIVE", "NEUTRAL", "NEGATIVE", "MEAN", "",
        ],
        &rows,
    )
}

/// The hours that are meant: those between two, or the last, with the one that is not over.
fn range(args: &Mood) -> Result<(Hour, Hour), Failure> {
    if let (Some(from), Some(to)) = (args.from, args.to) {
        return ordered(from, to);
    }
    let to = Hour::of(environment::clock().now()).next();
    let last = TimeDelta::from_std(args.last).unwrap_or(TimeDelta::MAX);
    Ok((Hour::of(to.start() - last), to))
}

/// Two hours in their order.
pub(super) fn ordered(from: Hour, to: Hour) -> Result<(Hour, Hour), Failure> {
    if from < to {
        return Ok((from, to));
    }
    Err(Failure::Usage(format!(
        "--from {from} is not before --to {to}, the first hour that is left out"
    )))
}

/// The posts that are meant. A name that neither the configuration nor any post has is a slip.
pub(super) async fn filter(
    config: &Config,
    warehouse: &Warehouse,
    among: &Among,
) -> Result<MoodFilter, Failure> {
    if let Some(actor) = &among.actor
        && config.actor.iter().all(|known| known.name != *actor)
    {
        known("actor", actor, &warehouse.actors().await?)?;
    }
    if let Some(source) = &among.source
        && config.source.iter().all(|known| known.name != *source)
    {
        known("source", source, &warehouse.feeds().await?)?;
    }
    Ok(MoodFilter {
        actor: among.actor.clone(),
        source: among.source.clone(),
    })
}

fn known(what: &str, name: &str, stored: &[String]) -> Result<(), Failure> {
    if stored.iter().any(|stored| stored == name) {
        return Ok(());
    }
    let there = match stored {
        [] => "posts have none yet".to_owned(),
        stored => format!(
            "posts have {}",
            crate::audit::list(stored.iter().map(String::as_str))
        ),
    };
    Err(Failure::Usage(format!(
        "no {what} is named \"{name}\", in the configuration or in the warehouse: {there}"
    )))
}

fn row(one: &MoodHour) -> Vec<String> {
    let mean = one.mean_compound.unwrap_or_default();
    vec![
        one.hour.to_string(),
        one.posts.to_string(),
        one.positive.to_string(),
        one.neutral.to_string(),
        one.negative.to_string(),
        format!("{mean:+.4}"),
        bar(mean),
    ]
}

/// A bar from the middle to the right where the mean is above zero, to the left where it is below; full at ±1.
fn bar(mean: f64) -> String {
    let filled = |share: f64| {
        (1..=BAR)
            .filter(|cell| share * BAR as f64 >= *cell as f64 - 0.5)
            .count()
    };
    let (left, right) = (filled(-mean), filled(mean));
    format!(
        "{}{}|{}",
        " ".repeat(BAR - left),
        "█".repeat(left),
        "█".repeat(right)
    )
}

#[cfg(test)]
mod tests {
    use super::bar;

    #[test]
    fn a_bar_goes_to_the_side_of_its_mean() {
        assert_eq!(bar(0.0), "          |");
        assert_eq!(bar(0.049), "          |");
        assert_eq!(bar(0.25), "          |███");
        assert_eq!(bar(-0.1), "         █|");
        assert_eq!(bar(1.0), "          |██████████");
        assert_eq!(bar(-1.0), "██████████|");
    }
}
