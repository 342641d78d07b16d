//! Running an import: one thread reads and checks, the other decides and writes.

use std::sync::atomic::Ordering;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::meta::Library;

use super::column::{Columns, invalid};
use super::csv::CsvDrafts;
use super::draft::{About, Draft};
use super::engine::{Engine, Onlooking, Rules, View};
use super::json::JsonDrafts;
use super::report::{ImportReport, RowProblem};
use super::source::{Drafts, Position};
use super::spool::Spool;
use super::{Format, Import, Importable, Input, InvalidValues, Progress};
use crate::store::Author;

/// How many rows go from one thread to the other at once, and how many such batches wait.
const BATCH: usize = 256;
const WAITING: usize = 4;

/// After so many changes the write-ahead log is merged and cut.
const BULK: u64 = 5_000;

/// Some rows, and how far they reach.
#[derive(Debug, Default)]
struct Batch {
    drafts: Vec<Draft>,
    position: Position,
    notices: Vec<RowProblem>,
}

impl<E: Importable> Import<'_, E> {
    pub(super) fn run(&self, dry_run: bool) -> Result<ImportReport> {
        let Ok(mut input) = self.input.try_borrow_mut() else {
            return Err(Error::new(Kind::Conflict, "import", "the import is running already"));
        };
        let spool = spooled(&mut input)?;
        let library = self.store.library()?;
        let drafts = self.open(spool, &library)?;
        let rules = Rules {
            on_conflict: self.on_conflict,
            invalid_values: self.invalid_values.unwrap_or(match self.format {
                Format::Csv | Format::Json => InvalidValues::Refuse,
                Format::Cerebrate | Format::Misp => InvalidValues::Keep,
            }),
            source: self.source.as_deref().unwrap_or_default(),
        };
        let mut report = if dry_run {
            let onlooking = match self.store.viewer() {
                Some(viewer) => Some(Onlooking { viewer, whole: self.store.whole()? }),
                None => None,
            };
            let view = View::Preview(self.store.read()?, onlooking);
            self.consume(Engine::new(view, rules, &library)?, drafts)?
        } else {
            self.store.transaction_by(&self.author(), |transaction| {
                let view = View::Apply(transaction);
                let mut report = self.consume(Engine::new(view, rules, &library)?, drafts)?;
                if transaction.has_changes() {
                    transaction.summarise(&report.to_string())?;
                    report.change_set = Some(transaction.change_set());
                }
                Ok(report)
            })?
        };
        report.dry_run = dry_run;
        if !dry_run && report.added + report.changed > BULK {
            // What was written is safe either way; a reader may keep the log from being cut now.
            let _busy = self.store.tidy();
        }
        Ok(report)
    }

    fn author(&self) -> Author {
        let name = self.source.as_deref().unwrap_or_else(|| self.format.as_str());
        let author = Author::of(format!("import {name}"));
        match &self.actor {
            Some(actor) => author.by(actor.clone()),
            None => author,
        }
    }

    fn open<'s>(
        &'s self,
        spool: &'s mut Spool,
        library: &'s Library,
    ) -> Result<Box<dyn Drafts<E> + 's>> {
        let columns = Columns::new::<E>(library, &self.columns);
        Ok(match self.format {
            Format::Csv => Box::new(CsvDrafts::open::<E>(spool, &columns, self.delimiter)?),
            Format::Json => Box::new(JsonDrafts::open::<E>(spool, columns, library)?),
            Format::Cerebrate => E::cerebrate(spool, library)?,
            Format::Misp => E::misp(spool, library)?,
        })
    }

    fn consume(
        &self,
        mut engine: Engine<'_, '_, E>,
        mut drafts: Box<dyn Drafts<E> + '_>,
    ) -> Result<ImportReport> {
        let (sender, receiver) = sync_channel(WAITING);
        thread::scope(|scope| {
            thread::Builder::new()
                .name("import".to_owned())
                .spawn_scoped(scope, move || read_all(drafts.as_mut(), &sender))
                .map_err(|source| {
                    Error::new(Kind::Exhausted, "read import", "no thread can be started")
                        .caused_by(source)
                })?;
            let mut rows = 0;
            let mut notices = Vec::new();
            for batch in receiver {
                let batch: Batch = batch?;
                rows += batch.drafts.len() as u64;
                for draft in batch.drafts {
                    if draft.external.is_some() && self.source.is_none() {
                        return Err(invalid("external ids need the name of their source")
                            .hint("name it, as with `--source members.csv`"));
                    }
                    engine.take(draft)?;
                }
                notices.extend(batch.notices);
                if let Some(progress) = &self.progress {
                    let Position { read, size } = batch.position;
                    let done = Progress { rows, bytes: read.min(size), size };
                    if let Ok(mut progress) = progress.try_borrow_mut() {
                        progress(done);
                    }
                }
                if self.cancel.is_some_and(|flag| flag.load(Ordering::Relaxed)) {
                    return Err(Error::new(Kind::Cancelled, "import", "the import was stopped")
                        .hint("nothing was written"));
                }
            }
            Ok(engine.finish(notices))
        })
    }
}

/// Sends everything there is, until nobody listens.
fn read_all<E>(drafts: &mut dyn Drafts<E>, sender: &SyncSender<Result<Batch>>) {
    loop {
        let mut batch = Batch { drafts: Vec::with_capacity(BATCH), ..Batch::default() };
        let mut size = 0;
        let more = loop {
            match drafts.next_draft() {
                Ok(Some(draft)) => {
                    size += weight(&draft);
                    batch.drafts.push(draft);
                }
                Ok(None) => break false,
                Err(error) => {
                    let _nobody = sender.send(Err(error));
                    return;
                }
            }
            if batch.drafts.len() >= BATCH || size > (1 << 20) {
                break true;
            }
        };
        batch.position = drafts.position();
        if !more {
            batch.notices = drafts.notices();
        }
        if sender.send(Ok(batch)).is_err() || !more {
            return;
        }
    }
}

/// Roughly how much memory a row takes, so that a batch of huge rows is a small one.
fn weight(draft: &Draft) -> usize {
    let texts: usize = draft.texts.iter().flatten().map(String::len).sum();
    let values: usize = draft.values.iter().map(|value| 200 + value.value.len()).sum();
    let broken = draft.problems.iter().filter(|(about, _)| *about == About::Row).count();
    texts + values + broken * 200
}

fn spooled<'i>(input: &'i mut Input<'_>) -> Result<&'i mut Spool> {
    if let Input::Waiting(source) = input {
        *input = Input::Kept(Spool::fill(source.as_mut())?);
    }
    match input {
        Input::Kept(spool) => Ok(spool),
        _ => Err(invalid("nothing was given to read").hint("say what, as with `csv(reader)`")),
    }
}
