//! `publications`: what became of each hour on each channel, and a person's word where nobody else can know.

use moodwire_model::Hour;
use moodwire_warehouse::{Publication, PublicationState, Resolution};

use super::args::{PublicationsCommand, Seen};
use crate::{
    audit, config::Config, environment, failure::Failure, operations::publications::resolve, output,
};

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
            let resolution = match how {
                Seen { sent: Some(_), .. } => Resolution::Sent,
                Seen { skip: true, .. } => Resolution::Skip,
                _ => Resolution::Resend,
            };
            let publication = find(config, *id).await?;
            let warehouse = environment::prepared_warehouse(config).await?;
            let queue = environment::open_queue(config).await?;
            let message_id = how.sent.as_deref().filter(|seen| !seen.is_empty());
            resolve(
                config,
                &*queue,
                &warehouse,
                &publication,
                resolution,
                message_id,
            )
            .await?;
            let place = format!("{id}, {} of {}", publication.hour, publication.channel);
            let how = match (resolution, message_id) {
                (Resolution::Sent, Some(message)) => format!("sent {message}"),
                (Resolution::Sent, None) => "sent".to_owned(),
                (Resolution::Resend, _) => "resend".to_owned(),
                (Resolution::Skip, _) => "skip".to_owned(),
            };
            audit::note(config, "publications resolve", &place, Some(how)).await;
            show(&[find(config, *id).await?], json)
        }
    }
}

async fn list(config: &Config, state: Option<PublicationState>, json: bool) -> Result<(), Failure> {
    let warehouse = environment::prepared_warehouse(config).await?;
    let before = Hour::of(environment::clock().now()).next();
    let wanted = state.map(|state| [state]);
    let states = wanted.as_ref().map(<[_; 1]>::as_slice);
    show(&warehouse.publications(states, None, before).await?, json)
}

async fn find(config: &Config, id: i64) -> Result<Publication, Failure> {
    let warehouse = environment::prepared_warehouse(config).await?;
    warehouse.publication_of(id).await?.ok_or_else(|| {
        Failure::Usage(format!(
            "no publication has the id {id}: `moodwire publications list` shows them"
        ))
    })
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
