//! The processes of the installation, each for as long as it tells of itself.

use std::time::Duration;

use super::{RedisStore, failure::corrupt, keys, millis, number, scripts::SCRIPTS};
use crate::{CHUNK, Process, ProcessRow, Result, process::MOST};

impl RedisStore {
    pub(super) async fn keep_process(&self, process: &Process, for_: Duration) -> Result<()> {
        let mut arguments = self.arguments();
        arguments.extend([
            process.name.clone().into_bytes(),
            number(millis(for_)),
            serde_json::json!(process).to_string().into_bytes(),
            number(CHUNK),
        ]);
        let keys = keys::processes(&self.prefix);
        self.link.run(&SCRIPTS.announce, &keys, &arguments).await
    }

    pub(super) async fn forget_process(&self, name: &str) -> Result<()> {
        let mut arguments = self.arguments();
        arguments.push(name.into());
        let keys = keys::processes(&self.prefix);
        self.link.run(&SCRIPTS.withdraw, &keys, &arguments).await
    }

    pub(super) async fn known_processes(&self) -> Result<Vec<ProcessRow>> {
        let mut arguments = self.arguments();
        arguments.extend([number(MOST), number(CHUNK)]);
        let keys = keys::processes(&self.prefix);
        let mut reply = self.run(&SCRIPTS.processes, &keys, &arguments).await?;
        let mut rows = Vec::with_capacity(reply.len() / 2);
        while !reply.is_empty() {
            let seen_at = reply.moment()?;
            let process = serde_json::from_slice(&reply.bytes()?)
                .map_err(|error| corrupt(self.link.place(), format!("a process: {error}")))?;
            rows.push(ProcessRow { process, seen_at });
        }
        rows.sort_unstable_by(|one, two| one.process.name.cmp(&two.process.name));
        Ok(rows)
    }
}
