//! model
pub mod law;
pub mod counts;
pub mod phases;
pub mod rolling;
pub mod verdict;
