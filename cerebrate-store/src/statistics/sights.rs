use std::collections::BTreeMap;

use cerebrate_core::access::{Actor, Anchors, Sort, Visible, visible};

/// What a reader sees, kind by kind: figures and reports count that and nothing else.
///
/// ```
/// use cerebrate_core::access::{Anchors, Sort, Visible};
/// use cerebrate_store::statistics::Sights;
///
/// assert_eq!(Sights::everything().of(Sort::Organisation), Visible::All);
/// let nobody = Sights::everything().only(Sort::Organisation, Anchors::default());
/// assert!(nobody.of(Sort::Organisation).is_nothing());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sights {
    /// Nobody in particular sees everything.
    reader: Option<Actor>,
    narrowed: BTreeMap<Sort, Anchors>,
}

impl Sights {
    /// All there is: for the node itself.
    pub fn everything() -> Self {
        Sights { reader: None, narrowed: BTreeMap::new() }
    }

    /// What this user sees in full, as [`visible`] says.
    pub fn of_actor(actor: &Actor) -> Self {
        Sights { reader: Some(actor.clone()), narrowed: BTreeMap::new() }
    }

    /// The same with only what hangs on `anchors` for records of that sort.
    #[must_use]
    pub fn only(mut self, sort: Sort, anchors: Anchors) -> Self {
        self.narrowed.insert(sort, anchors);
        self
    }

    /// Which records of that sort are seen.
    pub fn of(&self, sort: Sort) -> Visible {
        match (self.narrowed.get(&sort), &self.reader) {
            (Some(anchors), _) => Visible::Only(anchors.clone()),
            (None, Some(actor)) => visible(actor, sort),
            (None, None) => Visible::All,
        }
    }
}
