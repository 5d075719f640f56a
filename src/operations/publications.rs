//! Publications: a person's word where nobody else can know what became of one.

use moodwire_model::slot;
use moodwire_queue::Store;
use moodwire_warehouse::{Publication, Resolution, Warehouse};
use moodwire_workers::payload::Publish;

use super::asked;
use crate::{config::Config, environment, failure::Failure};

/// Settles what is uncertain or failed, with the channel's id of a message that was seen there; what is to be sent again
/// is enqueued.
pub(crate) async fn resolve(
    config: &Config,
    queue: &dyn Store,
    warehouse: &Warehouse,
    publication: &Publication,
    resolution: Resolution,
    message_id: Option<&str>,
) -> Result<(), Failure> {
    let Publication {
        id, hour, channel, ..
    } = publication;
    let now = environment::clock().now();
    if !warehouse.resolve(*id, resolution, now).await? {
        return Err(Failure::Usage(format!(
            "publication {id} is {}: only one that is uncertain or failed can be resolved",
            publication.state.as_str()
        )));
    }
    if let Some(message_id) = message_id {
        warehouse.name_message(*id, message_id).await?;
    }
    if resolution == Resolution::Resend {
        let slot = slot::publish(channel, *hour);
        let job = asked::job(config, slot::PUBLISH, &slot, &Publish::of(channel, *hour))?;
        queue.enqueue(&[job]).await?;
    }
    Ok(())
}
