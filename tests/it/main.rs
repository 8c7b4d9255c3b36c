//! What the whole library promises, checked from outside.

mod cli;
mod recommend;
mod simulation;
