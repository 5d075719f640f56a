//! The budget of a source that is billed: counted in the lake, which all workers share, before anything is read.

use std::{fmt::Display, sync::Arc};

use async_trait::async_trait;
use chrono::{DateTime, Days, Months, NaiveDate, NaiveTime, Utc};
use moodwire_lake::Lake;
use moodwire_model::{Clock, ReadCounts, Reads};
use moodwire_sources::{Allowance, Budget, Source, SourceError, Unbounded};

/// The source's budget, counted in this lake.
pub fn of(source: &dyn Source, lake: &Arc<dyn Lake>, clock: &Arc<dyn Clock>) -> Arc<dyn Budget> {
    match source.allowance() {
        None => Arc::new(Unbounded),
        Some(allowance) => Arc::new(LakeBudget {
            lake: Arc::clone(lake),
            clock: Arc::clone(clock),
            source: source.name().to_owned(),
            allowance: allowance.clone(),
        }),
    }
}

struct LakeBudget {
    lake: Arc<dyn Lake>,
    clock: Arc<dyn Clock>,
    source: String,
    allowance: Allowance,
}

#[async_trait]
impl Budget for LakeBudget {
    async fn take(&self, reads: Reads) -> Result<(), SourceError> {
        let now = self.clock.now();
        let day = now.date_naive();
        // Counted first and looked at then, so that two that take at once cannot both get the last reads.
        self.count(day, reads, 1).await?;
        let counts = self.lake.reads(&self.source, day).await.map_err(failed)?;
        let Some(until) = over(&self.allowance, &counts, day) else {
            return Ok(());
        };
        self.count(day, reads, -1).await?;
        Err(SourceError::Later {
            reason: format!(
                "the budget of source \"{}\" is used up until {until}: raise daily_reads or monthly_reads to read on",
                self.source
            ),
            until,
        })
    }

    async fn give_back(&self, reads: Reads) -> Result<(), SourceError> {
        self.count(self.clock.now().date_naive(), reads, -1).await
    }
}

impl LakeBudget {
    async fn count(&self, day: NaiveDate, reads: Reads, sign: i64) -> Result<(), SourceError> {
        let signed = |number: u64| sign * i64::try_from(number).unwrap_or(i64::MAX);
        self.lake
            .count_reads(&self.source, day, signed(reads.posts), signed(reads.users))
            .await
            .map_err(failed)
    }
}

fn failed(error: impl Display) -> SourceError {
    SourceError::Retry(format!("the read budget cannot be counted: {error}"))
}

/// When the allowance is there again, where these counts are more than it.
fn over(allowance: &Allowance, counts: &ReadCounts, day: NaiveDate) -> Option<DateTime<Utc>> {
    let above = |reads: Reads, bound: Option<u64>| bound.is_some_and(|most| reads.total() > most);
    let next = if above(counts.month, allowance.monthly) {
        use chrono::Datelike;
        day.with_day(1)?.checked_add_months(Months::new(1))?
    } else if above(counts.day, allowance.daily) {
        day.checked_add_days(Days::new(1))?
    } else {
        return None;
    };
    Some(next.and_time(NaiveTime::MIN).and_utc())
}
