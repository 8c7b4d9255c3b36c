//! What the whole library promises, checked from outside.

mod agreement;
mod availability;
mod base;
mod ci;
mod cli;
mod clusters;
mod costs;
mod desired_range;
mod docs;
mod engines;
mod examples;
mod explained;
mod failure;
mod fleet;
mod interruption;
mod joining;
mod layers;
mod load;
mod middle_fleets;
mod properties;
mod readme;
mod recommend;
mod simulation;
mod validate;
mod warnings;
