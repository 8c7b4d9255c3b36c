//! Arguments in, text out.

pub mod catalog;
pub mod explain;
