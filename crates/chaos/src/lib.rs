//! Faults for real against the queue and what is published: what the chaos program and its tests are made of.
//!
//! Real processes ([`worker`], [`enqueue`]) work on a real queue and write to a keyed [`sink`]. They are killed at chosen
//! steps ([`fault`], [`watched`]) or by whoever holds them ([`process`]); the [`redis`] that they share is killed, frozen
//! and filled, the connections to it are cut ([`proxy`]). The [`audit`] then counts what was lost and what happened
//! twice. [`run`] does all of it at random. [`publish`] does the like to what leaves: real processes send to a receiver
//! that misbehaves.

pub mod audit;
pub mod enqueue;
pub mod fault;
pub mod process;
pub mod proxy;
pub mod publish;
pub mod redis;
pub mod run;
pub mod sink;
pub mod store;
pub mod watched;
pub mod work;
pub mod worker;
