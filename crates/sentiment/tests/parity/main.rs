//! The scorer against `vader-parity`, an independent port that has been checked against Python, and against itself.

mod against_parity;
mod against_plain;
mod against_python;
mod seed;
mod texts;
