//! What the whole library promises, checked from outside.

mod agreement;
mod cli;
mod examples;
mod fleet;
mod layers;
mod properties;
mod readme;
mod recommend;
mod simulation;
