//! What the whole library promises, checked from outside.

mod agreement;
mod cli;
mod clusters;
mod examples;
mod layers;
mod properties;
mod readme;
mod recommend;
mod simulation;
