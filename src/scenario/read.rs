//! reads a scenario
