//! The engine held against published examples, against trying every request of a small world, and against itself.

mod accounts;
mod brute_force;
mod differential;
mod doubts;
mod keys;
mod laws;
mod networks;
mod possible;
mod principals;
mod public;
mod published;
mod questions;
mod random;
mod targets;
mod variables;
mod world;
