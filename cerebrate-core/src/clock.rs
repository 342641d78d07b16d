//! Time and chance are passed in, so that every rule can be tested.

use uuid::Uuid;

use crate::value::Timestamp;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The time now, in whole seconds UTC.
    fn now(&self) -> Timestamp;
}

/// Makes identities that no other record has.
pub trait IdSource: Send + Sync {
    /// A UUID never given before.
    fn next_id(&self) -> Uuid;
}

impl<C: Clock + ?Sized> Clock for std::sync::Arc<C> {
    fn now(&self) -> Timestamp {
        (**self).now()
    }
}

impl<I: IdSource + ?Sized> IdSource for std::sync::Arc<I> {
    fn next_id(&self) -> Uuid {
        (**self).next_id()
    }
}
