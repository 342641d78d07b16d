//! Meta-templates: forms that a community defines, and what their values may be.

pub mod pattern;
pub mod search;
