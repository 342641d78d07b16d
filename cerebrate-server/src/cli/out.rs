//! The one place that prints: data to stdout, talk to stderr.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, BufWriter, IsTerminal as _, Write as _};

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};
use anstyle::Style;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::failure::Stop;

/// Headings and names.
pub(crate) const STRONG: Style = Style::new().bold();
/// What is said beside the point.
pub(crate) const FAINT: Style = Style::new().dimmed();

/// Where a command writes what it found.
pub(crate) struct Out {
    /// Whether stdout gets one JSON document instead of text.
    json: bool,
    quiet: bool,
    /// Whether stdout shows styles.
    styles: bool,
    stdout: BufWriter<io::StdoutLock<'static>>,
}

impl Out {
    pub(crate) fn new(json: bool, quiet: bool) -> Self {
        let stdout = io::stdout().lock();
        let styles = AutoStream::choice(&stdout) != ColorChoice::Never;
        Out { json, quiet, styles, stdout: BufWriter::with_capacity(64 * 1024, stdout) }
    }

    /// Whether the answer is to be JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Writes text as it is.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), Stop> {
        self.stdout.write_all(text.as_bytes()).map_err(Stop::of_output)
    }

    /// Writes a line, styled where styles are seen.
    pub(crate) fn line(&mut self, line: &str) -> Result<(), Stop> {
        if self.styles {
            self.text(line)?;
        } else {
            self.text(&strip_str(line).to_string())?;
        }
        self.text("\n")
    }

    /// Where data goes that others write.
    pub(crate) fn raw(&mut self) -> &mut impl io::Write {
        &mut self.stdout
    }

    /// Writes one JSON document, readable for people too.
    pub(crate) fn document(&mut self, document: &impl Serialize) -> Result<(), Stop> {
        serde_json::to_writer_pretty(&mut self.stdout, document)
            .map_err(|error| Stop::of_output(error.into()))?;
        self.text("\n")
    }

    /// Writes a JSON value in one line, without its end.
    pub(crate) fn compact(&mut self, value: &impl Serialize) -> Result<(), Stop> {
        serde_json::to_writer(&mut self.stdout, value)
            .map_err(|error| Stop::of_output(error.into()))
    }

    /// Ends the output before an error is told. Half a JSON document is of no use: what has not left
    /// yet is dropped. Text that was found belongs before the error.
    pub(crate) fn break_off(&mut self) {
        if self.json {
            let stdout = BufWriter::new(io::stdout().lock());
            let _ = std::mem::replace(&mut self.stdout, stdout).into_parts();
        } else {
            // The error that is told next matters more than this one.
            let _ = self.flush();
        }
    }

    /// Everything so far reaches its reader.
    pub(crate) fn flush(&mut self) -> Result<(), Stop> {
        self.stdout.flush().map_err(Stop::of_output)
    }

    /// Says something on stderr, unless silence was asked for.
    pub(crate) fn say(&mut self, message: &str) -> Result<(), Stop> {
        if !self.quiet {
            self.flush()?;
            talk(&format!("{}\n", visible(message)));
        }
        Ok(())
    }

    /// Warns on stderr, also where silence was asked for.
    pub(crate) fn warn(&mut self, message: &str) -> Result<(), Stop> {
        self.flush()?;
        talk(&super::failure::warning(message));
        Ok(())
    }

    /// The same beside data that is written meanwhile: not where both would meet on a terminal.
    pub(crate) fn progress_beside(&self, what: &'static str) -> ProgressBar {
        if io::stdout().is_terminal() { ProgressBar::hidden() } else { self.progress(None, what) }
    }

    /// A progress bar on stderr: seen only where stderr is a terminal and nobody asked for silence.
    pub(crate) fn progress(&self, total: Option<u64>, what: &'static str) -> ProgressBar {
        if self.quiet {
            return ProgressBar::hidden();
        }
        let bar = match total {
            Some(total) => {
                ProgressBar::new(total).with_style(style("{msg} {wide_bar} {percent}%, {eta} left"))
            }
            None => ProgressBar::new_spinner().with_style(style("{spinner} {msg} {human_pos}")),
        };
        bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        bar.with_message(what)
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// Writes to stderr. Where that is gone, there is nobody left to tell.
pub(crate) fn talk(text: &str) {
    let _ = AutoStream::auto(io::stderr()).write_all(text.as_bytes());
}

/// Foreign text as a terminal may show it: what would move the cursor, hide or reorder text is
/// spelled out.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    let harmless = |character: char| !is_unseen(character);
    if text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            character if harmless(character) => shown.push(character),
            character => {
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(character));
            }
        }
    }
    Cow::Owned(shown)
}

fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// Lines of cells, lined up.
pub(crate) struct Table {
    headings: Vec<&'static str>,
    headed: bool,
    rows: Vec<Vec<String>>,
}

/// How many rows are lined up together: a long list is written as it is read.
const TOGETHER: usize = 500;

/// The widest cell that others are lined up with.
const WIDEST: usize = 60;

impl Table {
    pub(crate) fn new(headings: Vec<&'static str>) -> Self {
        Table { headings, headed: false, rows: Vec::new() }
    }

    /// Adds a row; writes what has gathered when that is much.
    pub(crate) fn row(&mut self, out: &mut Out, cells: Vec<String>) -> Result<(), Stop> {
        self.rows.push(cells.into_iter().map(|cell| visible(&cell).into_owned()).collect());
        if self.rows.len() >= TOGETHER { self.write(out) } else { Ok(()) }
    }

    /// Writes the rest.
    pub(crate) fn end(mut self, out: &mut Out) -> Result<(), Stop> {
        self.write(out)
    }

    fn write(&mut self, out: &mut Out) -> Result<(), Stop> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let mut widths: Vec<usize> = self.headings.iter().map(|heading| heading.width()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width().min(WIDEST));
            }
        }
        if !self.headed {
            let headings = self.headings.iter().map(|heading| (*heading).to_owned());
            out.line(&format!("{STRONG}{}{STRONG:#}", lined_up(headings, &widths)))?;
            self.headed = true;
        }
        self.rows.drain(..).try_for_each(|row| out.line(&lined_up(row, &widths)))
    }
}

fn lined_up(cells: impl IntoIterator<Item = String>, widths: &[usize]) -> String {
    let mut line = String::new();
    for (index, cell) in cells.into_iter().enumerate() {
        if index > 0 {
            line.push_str("  ");
        }
        line.push_str(&cell);
        let width = widths.get(index).copied().unwrap_or(0);
        line.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.width())));
    }
    line.truncate(line.trim_end().len());
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_the_cursor_or_hides_text_is_spelled_out() {
        assert_eq!(visible("CERT Ö 日本"), "CERT Ö 日本");
        assert_eq!(visible("a\u{1b}[2Jb\nc"), "a\\u{1b}[2Jb\\nc");
        assert_eq!(visible("x\u{202e}y\u{200b}"), "x\\u{202e}y\\u{200b}");
    }

    #[test]
    fn cells_line_up_by_what_is_seen() {
        let widths = [4, 2];
        let line = |cells: [&str; 2]| lined_up(cells.map(str::to_owned), &widths);
        assert_eq!(line(["ab", "c"]), "ab    c");
        assert_eq!(line(["日本", "c"]), "日本  c");
        assert_eq!(line(["a", ""]), "a");
    }
}
