//! The console as people use it: the real binary, and a real browser where one is to be had.

mod desk;
mod http;
mod moody;
mod scene;

mod access;
mod accessibility;
mod bulk;
mod day;
mod exposure;
mod headers;
mod hostile;
mod interface;
mod keys;
mod live;
mod pictures;
mod publications;
mod scriptless;
