//! What the whole library promises, checked from outside.

mod agreement;
mod cli;
mod examples;
mod fleet;
mod interruption;
mod layers;
mod properties;
mod readme;
mod recommend;
mod simulation;
