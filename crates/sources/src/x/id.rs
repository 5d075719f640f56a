//! Ids of X: whole numbers of up to 19 digits, of which those since November 2010 hold their time.

use std::fmt;

use chrono::DateTime;
use moodwire_model::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// When the clock of the ids began, in Unix milliseconds.
const EPOCH: i64 = 1_288_834_974_657;

/// The bits below the time: machine and sequence.
const BELOW: u32 = 22;

/// The first id that holds a time; the lower ones were counted.
const FIRST: u64 = 29_700_859_247;

/// No id has 20 digits.
const END: u64 = 10_000_000_000_000_000_000;

/// The id of a post or a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Id(u64);

impl Id {
    /// The id that is written so.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|_| digits)?;
        (number < END).then_some(Self(number))
    }

    /// When it was given out, as far as it says so.
    pub(super) fn time(self) -> Option<Timestamp> {
        let millis = i64::try_from(self.0 >> BELOW).ok()?;
        DateTime::from_timestamp_millis(EPOCH + millis).filter(|_| self.0 >= FIRST)
    }

    /// The lowest id of this moment.
    pub(super) fn at(moment: Timestamp) -> Option<Self> {
        let millis = u64::try_from(moment.timestamp_millis() - EPOCH).ok()?;
        let id = millis.checked_mul(1 << BELOW)?;
        (FIRST..END).contains(&id).then_some(Self(id))
    }

    /// The id after it.
    pub(super) fn next(self) -> Self {
        Self((self.0 + 1).min(END - 1))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Text as X documents it, or a number, as streams have had it.
impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(u64),
            Text(String),
        }
        match Written::deserialize(deserializer) {
            Ok(Written::Number(number)) if number < END => Ok(Self(number)),
            Ok(Written::Text(text)) => {
                Self::parse(&text).ok_or_else(|| Error::custom(format!("{text:?} is no id")))
            }
            _ => Err(Error::custom("an id is neither digits nor a number")),
        }
    }
}
