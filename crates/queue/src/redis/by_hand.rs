//! What a person does to jobs that wait: run them now, or remove them.

use super::{
    RedisStore, by_kind,
    keys::{kind_of, short},
    number,
    scripts::SCRIPTS,
};
use crate::Result;

/// How many jobs one script removes: each is looked for among the ready ones by halves.
const STEP: usize = 100;

/// How many entries of the ready jobs one script passes where that does not find one: some 10 ms of Redis' only thread.
const PASSES: usize = 250_000;

impl RedisStore {
    pub(super) async fn hurry(&self, ids: &[String]) -> Result<Vec<bool>> {
        let ids: Vec<&str> = ids.iter().map(|id| &**id).collect();
        let of = |kind: &str, index: usize| [short(kind, ids[index]).into()];
        self.run_on_each(&SCRIPTS.run_now, &ids, of).await
    }

    pub(super) async fn drop_each_waiting(&self, ids: &[String]) -> Result<Vec<bool>> {
        let mut answers = vec![false; ids.len()];
        for (kind, positions) in by_kind(ids.iter().map(|id| kind_of(id))) {
            let keys = self.keys(kind)?;
            let mut rest = &positions[..];
            while !rest.is_empty() {
                let mut arguments = self.arguments();
                arguments.push(number(PASSES));
                let chunk = rest.iter().take(STEP);
                arguments.extend(chunk.map(|index| short(kind, &ids[*index]).into()));
                let mut reply = self.run(&SCRIPTS.remove_waiting, &keys, &arguments).await?;
                // At least one is answered, so that this comes to an end.
                let (answered, behind) = rest.split_at(reply.len().clamp(1, rest.len()));
                for index in answered {
                    answers[*index] = reply.number()? == 1;
                }
                rest = behind;
            }
        }
        Ok(answers)
    }
}
