//! What the whole library promises, checked from outside.

mod agreement;
mod ci;
mod cli;
mod clusters;
mod examples;
mod fleet;
mod layers;
mod properties;
mod readme;
mod recommend;
mod simulation;
