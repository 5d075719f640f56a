//! Dead letters that failed alike.

use super::{RedisStore, failure::corrupt, number, rows::unpack_told, scripts::SCRIPTS};
use crate::{Group, Result};

/// How many groups one script reads.
const STEP: usize = 100;

impl RedisStore {
    pub(super) async fn alike(&self, kind: Option<&str>) -> Result<Vec<Group>> {
        let kinds = match kind {
            Some(kind) => vec![kind.to_owned()],
            None => self.every_kind().await?,
        };
        let mut groups = Vec::new();
        for kind in kinds {
            let mut step = self.groups_after(&kind, "").await?;
            while let Some(last) = step.last() {
                let last = last.fingerprint.clone();
                groups.append(&mut step);
                step = self.groups_after(&kind, &last).await?;
            }
        }
        groups.sort_by_key(|group| std::cmp::Reverse(group.last));
        Ok(groups)
    }

    /// The next groups of a kind in the order of their fingerprints.
    async fn groups_after(&self, kind: &str, fingerprint: &str) -> Result<Vec<Group>> {
        let mut arguments = self.arguments();
        arguments.extend([fingerprint.into(), number(STEP)]);
        let keys = self.keys(kind)?;
        let mut reply = self.run(&SCRIPTS.groups, &keys, &arguments).await?;
        let mut groups = Vec::with_capacity(reply.len() / 5);
        while !reply.is_empty() {
            let fingerprint = reply.text()?;
            let (count, first, last) = (reply.count()?, reply.moment()?, reply.moment()?);
            let told = unpack_told(&reply.bytes()?).ok_or_else(|| {
                let cause = format!("the past of a dead letter of {fingerprint}");
                corrupt(self.link.place(), cause)
            })?;
            groups.push(Group {
                fingerprint,
                kind: kind.to_owned(),
                count,
                first,
                last,
                error: told.error.unwrap_or_default(),
            });
        }
        Ok(groups)
    }
}
