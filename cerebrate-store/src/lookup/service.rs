//! Keeps the index in step with the store. Whoever asks never waits for it: as long as there is no
//! index of the right moment, questions go to the store itself.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use cerebrate_core::error::Result;

use super::state::State;
use super::written::Written;
use crate::backend::Read;
use crate::store::Store;

/// How long a snapshot may be behind other processes.
const CHECK_EVERY: Duration = Duration::from_millis(250);

/// How many questions are put to the store itself before an index is worth its while.
const FEW_QUESTIONS: u32 = 64;

/// How many changes a question brings into the index before it is answered.
const FEW_CHANGES: usize = 64;

/// From this many additions and removals on the overlay is merged, at least.
const MERGE_FROM: usize = 2_048;

/// The index of a store, once somebody had it built.
#[derive(Debug)]
pub(crate) struct Service {
    state: ArcSwapOption<State>,
    /// Held by the one who changes `state`.
    turn: Mutex<()>,
    /// Questions put to the store since the last attempt to build.
    asked: AtomicU32,
    /// How many of them it takes to build; more after a failure.
    patience: AtomicU32,
    /// Whether a thread builds or merges.
    busy: AtomicBool,
    opened: Instant,
    /// When the head of the feed was looked at last, in milliseconds since `opened`.
    checked: AtomicU64,
}

impl Service {
    pub(crate) fn new() -> Self {
        Service {
            state: ArcSwapOption::empty(),
            turn: Mutex::new(()),
            asked: AtomicU32::new(0),
            patience: AtomicU32::new(FEW_QUESTIONS),
            busy: AtomicBool::new(false),
            opened: Instant::now(),
            checked: AtomicU64::new(0),
        }
    }

    /// The state at exactly the moment of `read`, if it can be had at once.
    pub(super) fn at(&self, store: &Store, read: &dyn Read) -> Result<Option<Arc<State>>> {
        let Some(state) = self.state.load_full() else {
            let asked = self.asked.fetch_add(1, Ordering::Relaxed).saturating_add(1);
            if asked >= self.patience.load(Ordering::Relaxed) {
                in_background(store, build);
            }
            return Ok(None);
        };
        let newest = read.newest()?;
        if state.seq == newest {
            return Ok(Some(state));
        }
        if state.seq > newest {
            return Ok(None);
        }
        let _turn = match self.turn.try_lock() {
            Ok(turn) => turn,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(None),
        };
        let Some(state) = self.state.load_full().filter(|state| state.seq <= newest) else {
            return Ok(None);
        };
        // What fails here costs speed, not the answer.
        match state.advanced_within(read, FEW_CHANGES) {
            Ok(Some(state)) => Ok(Some(self.put(store, state))),
            Ok(None) => {
                in_background(store, build);
                Ok(None)
            }
            Err(_) => {
                self.state.store(None);
                Ok(None)
            }
        }
    }

    /// The state at exactly the moment of `read`, built if need be; for bulk questions. `None` if
    /// others are ahead already.
    pub(super) fn built_at(&self, store: &Store, read: &dyn Read) -> Result<Option<Arc<State>>> {
        let _turn = self.turn();
        let newest = read.newest()?;
        let state = match self.state.load_full() {
            Some(state) if state.seq == newest => return Ok(Some(state)),
            Some(state) if state.seq > newest => return Ok(None),
            Some(state) => state.advanced(read)?,
            None => State::build(read)?,
        };
        Ok(Some(self.put(store, state)))
    }

    /// A state that has all that this process committed, and what others committed a moment ago.
    pub(super) fn recent(&self, store: &Store) -> Result<Arc<State>> {
        if let Some(state) = self.state.load_full()
            && store.inner().committed() <= state.seq
        {
            let now = self.now();
            let checked = self.checked.load(Ordering::Relaxed);
            if now.saturating_sub(checked) < as_millis(CHECK_EVERY) {
                return Ok(state);
            }
            if store.inner().backend().head()? == state.seq {
                self.checked.fetch_max(now, Ordering::Relaxed);
                return Ok(state);
            }
        }
        self.newest(store)
    }

    /// A state that has everything committed by anybody.
    pub(super) fn newest(&self, store: &Store) -> Result<Arc<State>> {
        let _turn = self.turn();
        let now = self.now();
        let read = store.whole()?;
        let state = match self.state.load_full() {
            Some(state) if state.seq == read.newest()? => state,
            Some(state) => match state.advanced(read.as_ref()) {
                Ok(state) => self.put(store, state),
                Err(error) => {
                    self.state.store(None);
                    return Err(error);
                }
            },
            None => self.put(store, State::build(read.as_ref())?),
        };
        self.checked.fetch_max(now, Ordering::Relaxed);
        Ok(state)
    }

    /// Brings in what a transaction of this process wrote, if there is an index of the moment
    /// before and it can be done at once. If not, the feed tells later.
    pub(crate) fn committed(&self, store: &Store, written: Written, newest: u64) {
        let Ok(_turn) = self.turn.try_lock() else {
            return;
        };
        let Some(state) = self.state.load_full() else {
            return;
        };
        if written.too_many || written.first == 0 || state.seq + 1 != written.first {
            return;
        }
        let organisations = written.organisations.into_iter();
        let changed = organisations.map(|(local, (id, claims))| Ok((local, id, claims)));
        if let Ok(state) = state.with_claims(newest, changed) {
            self.put(store, state);
        }
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, store: &Store, state: State) -> Arc<State> {
        let state = Arc::new(state);
        self.state.store(Some(Arc::clone(&state)));
        if state.view.overlay_len() > MERGE_FROM + state.view.base().counts().total() / 256 {
            in_background(store, merge);
        }
        state
    }

    /// Milliseconds since the store was opened, and one: the head was looked at never, at first.
    fn now(&self) -> u64 {
        as_millis(self.opened.elapsed()) + as_millis(CHECK_EVERY)
    }
}

fn as_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX / 2)
}

/// Work that leaves the index in a better shape.
type Work = fn(&Store) -> Result<()>;

fn build(store: &Store) -> Result<()> {
    store.inner().lookup().newest(store).map(|_| ())
}

fn merge(store: &Store) -> Result<()> {
    let service = store.inner().lookup();
    let Some(state) = service.state.load_full() else {
        return Ok(());
    };
    let merged = state.merged();
    let _turn = service.turn();
    let read = store.whole()?;
    // Whatever was committed meanwhile is brought in again, from the feed.
    let state = merged.advanced(read.as_ref())?;
    service.state.store(Some(Arc::new(state)));
    Ok(())
}

/// Does `work` in a thread of its own, unless there is one already. A failure is not told to
/// anybody: questions go to the store meanwhile, and it is tried again later, less often.
fn in_background(store: &Store, work: Work) {
    let service = store.inner().lookup();
    if service.busy.swap(true, Ordering::AcqRel) {
        return;
    }
    let working = Working(store.clone());
    let spawned = thread::Builder::new().name("cerebrate-lookup".to_owned()).spawn(move || {
        let service = working.0.inner().lookup();
        service.asked.store(0, Ordering::Relaxed);
        let patience = match work(&working.0) {
            Ok(()) => FEW_QUESTIONS,
            Err(_) => service.patience.load(Ordering::Relaxed).saturating_mul(4),
        };
        service.patience.store(patience, Ordering::Relaxed);
    });
    // Without a thread to be had, `working` is dropped here, and with it the claim to work.
    drop(spawned);
}

/// Says that a thread is at work, until it is dropped.
struct Working(Store);

impl Drop for Working {
    fn drop(&mut self) {
        self.0.inner().lookup().busy.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use cerebrate_core::constituency::TEMPLATE;
    use cerebrate_core::model::{MetaField, Organisation, TemplateKey};

    use super::*;

    fn insert(store: &Store, name: &str, suffix: &str) {
        let mut organisation = Organisation::new(store.next_id().into(), name.parse().unwrap());
        let key = TemplateKey { id: TEMPLATE, version: 1 };
        organisation.meta_fields = vec![MetaField::new(key, "Domain", suffix)];
        store.organisations().insert(organisation).unwrap();
    }

    fn found(store: &Store) -> usize {
        store.responsible_for("www.example.lu".parse().unwrap()).unwrap().len()
    }

    fn state(store: &Store) -> Option<Arc<State>> {
        store.inner().lookup().state.load_full()
    }

    #[test]
    fn a_commit_goes_into_the_index_at_once_and_a_merge_changes_no_answer() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("contacts.db")).unwrap();
        let other = Store::open(folder.path().join("contacts.db")).unwrap();
        insert(&store, "A", "example.lu");
        assert_eq!(state(&store).map(|state| state.seq), None);
        build(&store).unwrap();
        insert(&store, "B", ".lu");
        let before = state(&store).unwrap();
        assert_eq!(before.seq, store.cursor().unwrap().seq());
        assert_eq!(before.view.overlay_len(), 1);

        insert(&other, "C", "www.example.lu");
        merge(&store).unwrap();
        let merged = state(&store).unwrap();
        assert_eq!(merged.seq, store.cursor().unwrap().seq());
        assert_eq!(merged.view.base().counts().domains, 2);
        assert_eq!(merged.view.overlay_len(), 1, "what was committed meanwhile");
        assert_eq!(found(&store), 3);
        assert_eq!(before.matching(&"www.example.lu".parse().unwrap(), |_| true).len(), 2);
    }

    #[test]
    fn many_questions_have_an_index_built() {
        let store = Store::in_memory().unwrap();
        insert(&store, "A", "example.lu");
        for _ in 1..FEW_QUESTIONS {
            assert_eq!(found(&store), 1);
        }
        assert!(state(&store).is_none());
        assert_eq!(found(&store), 1);
        let service = store.inner().lookup();
        while service.busy.load(Ordering::Acquire) {
            thread::yield_now();
        }
        assert!(state(&store).is_some());
        assert_eq!(found(&store), 1);
    }

    #[test]
    fn questions_do_not_wait_while_the_index_is_changed() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("contacts.db")).unwrap();
        build(&store).unwrap();
        let behind = state(&store).unwrap().seq;
        let _turn = store.inner().lookup().turn();
        insert(&store, "A", "example.lu");
        assert_eq!(found(&store), 1, "nobody waits for whoever changes the index");
        assert_eq!(state(&store).unwrap().seq, behind);
    }
}
