//! The table of figures.

use std::fmt::Write;

/// What has to be reached.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target {
    AtMost(f64),
    AtLeast(f64),
    /// Shown for comparison.
    None,
}

/// What a figure counts.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Unit {
    Nanoseconds,
    Microseconds,
    Milliseconds,
    PerSecond,
    Megabytes,
    Kilobytes,
    Times,
    Instructions,
}

/// All figures so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    what: String,
    figure: String,
    target: String,
    verdict: &'static str,
    how: String,
}

impl Report {
    /// Adds a figure, and shows it at once.
    pub(crate) fn add(
        &mut self,
        what: impl Into<String>,
        figure: f64,
        unit: Unit,
        target: Target,
        how: impl Into<String>,
    ) {
        let (target, met) = match target {
            Target::AtMost(most) => (format!("≤ {}", unit.show(most)), Some(figure <= most)),
            Target::AtLeast(least) => (format!("≥ {}", unit.show(least)), Some(figure >= least)),
            Target::None => (String::new(), None),
        };
        let row = Row {
            what: what.into(),
            figure: unit.show(figure),
            target,
            verdict: met.map_or("", |met| if met { "met" } else { "**missed**" }),
            how: how.into(),
        };
        println!("{}: {} {} {}", row.what, row.figure, row.target, row.verdict);
        self.rows.push(row);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many figures miss their target.
    pub(crate) fn missed(&self) -> usize {
        self.rows.iter().filter(|row| row.verdict.contains("missed")).count()
    }

    /// The table in Markdown.
    pub(crate) fn table(&self) -> String {
        let mut text = String::from(
            "| what | figure | target | | how it was measured |\n| --- | --: | --: | --- | --- |\n",
        );
        for row in &self.rows {
            let Row { what, figure, target, verdict, how } = row;
            let _ = writeln!(text, "| {what} | {figure} | {target} | {verdict} | {how} |");
        }
        text
    }
}

impl Unit {
    fn show(self, figure: f64) -> String {
        let unit = match self {
            Unit::Nanoseconds => " ns",
            Unit::Microseconds => " µs",
            Unit::Milliseconds => " ms",
            Unit::PerSecond => " /s",
            Unit::Megabytes => " MB",
            Unit::Kilobytes => " KB",
            Unit::Times => " ×",
            Unit::Instructions => " instructions",
        };
        format!("{}{unit}", digits(figure))
    }
}

/// Three digits that count, thousands apart.
fn digits(figure: f64) -> String {
    if figure >= 1_000.0 {
        return counted(figure.round() as usize);
    }
    let decimals = match figure {
        100.0.. => 0,
        10.0.. => 1,
        _ => 2,
    };
    let text = format!("{figure:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// A whole number, thousands apart.
pub(crate) fn counted(number: usize) -> String {
    let text = number.to_string();
    let mut apart = String::new();
    for (index, digit) in text.chars().enumerate() {
        if index > 0 && (text.len() - index).is_multiple_of(3) {
            apart.push(',');
        }
        apart.push(digit);
    }
    apart
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_keep_three_digits() {
        let shown = [0.123, 1.0, 12.34, 123.4, 100.0, 1234.5, 1_234_567.0].map(digits);
        assert_eq!(shown, ["0.12", "1", "12.3", "123", "100", "1,235", "1,234,567"]);
    }

    #[test]
    fn a_figure_is_held_against_its_target() {
        let mut report = Report::default();
        report.add("a", 3.0, Unit::Nanoseconds, Target::AtMost(3.0), "so");
        report.add("b", 3.0, Unit::PerSecond, Target::AtLeast(4.0), "so");
        report.add("c", 3.0, Unit::Times, Target::None, "so");
        assert_eq!(report.missed(), 1);
        let table = report.table();
        assert!(table.contains("| a | 3 ns | ≤ 3 ns | met | so |"), "{table}");
        assert!(table.contains("| b | 3 /s | ≥ 4 /s | **missed** | so |"), "{table}");
        assert!(table.contains("| c | 3 × |  |  | so |"), "{table}");
    }
}
