//! Tests of the kernel as a whole. `world.rs` makes random leads and events, `reference.rs` computes every feature by its definition.
#![allow(clippy::unwrap_used, clippy::panic)]

mod accounts;
mod agreement;
mod engagement_bytes;
mod incremental;
mod ordering;
mod plan;
mod reference;
mod sentences;
mod world;
