//! The table `post_actors`: which actors of the watchlist a post matches.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "post_actors")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub post_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub actor: String,
    /// The post's, so that an actor's posts are found by hour. None only of a post that was there without its row.
    pub hour: Option<DateTimeUtc>,
    /// The post's compound, so that an actor's hours are counted without a look at its posts. None once it is deleted.
    pub mood: Option<f64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
