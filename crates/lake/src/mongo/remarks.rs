//! How the MongoDB is set up.

use mongodb::bson::{Document, doc};
use moodwire_model::Remark;

use super::MongoLake;
use crate::Result;

/// The oldest that the driver speaks to.
const OLDEST: u32 = 5;

pub(super) async fn look(lake: &MongoLake) -> Result<Vec<Remark>> {
    let build = lake
        .call(lake.database.run_command(doc! { "buildInfo": 1 }))
        .await?;
    let hello = lake
        .call(lake.database.run_command(doc! { "hello": 1 }))
        .await?;
    Ok(vec![version(&build), copies(&hello)])
}

fn version(build: &Document) -> Remark {
    let version = build.get_str("version").unwrap_or("unknown");
    let major = version
        .split('.')
        .next()
        .and_then(|part| part.parse::<u32>().ok());
    match major {
        Some(major) if major < OLDEST => Remark::doubtful(
            "version",
            format!("MongoDB {version}"),
            format!("use {OLDEST}.0 or newer"),
        ),
        _ => Remark::well("version", format!("MongoDB {version}")),
    }
}

/// Writes are journaled and acknowledged by a majority, whatever the URL says; of one server that is itself.
fn copies(hello: &Document) -> Remark {
    let copies = match (hello.get_str("setName"), hello.get_array("hosts")) {
        (Ok(set), Ok(hosts)) => format!("replica set {set} of {}", hosts.len()),
        _ if hello.get_str("msg") == Ok("isdbgrid") => "a sharded cluster".to_owned(),
        _ => "one server".to_owned(),
    };
    Remark::well(
        "durability",
        format!("{copies}; writes are journaled and acknowledged by a majority"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_server_is_told_with_its_mend() {
        assert!(version(&doc! { "version": "4.4.29" }).mend.is_some());
        assert_eq!(version(&doc! { "version": "6.0.5" }).mend, None);
    }

    #[test]
    fn a_replica_set_is_told_by_its_name() {
        let hello = doc! { "setName": "rs0", "hosts": ["a", "b", "c"] };
        assert!(copies(&hello).seen.starts_with("replica set rs0 of 3;"));
        assert!(copies(&doc! {}).seen.starts_with("one server;"));
    }
}
