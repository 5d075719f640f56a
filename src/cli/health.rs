//! `health`: a sign of life for probes: do the stores answer, within a probe's patience.

use std::{process::ExitCode, time::Duration};

use serde_json::json;

use crate::{config::Config, environment, failure::Failure, output};

/// How long each store may take. Docker gives a probe 30 s by default, Kubernetes one second unless told.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs the command: exit 0 when every store answers, 1 with the first that does not.
pub(super) async fn run(config: &Config, json: bool) -> Result<ExitCode, Failure> {
    let (queue, lake, warehouse) = tokio::join!(
        patiently(async {
            environment::open_queue(config).await?.stats().await?;
            Ok(())
        }),
        patiently(async { Ok(environment::open_lake(config).await?.check().await?) }),
        patiently(async { Ok(environment::open_warehouse(config).await?.check().await?) }),
    );
    let stores = [("queue", queue), ("lake", lake), ("warehouse", warehouse)];
    let ill = stores.iter().find_map(|(name, answer)| {
        let why = answer.as_ref().err()?;
        Some(format!("the {name} does not answer: {why}"))
    });
    if json {
        let answers = stores
            .iter()
            .map(|(name, answer)| ((*name).to_owned(), json!(answer.is_ok())));
        let answers: serde_json::Map<_, _> = answers.collect();
        output::json(&json!({"ok": ill.is_none(), "stores": answers, "why": ill}))?;
    } else if let Some(why) = &ill {
        output::complain(why);
    } else {
        output::line("ok")?;
    }
    Ok(match ill {
        None => ExitCode::SUCCESS,
        Some(_) => ExitCode::FAILURE,
    })
}

async fn patiently(answer: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::time::timeout(PATIENCE, answer)
        .await
        .unwrap_or_else(|_| {
            let seconds = PATIENCE.as_secs();
            Err(Failure::Unavailable(format!(
                "nothing came within {seconds} s"
            )))
        })
}
