//! Budgets: what a source that is billed may read, counted outside of it and before it reads.

use async_trait::async_trait;
use moodwire_model::Reads;

use crate::SourceError;

/// How much may be read, and what it costs.
#[derive(Debug, Clone, PartialEq)]
pub struct Allowance {
    /// Reads a UTC day; none: no bound.
    pub daily: Option<u64>,
    /// Reads a UTC month; none: no bound.
    pub monthly: Option<u64>,
    /// What a post costs, in dollars.
    pub post_price: f64,
    /// What a user costs, in dollars.
    pub user_price: f64,
}

/// What is left of an [`Allowance`], kept in a store that all workers share.
#[async_trait]
pub trait Budget: Send + Sync {
    /// Takes `reads` that a request may cost, before it is made.
    ///
    /// # Errors
    /// [`SourceError::Later`], until the day or month ends, where so much is not left: then nothing is taken.
    async fn take(&self, reads: Reads) -> Result<(), SourceError>;

    /// Gives back what was taken and not used. Nothing is given back for a process that dies in between: the budget
    /// errs towards the smaller bill.
    async fn give_back(&self, reads: Reads) -> Result<(), SourceError>;
}

/// No bound at all: for sources that nobody bills.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unbounded;

#[async_trait]
impl Budget for Unbounded {
    async fn take(&self, _: Reads) -> Result<(), SourceError> {
        Ok(())
    }

    async fn give_back(&self, _: Reads) -> Result<(), SourceError> {
        Ok(())
    }
}
