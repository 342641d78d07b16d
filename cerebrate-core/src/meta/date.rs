//! Dates as template fields take them.

use std::sync::LazyLock;

use regex::Regex;

/// The values that a field of type `date` takes under the strict profile, as a pattern that Rust
/// and ECMAScript read alike. The forms are those of peers since release 1.39:
///
/// `YYYY-MM-DD`, the same followed by a blank and `HH:MM:SS`, or by `T`, `HH:MM:SS` and perhaps a
/// zone; `YYYY/MM/DD`; `DD-MM-YYYY`; `DD/MM/YYYY`; `YYYY-MM`; `YYYY`. Months, days and hours may
/// have one digit, a year has four, blanks around do not count, and the day must exist. A zone is
/// `Z`, `UTC`, `GMT`, an offset such as `+02:00`, or the name of a region such as `Europe/Paris`.
pub(super) static PATTERN: LazyLock<String> = LazyLock::new(|| {
    let time = "(?:[01]?[0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]";
    let zone = format!(
        " ?(?:[Zz]|UTC|GMT|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?|(?:{})(?:/[A-Z][A-Za-z0-9_+-]*){{1,2}})",
        REGIONS.join("|")
    );
    let hyphens = year_month_day("-");
    let slashes = year_month_day("/");
    let day_first = ["-", "/"].map(day_month_year).join("|");
    format!(
        "^[ \\t\\r\\n]*(?:{hyphens}(?: {time}|T{time}(?:{zone})?)?|{slashes}|{day_first}|\
         {YEAR}-{MONTH}|{YEAR})[ \\t\\r\\n]*$"
    )
});

static FORMS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&PATTERN).ok());

/// Whether the text is a date in one of the forms of [`PATTERN`].
pub(super) fn is_date(text: &str) -> bool {
    FORMS.as_ref().is_some_and(|forms| forms.is_match(text))
}

/// The first parts of the names of time zones.
const REGIONS: [&str; 11] = [
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Etc",
    "Europe",
    "Indian",
    "Pacific",
];

const YEAR: &str = "[0-9]{4}";
const MONTH: &str = "(?:0?[1-9]|1[0-2])";

/// The years that have a 29 February.
const LEAP_YEAR: &str =
    "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)";

/// Months with the days that all of them have.
const DAYS: [(&str, &str); 3] = [
    ("(?:0?[13578]|1[02])", "(?:0?[1-9]|[12][0-9]|3[01])"),
    ("(?:0?[469]|11)", "(?:0?[1-9]|[12][0-9]|30)"),
    ("0?2", "(?:0?[1-9]|1[0-9]|2[0-8])"),
];

fn year_month_day(separator: &str) -> String {
    let days = DAYS.map(|(month, day)| format!("{month}{separator}{day}")).join("|");
    format!("(?:{YEAR}{separator}(?:{days})|{LEAP_YEAR}{separator}0?2{separator}29)")
}

fn day_month_year(separator: &str) -> String {
    let days = DAYS.map(|(month, day)| format!("{day}{separator}{month}")).join("|");
    format!("(?:(?:{days}){separator}{YEAR}|29{separator}0?2{separator}{LEAP_YEAR})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_that_peers_take_are_dates() {
        for text in [
            "1998",
            " 1998 ",
            "1998\n",
            "1998-1",
            "1998-12",
            "2026-1-5",
            "2026-01-05",
            "25/04/2026",
            "01-02-2026",
            "1-2-2026",
            "3/4/2026",
            "2026/01/31",
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00+02:00",
            "2026-01-01T00:00:00-0330",
            "2026-01-01T00:00:00 Europe/Paris",
            "2026-01-01T00:00:00Europe/Paris",
            "2026-01-01T00:00:00 America/Argentina/Buenos_Aires",
            "2026-01-01T00:00:00",
            "2026-01-01 00:00:00",
            "2026-01-01 7:00:00",
            "2024-02-29",
            "2000-02-29",
            "29/02/2024",
            "0000-01-01",
        ] {
            assert!(is_date(text), "{text:?}");
        }
    }

    #[test]
    fn other_texts_are_not() {
        for text in [
            "",
            " ",
            "98",
            "0",
            "98-01-02",
            "2026-02-30",
            "2026-13",
            "2026-00-01",
            "2026-01-00",
            "2026-04-31",
            "04/25/2026",
            "20260101",
            "19980",
            "2026-01-01T00:00",
            "2026-01-01T00:00:00.5Z",
            "2026-01-01 00:00:00Z",
            "01.02.2026",
            "12/1998",
            "March 1998",
            "2026-01-01 25:00:00",
            "2026-01-01 24:00:00",
            "2026-01-01 00:60:00",
            "2023-02-29",
            "1900-02-29",
            "29/02/2023",
            "2026-01/01",
            "2026-1-1-1",
            "2026-01-01T00:00:00 Nowhere/Paris",
            "\u{661}\u{669}\u{669}\u{668}",
            "1998\u{a0}",
            "x1998",
        ] {
            assert!(!is_date(text), "{text:?}");
        }
    }

    #[test]
    fn every_day_of_the_calendar_and_no_other() {
        let days_of = |year: u32, month: u32| match month {
            2 if year.is_multiple_of(4)
                && (!year.is_multiple_of(100) || year.is_multiple_of(400)) =>
            {
                29
            }
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        for year in [0, 4, 96, 100, 400, 1600, 1700, 1999, 2000, 2004, 2026, 2100, 9996, 9999] {
            for month in 0..=13 {
                for day in 0..=32 {
                    let exists =
                        (1..=12).contains(&month) && day >= 1 && day <= days_of(year, month);
                    for text in [
                        format!("{year:04}-{month:02}-{day:02}"),
                        format!("{year:04}/{month}/{day}"),
                        format!("{day}-{month}-{year:04}"),
                        format!("{day:02}/{month:02}/{year:04}"),
                    ] {
                        assert_eq!(is_date(&text), exists, "{text}");
                    }
                }
            }
        }
    }
}
