//! How the Postgres is set up.

use moodwire_model::Remark;
use sea_orm::{ConnectionTrait, DbErr};

use crate::{Result, Warehouse};

/// The oldest that is still cared for by its makers.
const OLDEST: u32 = 13;

impl Warehouse {
    /// What is to be said of how the database is set up. Nothing on SQLite, which is set up by this program.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be read.
    pub async fn remarks(&self) -> Result<Vec<Remark>> {
        if !self.store.is_postgres() {
            return Ok(Vec::new());
        }
        let shown = async {
            let version = self.shown("server_version").await?;
            let unsafe_ = [
                (self.shown("fsync").await?, "fsync"),
                (
                    self.shown("synchronous_commit").await?,
                    "synchronous_commit",
                ),
            ];
            Ok(vec![of_version(&version), of_durability(&unsafe_)])
        };
        shown
            .await
            .map_err(|error: DbErr| self.store.failed(&error))
    }

    /// A setting's value.
    async fn shown(&self, setting: &str) -> std::result::Result<String, DbErr> {
        let row = self
            .store
            .reader()
            .query_one_raw(sea_orm::Statement::from_string(
                sea_orm::DbBackend::Postgres,
                format!("SHOW {setting}"),
            ))
            .await?;
        row.ok_or_else(|| DbErr::RecordNotFound(setting.to_owned()))?
            .try_get_by(0)
    }
}

fn of_version(version: &str) -> Remark {
    let major = version
        .split(|letter: char| !letter.is_ascii_digit())
        .next()
        .and_then(|digits| digits.parse::<u32>().ok());
    match major {
        Some(major) if major < OLDEST => Remark::doubtful(
            "version",
            format!("PostgreSQL {version}"),
            format!("use {OLDEST} or newer"),
        ),
        _ => Remark::well("version", format!("PostgreSQL {version}")),
    }
}

/// A publication that is marked as sent must stay so, or its hour is sent twice.
fn of_durability(settings: &[(String, &str)]) -> Remark {
    match settings.iter().find(|(value, _)| value == "off") {
        Some((_, setting)) => Remark::doubtful(
            "durability",
            format!("{setting} is off: after a crash, hours that were sent may be sent again"),
            format!("set {setting} = on in postgresql.conf"),
        ),
        None => Remark::well("durability", "commits are on disk before they are told"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_forgotten_after_a_crash_is_told() {
        let setting = |value: &str| (value.to_owned(), "synchronous_commit");
        assert!(of_durability(&[setting("off")]).mend.is_some());
        assert_eq!(of_durability(&[setting("on")]).mend, None);
        assert!(of_version("12.20 (Debian 12.20-1)").mend.is_some());
        assert_eq!(of_version("17.4").mend, None);
    }
}
