//! The scorer against `vader-parity`, an independent port that has been checked against Python: all four scores, bit by bit.

mod against_parity;
mod texts;
