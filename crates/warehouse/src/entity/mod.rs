//! The tables as SeaORM sees them, one file each. They stay inside this crate; what leaves it is the model's.
#![expect(
    unreachable_pub,
    reason = "SeaORM's derives read and write `pub` items"
)]

pub(crate) mod audit;
pub(crate) mod channel;
pub(crate) mod hour;
pub(crate) mod hour_attempt;
pub(crate) mod installation;
pub(crate) mod post;
pub(crate) mod post_actor;
pub(crate) mod publication;

use sea_orm::DbErr;

/// A count as it is stored.
pub(crate) fn stored(count: u64) -> Result<i64, DbErr> {
    i64::try_from(count).map_err(|_| DbErr::Type(format!("the count {count} is too large")))
}

/// A stored count, which is never negative.
pub(crate) fn unsigned(count: i64) -> Result<u64, DbErr> {
    u64::try_from(count).map_err(|_| DbErr::Type(format!("a count is negative: {count}")))
}
