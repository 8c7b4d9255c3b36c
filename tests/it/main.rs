//! What the whole library promises, checked from outside.

mod agreement;
mod cli;
mod examples;
mod recommend;
mod readme;
mod simulation;
