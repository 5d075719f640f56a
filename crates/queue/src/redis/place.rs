//! Where a job stands in a listing, and the token by which the next page goes on behind it.

use std::cmp::Ordering;

use crate::{Error, Result, State};

/// A set of jobs that a listing walks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Set {
    /// Scheduled, and not yet due.
    Scheduled,
    /// Scheduled, and due since.
    Due,
    /// Due since it was enqueued.
    Ready,
    Running,
    Done,
    Dead,
    /// Dead letters of one fingerprint.
    Faults,
}

impl Set {
    /// The sets of each state.
    pub(super) const OF_STATES: [(State, Self); 6] = [
        (State::Scheduled, Self::Scheduled),
        (State::Ready, Self::Due),
        (State::Ready, Self::Ready),
        (State::Running, Self::Running),
        (State::Done, Self::Done),
        (State::Dead, Self::Dead),
    ];

    const LETTERS: [(Self, char); 7] = [
        (Self::Scheduled, 's'),
        (Self::Due, 'd'),
        (Self::Ready, 'r'),
        (Self::Running, 'l'),
        (Self::Done, 'e'),
        (Self::Dead, 'x'),
        (Self::Faults, 'f'),
    ];

    /// The letter that `page.lua` knows it by.
    pub(super) fn letter(self) -> char {
        let known = Self::LETTERS.iter().find(|(set, _)| *set == self);
        known.map_or('x', |(_, letter)| *letter)
    }

    /// The set of a letter.
    pub(super) fn of_letter(letter: &str) -> Self {
        let known = Self::LETTERS
            .iter()
            .find(|(_, known)| letter.chars().eq([*known]));
        known.map_or(Self::Dead, |(set, _)| *set)
    }

    /// True for a list, whose tie is a number.
    fn is_list(self) -> bool {
        matches!(self, Self::Ready | Self::Done)
    }
}

/// Where a job stands in a listing.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    pub(super) kind: String,
    pub(super) set: Set,
    pub(super) id: String,
    pub(super) score: f64,
    /// What orders jobs of one score in one set.
    pub(super) tie: String,
}

impl Spot {
    /// A spot in a listing by id.
    pub(super) fn of_id(kind: &str, id: String) -> Self {
        Self {
            kind: kind.to_owned(),
            set: Set::Faults,
            tie: String::new(),
            score: f64::NAN,
            id,
        }
    }

    /// The order of listings by change: the higher score first, then set by set, then the higher tie.
    pub(super) fn newest_first(&self, other: &Self) -> Ordering {
        let ties = || match self.set.is_list() {
            true => other.number().cmp(&self.number()),
            false => other.tie.cmp(&self.tie),
        };
        other
            .score
            .total_cmp(&self.score)
            .then_with(|| self.rank().cmp(&other.rank()))
            .then_with(ties)
    }

    fn rank(&self) -> (&str, Set) {
        (&self.kind, self.set)
    }

    fn number(&self) -> u64 {
        self.tie.parse().unwrap_or(0)
    }

    /// The tie behind which a set goes on after this spot: its own in its own set; in those before it every job of the
    /// score was shown already, in those after it none was.
    pub(super) fn tie_in(&self, kind: &str, set: Set) -> Vec<u8> {
        let (all_shown, none_shown): (&[u8], &[u8]) = match set.is_list() {
            true => (b"0", b"9007199254740992"),
            false => (b"", b"\xff"),
        };
        match (kind, set).cmp(&self.rank()) {
            Ordering::Less => all_shown.to_vec(),
            Ordering::Equal => self.tie.clone().into_bytes(),
            Ordering::Greater => none_shown.to_vec(),
        }
    }

    /// What names the spot: the next page goes on behind it, whether its job is there still or not.
    pub(super) fn token(&self) -> String {
        if self.score.is_nan() {
            return format!("{BY_ID}{}", self.id);
        }
        let letter = self.set.letter();
        format!("{}/{letter}/{}/{}", self.score, self.kind, self.tie)
    }

    /// Reads the token of a listing by change.
    pub(super) fn of_moment(token: &str) -> Result<Self> {
        let read = || {
            let mut parts = token.splitn(4, '/');
            let score: f64 = parts.next()?.parse().ok()?;
            let set = Set::of_letter(parts.next()?);
            let (kind, tie) = (parts.next()?.to_owned(), parts.next()?.to_owned());
            let sound = score.is_finite() && (!set.is_list() || tie.parse::<u64>().is_ok());
            sound.then_some(Self {
                kind,
                set,
                id: String::new(),
                score,
                tie,
            })
        };
        read().ok_or_else(|| foreign(token))
    }
}

/// What the token of a listing by id begins with.
const BY_ID: &str = "id/";

/// Reads the token of a listing by ids that begin with the prefix.
pub(super) fn id_of_token<'a>(token: &'a str, prefix: &str) -> Result<&'a str> {
    token
        .strip_prefix(BY_ID)
        .filter(|id| id.starts_with(prefix))
        .ok_or_else(|| foreign(token))
}

fn foreign(token: &str) -> Error {
    Error::Refused(format!(
        "\"{}\" is no place in this listing: pass on what the page before gave, or begin anew",
        token.escape_debug()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_the_spot_exactly() {
        for score in [1_732_400_000_000.123, 1_732_400_000_000.0, 4e15] {
            let spot = Spot {
                kind: "collect".to_owned(),
                set: Set::Dead,
                id: "collect:a/b".to_owned(),
                score,
                tie: "collect:a/b".to_owned(),
            };
            let read = Spot::of_moment(&spot.token()).unwrap();
            assert_eq!(read.newest_first(&spot), Ordering::Equal);
            assert_eq!(read.score.to_bits(), score.to_bits());
        }
        for foreign in [
            "collect:a",
            "inf/x/collect/a",
            "1/r/collect/a",
            "id/collect:a",
        ] {
            assert!(Spot::of_moment(foreign).is_err(), "{foreign}");
        }
        let id = id_of_token("id/collect:a/b", "collect:a");
        assert_eq!(id.unwrap(), "collect:a/b");
        assert!(id_of_token("id/collect:a/b", "publish").is_err());
        assert!(id_of_token("1/x/collect/a", "").is_err());
    }
}
