//! `audit`: who changed what, newest first.

use moodwire_warehouse::{AuditFilter, AuditRow};

use super::{
    args::{Audit, Since},
    jobs::stamp,
};
use crate::{config::Config, environment, failure::Failure, output};

/// Runs the command.
pub(super) async fn run(config: &Config, args: &Audit, json: bool) -> Result<(), Failure> {
    let warehouse = environment::prepared_warehouse(config).await?;
    let filter = AuditFilter {
        action: args.action.clone(),
        who: args.who.clone(),
        since: args.since.map(|since| match since {
            Since::At(at) => at,
            Since::Ago(ago) => environment::clock().now() - ago,
        }),
    };
    let limit = u64::try_from(args.limit).unwrap_or(u64::MAX);
    // One more tells whether there are more.
    let mut rows = warehouse
        .audit(&filter, args.before, limit.saturating_add(1))
        .await?;
    let more = rows.len() > args.limit;
    rows.truncate(args.limit);
    show(&rows, json)?;
    if let Some(last) = rows.last().filter(|_| more) {
        output::complain(&format!(
            "{} deeds listed, and there are more: go on with --before {}",
            rows.len(),
            last.id
        ));
    }
    Ok(())
}

fn show(rows: &[AuditRow], json: bool) -> Result<(), Failure> {
    if json {
        return output::json(&rows);
    }
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|AuditRow { entry, .. }| {
            vec![
                stamp(entry.at),
                entry.who.clone(),
                entry.via.clone(),
                entry.action.clone(),
                one_line(&entry.target),
                one_line(entry.detail.as_deref().unwrap_or_default()),
            ]
        })
        .collect();
    output::table(&["AT", "WHO", "VIA", "ACTION", "TARGET", "DETAIL"], &rows)
}

/// What was typed may hold anything; a table's cell is one line.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|char| if char.is_control() { ' ' } else { char })
        .collect()
}
