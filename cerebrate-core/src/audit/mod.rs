//! What changed in a record, field by field, and how to put it back; and the chain in which an edit
//! of the record of changes is noticed.

pub mod chain;
mod difference;
mod document;

pub use difference::Difference;
pub use document::{Document, FieldChange, Reversal, reverse};
