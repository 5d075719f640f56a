//! Tests of the Bluesky source.
