//! What changed in a record, field by field, and how to put it back.

mod document;

pub use document::{Document, FieldChange, Reversal, reverse};
