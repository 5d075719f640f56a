//! `migrate`: the warehouse's schema up, down, or as it is.

use super::args::{Direction, Migrate};
use crate::{config::Config, environment, failure::Failure, output};

/// Runs the command.
pub(super) async fn run(config: &Config, args: &Migrate, json: bool) -> Result<(), Failure> {
    let warehouse = environment::open_warehouse(config).await?;
    let changed = match args.direction {
        Direction::Up => warehouse.migrate_up().await?,
        Direction::Down => warehouse.migrate_down(args.steps).await?,
        Direction::Status => Vec::new(),
    };
    let migrations = warehouse.migrations().await?;
    if json {
        return output::json(&serde_json::json!({
            "changed": changed,
            "migrations": migrations,
        }));
    }
    if args.direction == Direction::Status {
        let rows: Vec<Vec<String>> = migrations
            .iter()
            .map(|migration| {
                let state = if migration.applied {
                    "applied"
                } else {
                    "pending"
                };
                vec![migration.name.clone(), state.to_owned()]
            })
            .collect();
        return output::table(&["MIGRATION", "STATE"], &rows);
    }
    let verb = if args.direction == Direction::Up {
        "applied"
    } else {
        "undone"
    };
    for name in &changed {
        output::line(&format!("{verb} {name}"))?;
    }
    if changed.is_empty() {
        output::line("nothing to do")?;
    }
    Ok(())
}
