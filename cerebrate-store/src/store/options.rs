use std::path::Path;
use std::time::Duration;

use cerebrate_core::clock::{Clock, IdSource};
use cerebrate_core::error::Result;

use super::Store;
use crate::backend::SqliteBackend;
use crate::backend::sqlite::Settings;
use crate::system::{RandomIds, SystemClock};

/// How a store is opened.
///
/// ```no_run
/// use std::time::Duration;
/// use cerebrate_store::Store;
///
/// let store = Store::options().read_only(true).busy_timeout(Duration::from_secs(1)).open("c.db")?;
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
#[must_use]
pub struct StoreOptions {
    settings: Settings,
    clock: Box<dyn Clock>,
    ids: Box<dyn IdSource>,
}

impl Default for StoreOptions {
    fn default() -> Self {
        StoreOptions {
            settings: Settings {
                read_only: false,
                must_exist: false,
                busy_timeout: Duration::from_secs(10),
                cache_kib: 64 * 1024,
            },
            clock: Box::new(SystemClock),
            ids: Box::new(RandomIds::default()),
        }
    }
}

impl StoreOptions {
    /// Refuse to write, to create and to upgrade. Off unless set.
    ///
    /// A database can be read without the permission to write in its folder, from a medium that is
    /// read-only or on a full disk, if whoever wrote it last closed it. Where changes wait in the log beside it,
    /// opening is `Denied`: whoever may write there opens the database once, and they are in it.
    /// Nothing is locked in such a place, so a read that goes on while somebody with more rights
    /// writes may fail; the next one sees what was written.
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.settings.read_only = read_only;
        self
    }

    /// Refuse to create a database that is not there. Off unless set.
    pub fn must_exist(mut self, must_exist: bool) -> Self {
        self.settings.must_exist = must_exist;
        self
    }

    /// How long to wait while another program writes: ten seconds unless set.
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.settings.busy_timeout = timeout;
        self
    }

    /// Memory for pages while writing, in KiB: 64 MiB unless set.
    pub fn cache_kib(mut self, kib: u32) -> Self {
        self.settings.cache_kib = kib.max(1024);
        self
    }

    /// Tell the time with this clock instead of the machine's.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Make identities with this source instead of random ones.
    pub fn ids(mut self, ids: impl IdSource + 'static) -> Self {
        self.ids = Box::new(ids);
        self
    }

    /// Opens the database in a file; see [`Store::open`].
    pub fn open(self, path: impl AsRef<Path>) -> Result<Store> {
        let backend = SqliteBackend::open(path.as_ref(), self.settings, &*self.ids)?;
        Ok(Store::over(Box::new(backend), self.clock, self.ids))
    }

    /// A database in memory, gone with its last clone.
    pub fn in_memory(self) -> Result<Store> {
        let backend = SqliteBackend::in_memory(self.settings, &*self.ids)?;
        Ok(Store::over(Box::new(backend), self.clock, self.ids))
    }
}

impl std::fmt::Debug for StoreOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoreOptions").field("settings", &self.settings).finish_non_exhaustive()
    }
}
