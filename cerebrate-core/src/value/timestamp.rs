use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use crate::error::{Error, Kind};

/// A moment in UTC with second precision, as every peer stores it.
///
/// ```
/// use cerebrate_core::value::Timestamp;
///
/// let moment: Timestamp = "2026-11-24T05:49:25+01:00".parse()?;
/// assert_eq!(moment.to_string(), "2026-11-24T04:49:25Z");
/// assert_eq!(moment.unix(), 1_795_495_765);
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The last moment that can be written with a four-digit year.
    pub const MAX: Timestamp = Timestamp(253_402_300_799);
    /// The first moment of the year 0.
    pub const MIN: Timestamp = Timestamp(-62_167_219_200);

    /// The moment `seconds` after 1970-01-01T00:00:00Z, moved into [`Self::MIN`]`..=`[`Self::MAX`].
    pub const fn from_unix(seconds: i64) -> Self {
        if seconds < Self::MIN.0 {
            Self::MIN
        } else if seconds > Self::MAX.0 {
            Self::MAX
        } else {
            Timestamp(seconds)
        }
    }

    /// The moment `seconds` after 1970-01-01T00:00:00Z; `None` before [`Self::MIN`] and after
    /// [`Self::MAX`].
    pub const fn try_from_unix(seconds: i64) -> Option<Self> {
        if seconds < Self::MIN.0 || seconds > Self::MAX.0 { None } else { Some(Timestamp(seconds)) }
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub const fn unix(self) -> i64 {
        self.0
    }
}

impl FromStr for Timestamp {
    type Err = Error;

    /// Reads RFC 3339 with any offset, and `YYYY-MM-DD HH:MM:SS`, `YYYY-MM-DDTHH:MM:SS`, both
    /// without seconds, and `YYYY-MM-DD` as UTC. Fractions of a second are dropped. What lies
    /// before [`Self::MIN`] or after [`Self::MAX`] is refused.
    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let invalid = || {
            Error::new(Kind::Invalid, "read time", "not a date and time")
                .with("value", crate::problem::excerpt(text))
                .hint("write it as `2026-11-24T05:49:25Z`")
        };
        let read = |moment: OffsetDateTime| {
            Self::try_from_unix(moment.unix_timestamp()).ok_or_else(invalid)
        };
        if let Ok(moment) = OffsetDateTime::parse(text, &Rfc3339) {
            return read(moment);
        }
        let separated = format_description!(
            "[year]-[month]-[day][first [ ] [T]][hour]:[minute][optional [:[second]]]"
        );
        if let Ok(moment) = PrimitiveDateTime::parse(text, &separated) {
            return read(moment.assume_utc());
        }
        let date = format_description!("[year]-[month]-[day]");
        match time::Date::parse(text, &date) {
            Ok(date) => read(date.midnight().assume_utc()),
            Err(source) => Err(invalid().caused_by(source)),
        }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment =
            OffsetDateTime::from_unix_timestamp(self.0).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            moment.year(),
            u8::from(moment.month()),
            moment.day(),
            moment.hour(),
            moment.minute(),
            moment.second()
        )
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({self})")
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_usual_spelling_of_a_moment_is_read() {
        for text in [
            "2026-11-24T05:49:25+00:00",
            "2026-11-24T05:49:25Z",
            "2026-11-24 05:49:25",
            "2026-11-24T05:49:25",
            " 2026-11-24T06:49:25.75+01:00 ",
        ] {
            assert_eq!(text.parse::<Timestamp>().unwrap().unix(), 1_795_499_365, "{text}");
        }
        assert_eq!("2026-11-24 05:49".parse::<Timestamp>().unwrap().unix(), 1_795_499_340);
        assert_eq!("1970-01-02".parse::<Timestamp>().unwrap().unix(), 86_400);
        for text in ["", "yesterday", "2026-02-30", "2026-11-24T25:00:00Z", "1795499365"] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_moment_that_cannot_be_written_is_refused() {
        for text in [
            "-5000-01-01",
            "-0001-12-31 23:59:59",
            "-5000-01-01T00:00:00",
            "0000-01-01T00:00:00+05:00",
            "9999-12-31T23:59:59-05:00",
            "+12000-01-01",
        ] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
        assert_eq!("0000-01-01".parse::<Timestamp>().unwrap(), Timestamp::MIN);
        assert_eq!("9999-12-31T23:59:59Z".parse::<Timestamp>().unwrap(), Timestamp::MAX);
        assert_eq!(Timestamp::try_from_unix(Timestamp::MAX.unix() + 1), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(seconds in Timestamp::MIN.unix()..=Timestamp::MAX.unix()) {
            let moment = Timestamp::from_unix(seconds);
            prop_assert_eq!(moment.to_string().parse::<Timestamp>().unwrap(), moment);
        }
    }
}
