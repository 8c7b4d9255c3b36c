//! Arguments in, text out.

pub mod catalog;
