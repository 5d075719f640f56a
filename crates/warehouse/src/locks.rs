//! The locks that writers take on Postgres, held until their transaction ends. On SQLite, where one transaction
//! writes at a time, none is needed.

use std::collections::BTreeSet;

use moodwire_model::Hour;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, Value};

use crate::store::statement;

/// The first key of every advisory lock of ours: "mood" in ASCII, so that we meet no other program's.
const CLASS: i32 = 0x6d6f_6f64;

/// The second key of the lock on the schema.
const SCHEMA: i32 = -1;

/// Hours share so many locks (their second keys are 0 to 63). A batch of history can touch 500 hours; with a lock
/// each, a few such batches at once would fill Postgres's lock table.
const STRIPES: i64 = 64;

/// Waits for, and then keeps out, whoever else would change the schema.
pub(crate) async fn schema(tx: &DatabaseTransaction) -> Result<(), DbErr> {
    lock(tx, "SELECT pg_advisory_xact_lock($1, $2)", SCHEMA.into()).await
}

/// Keeps these hours from being sealed while posts are put into them.
///
/// A post and a seal that cross could both miss each other: the seal does not see the post that is not committed,
/// the post does not see the seal, and so it would be neither in the digest nor counted late. Posts do not
/// exclude each other. Locks are taken in ascending order, so that nobody waits in a circle.
pub(crate) async fn posting(tx: &DatabaseTransaction, hours: &BTreeSet<Hour>) -> Result<(), DbErr> {
    let shared = "SELECT pg_advisory_xact_lock_shared($1, stripe) FROM unnest($2) AS stripe";
    lock(tx, shared, stripes(hours)).await
}

/// Keeps everything else out of these hours while posts of them are deleted: of two that delete at once, each could pick
/// what the other deletes.
pub(crate) async fn picking(tx: &DatabaseTransaction, hours: &BTreeSet<Hour>) -> Result<(), DbErr> {
    let alone = "SELECT pg_advisory_xact_lock($1, stripe) FROM unnest($2) AS stripe";
    lock(tx, alone, stripes(hours)).await
}

/// The second keys of these hours' locks, ascending.
fn stripes(hours: &BTreeSet<Hour>) -> Value {
    let stripes: BTreeSet<i32> = hours.iter().copied().map(stripe).collect();
    let stripes: Vec<i32> = stripes.into_iter().collect();
    stripes.into()
}

/// Waits until no post is being put into the hour, and keeps them out while it is sealed.
pub(crate) async fn sealing(tx: &DatabaseTransaction, hour: Hour) -> Result<(), DbErr> {
    lock(
        tx,
        "SELECT pg_advisory_xact_lock($1, $2)",
        stripe(hour).into(),
    )
    .await
}

/// Waits for, and then keeps out, whoever else would begin a request to the channel. Its second keys begin where those of
/// the hours end, and channels share them: two that do wait for each other a moment.
pub(crate) async fn channel(tx: &DatabaseTransaction, name: &str) -> Result<(), DbErr> {
    let sum = name
        .bytes()
        .fold(0_i32, |sum, byte| (sum * 31 + i32::from(byte)) % 65_536);
    let key = i32::try_from(STRIPES).unwrap_or(i32::MAX) + sum;
    lock(tx, "SELECT pg_advisory_xact_lock($1, $2)", key.into()).await
}

async fn lock(tx: &DatabaseTransaction, sql: &str, key: Value) -> Result<(), DbErr> {
    if tx.get_database_backend() == DbBackend::Postgres {
        tx.execute_raw(statement(DbBackend::Postgres, sql, [CLASS.into(), key]))
            .await?;
    }
    Ok(())
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the remainder of a division by 64 fits"
)]
fn stripe(hour: Hour) -> i32 {
    (hour.start().timestamp() / 3600).rem_euclid(STRIPES) as i32
}
