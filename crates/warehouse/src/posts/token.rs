//! The token: where a list of an hour's posts has stopped.

use std::{fmt, str::FromStr};

use moodwire_model::Timestamp;

use super::PostRow;

/// The last post of a page, by what the orders go by. As text it fits into a link: `0.5,1772359260000,x:1`.
#[derive(Debug, Clone, PartialEq)]
pub struct PostToken {
    pub(super) compound: f64,
    pub(super) created_at: Timestamp,
    pub(super) id: String,
}

/// A text that is no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no place in a list of posts: begin the list anew")]
pub struct ParseTokenError(String);

impl From<&PostRow> for PostToken {
    fn from(row: &PostRow) -> Self {
        Self {
            compound: row.compound,
            created_at: row.created_at,
            id: row.id.clone(),
        }
    }
}

impl fmt::Display for PostToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.created_at.timestamp_millis();
        write!(f, "{},{millis},{}", self.compound, self.id)
    }
}

impl FromStr for PostToken {
    type Err = ParseTokenError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = || {
            let mut parts = text.splitn(3, ',');
            let compound: f64 = parts.next()?.parse().ok()?;
            let millis = parts.next()?.parse().ok()?;
            Some(Self {
                compound: Some(compound).filter(|compound| compound.is_finite())?,
                created_at: Timestamp::from_timestamp_millis(millis)?,
                // Postgres takes no U+0000, and no key has one.
                id: parts.next().filter(|id| !id.contains('\0'))?.to_owned(),
            })
        };
        parsed().ok_or_else(|| ParseTokenError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_back_from_its_text_to_the_last_bit() {
        for text in ["0.5,1772359260001,x:1", "-0.1234,0,bluesky:at://a,b/c,d"] {
            let token: PostToken = text.parse().unwrap();
            assert_eq!(token.to_string(), text);
        }
    }

    #[test]
    fn a_text_that_is_no_token_is_refused() {
        for text in ["", "0.5", "0.5,1", "NaN,1,x:1", "0.5,soon,x:1", "0.5,1,x\0"] {
            assert!(text.parse::<PostToken>().is_err(), "{text:?}");
        }
    }
}
