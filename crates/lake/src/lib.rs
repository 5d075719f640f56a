//! The lake: raw posts as collected, the batches that hand them on, and where each source goes on from.

mod error;
mod mongo;
mod open;
mod sqlite;
mod store;

pub use error::{Error, Result};
pub use mongo::MongoLake;
pub use open::open;
pub use sqlite::SqliteLake;
pub use store::{Inserted, Lake, LakeTotals};
