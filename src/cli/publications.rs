//! `publications`: what became of each hour on each channel, and a person's word where nobody else can know.

use moodwire_model::{Hour, slot};
use moodwire_warehouse::{Publication, PublicationState, Resolution};

use super::{args::PublicationsCommand, enqueue};
use crate::{config::Config, environment, failure::Failure, output};

/// Runs the command.
pub(super) async fn run(
    config: &Config,
    command: &PublicationsCommand,
    json: bool,
) -> Result<(), Failure> {
    match command {
        PublicationsCommand::List { state } => list(config, *state, json).await,
        PublicationsCommand::Show { id } => {
            let publication = find(config, *id).await?;
            show(&[publication], json)
        }
        PublicationsCommand::Resolve { id, how } => {
            let resolution = match how.sent {
                Some(_) => Resolution::Sent,
                None => Resolution::Resend,
            };
            resolve(config, *id, resolution).await?;
            if let Some(message_id) = how.sent.as_deref().filter(|seen| !seen.is_empty()) {
                let warehouse = environment::prepared_warehouse(config).await?;
                warehouse.name_message(*id, message_id).await?;
            }
            show(&[find(config, *id).await?], json)
        }
    }
}

async fn all(
    config: &Config,
    states: Option<&[PublicationState]>,
) -> Result<Vec<Publication>, Failure> {
    let warehouse = environment::prepared_warehouse(config).await?;
    let before = Hour::of(environment::clock().now()).next();
    Ok(warehouse.publications(states, None, before).await?)
}

async fn list(config: &Config, state: Option<PublicationState>, json: bool) -> Result<(), Failure> {
    let wanted = state.map(|state| [state]);
    let publications = all(config, wanted.as_ref().map(<[_; 1]>::as_slice)).await?;
    show(&publications, json)
}

async fn find(config: &Config, id: i64) -> Result<Publication, Failure> {
    all(config, None)
        .await?
        .into_iter()
        .find(|publication| publication.id == id)
        .ok_or_else(|| {
            Failure::Usage(format!(
                "no publication has the id {id}: `moodwire publications list` shows them"
            ))
        })
}

/// Settles what is uncertain or failed; what is to be sent again is enqueued.
async fn resolve(config: &Config, id: i64, resolution: Resolution) -> Result<(), Failure> {
    let publication = find(config, id).await?;
    let warehouse = environment::prepared_warehouse(config).await?;
    let now = environment::clock().now();
    if !warehouse.resolve(id, resolution, now).await? {
        return Err(Failure::Usage(format!(
            "publication {id} is {}: only one that is uncertain or failed can be resolved",
            publication.state.as_str()
        )));
    }
    if resolution == Resolution::Resend {
        let slot = slot::publish(&publication.channel, publication.hour);
        let payload =
            moodwire_workers::payload::Publish::of(&publication.channel, publication.hour);
        let job = enqueue::job(config, slot::PUBLISH, &slot, &payload)?;
        environment::open_queue(config)
            .await?
            .enqueue(&[job])
            .await?;
    }
    Ok(())
}

fn show(publications: &[Publication], json: bool) -> Result<(), Failure> {
    if json {
        return output::json(&publications);
    }
    let rows: Vec<Vec<String>> = publications
        .iter()
        .map(|publication| {
            vec![
                publication.id.to_string(),
                publication.hour.to_string(),
                publication.channel.clone(),
                publication.state.as_str().to_owned(),
                publication.message_id.clone().unwrap_or_default(),
                publication.error.clone().unwrap_or_default(),
            ]
        })
        .collect();
    output::table(&["ID", "HOUR", "CHANNEL", "STATE", "MESSAGE", "WHY"], &rows)
}
