//! Meta-templates: the forms that carry further fields of a record, and the checks of their values.

pub mod pattern;
