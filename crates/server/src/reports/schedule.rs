//! When a schedule runs next: at a time of day in a time zone (IANA), whatever
//! the clocks there do.
//!
//! A time that a change of the clocks leaves out is taken as much later as the
//! clocks go forward; one that comes twice is its first.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use sekisho_model::Timestamp;
use sekisho_model::report::Every;

/// So far ahead the next day of a schedule is looked for: each month has one.
const MAX_DAYS_AHEAD: usize = 70;

/// Why something is no schedule: the field, and a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The field.
    pub field: &'static str,
    /// What was found and what is expected.
    pub detail: String,
}

/// How often, on which day, at which minute, where.
#[derive(Clone, Debug)]
pub struct Rhythm {
    every: Every,
    day: Option<u32>,
    minute: u32,
    zone: TimeZone,
}

impl Rhythm {
    /// Checks what belongs together.
    ///
    /// # Errors
    /// [`Invalid`] names the field.
    pub fn new(every: Every, day: Option<u32>, minute: u32, zone: &str) -> Result<Self, Invalid> {
        let expected = match every {
            Every::Day => None,
            Every::Week => Some((7, "the day of the week, 1 (Monday) to 7 (Sunday)")),
            Every::Month => Some((31, "the day of the month, 1 to 31")),
        };
        match (expected, day) {
            (None, None) => {}
            (None, Some(found)) => {
                let detail = format!("'day' is {found}, but it runs each day; leave 'day' out");
                return Err(Invalid { field: "day", detail });
            }
            (Some((_, what)), None) => {
                let detail = format!("'day' is missing; give {what}");
                return Err(Invalid { field: "day", detail });
            }
            (Some((last, what)), Some(found)) => {
                if !(1..=last).contains(&found) {
                    let detail = format!("'day' is {found}; give {what}");
                    return Err(Invalid { field: "day", detail });
                }
            }
        }
        if minute >= 24 * 60 {
            let detail = format!("the minute {minute} is in no day");
            return Err(Invalid { field: "at", detail });
        }
        let known = TimeZone::get(zone).map_err(|_| {
            let found: String = zone.chars().take(64).collect();
            let detail = format!("'zone' is '{found}'; give a time zone like Asia/Tokyo or UTC");
            Invalid { field: "zone", detail }
        })?;
        Ok(Self { every, day, minute, zone: known })
    }

    /// The name of its time zone, as the zones' database spells it.
    pub fn zone(&self) -> String {
        self.zone.iana_name().unwrap_or("UTC").to_owned()
    }

    /// The first time after an instant; `None`: beyond all calendars.
    pub fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        let after = jiff::Timestamp::from_millisecond(after.as_millis()).ok()?;
        let mut date = after.to_zoned(self.zone.clone()).date();
        for _ in 0..MAX_DAYS_AHEAD {
            if self.is_on(date) {
                let (hour, minute) = (self.minute / 60, self.minute % 60);
                let at = date.at(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0);
                let at = at.to_zoned(self.zone.clone()).ok()?.timestamp();
                if at > after {
                    return Some(Timestamp::from_millis(at.as_millisecond()));
                }
            }
            date = date.tomorrow().ok()?;
        }
        None
    }

    fn is_on(&self, date: Date) -> bool {
        let day = self.day.and_then(|day| i8::try_from(day).ok()).unwrap_or(1);
        match self.every {
            Every::Day => true,
            Every::Week => date.weekday().to_monday_one_offset() == day,
            Every::Month => date.day() == day.min(date.days_in_month()),
        }
    }

    /// An instant as people there write it, to the minute.
    pub fn shown(&self, at: Timestamp) -> String {
        match jiff::Timestamp::from_millisecond(at.as_millis()) {
            Ok(at) => at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string(),
            Err(_) => at.to_string(),
        }
    }
}

/// `09:30` as a minute of the day.
///
/// # Errors
/// [`Invalid`] names the field `at`.
pub fn minute_of(text: &str) -> Result<u32, Invalid> {
    let parsed = || {
        let (hour, minute) = text.split_once(':')?;
        let is_two = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        if !is_two(hour) || !is_two(minute) {
            return None;
        }
        let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
        (hour < 24 && minute < 60).then_some(hour * 60 + minute)
    };
    parsed().ok_or_else(|| {
        let found: String = text.chars().take(20).collect();
        let detail = format!("'at' is '{found}'; give a time of day from 00:00 to 23:59");
        Invalid { field: "at", detail }
    })
}

/// A minute of the day as `09:30`.
pub fn at_of(minute: u32) -> String {
    format!("{:02}:{:02}", minute / 60 % 24, minute % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rhythm(every: Every, day: Option<u32>, at: &str, zone: &str) -> Rhythm {
        Rhythm::new(every, day, minute_of(at).expect("a time"), zone).expect("a rhythm")
    }

    fn runs(rhythm: &Rhythm, from: &str, count: usize) -> Vec<String> {
        let mut at: Timestamp = from.parse().expect("a time");
        let mut all = Vec::new();
        for _ in 0..count {
            at = rhythm.next_after(at).expect("a next time");
            all.push(at.to_string()[..16].to_owned());
        }
        all
    }

    #[test]
    fn each_day_week_and_month_at_a_time_of_the_place() {
        let daily = rhythm(Every::Day, None, "09:00", "Asia/Tokyo");
        assert_eq!(
            runs(&daily, "2026-05-01T00:00:00Z", 2),
            ["2026-05-02T00:00", "2026-05-03T00:00"],
            "an instant is not after itself"
        );
        let mondays = rhythm(Every::Week, Some(1), "07:30", "UTC");
        assert_eq!(
            runs(&mondays, "2026-05-01T09:00:00Z", 2),
            ["2026-05-04T07:30", "2026-05-11T07:30"]
        );
        let last = rhythm(Every::Month, Some(31), "00:00", "UTC");
        assert_eq!(
            runs(&last, "2026-01-31T00:00:00Z", 3),
            ["2026-02-28T00:00", "2026-03-31T00:00", "2026-04-30T00:00"],
            "a month without such a day has its last one"
        );
    }

    #[test]
    fn a_change_of_the_clocks_neither_skips_nor_doubles_a_run() {
        // 2026-03-29 02:00 → 03:00, 2026-10-25 03:00 → 02:00.
        let berlin = rhythm(Every::Day, None, "02:30", "Europe/Berlin");
        assert_eq!(
            runs(&berlin, "2026-03-28T12:00:00Z", 2),
            ["2026-03-29T01:30", "2026-03-30T00:30"]
        );
        assert_eq!(
            runs(&berlin, "2026-10-24T12:00:00Z", 2),
            ["2026-10-25T00:30", "2026-10-26T01:30"]
        );
    }

    #[test]
    fn what_is_no_schedule_is_named() {
        let field = |every, day, zone| Rhythm::new(every, day, 0, zone).expect_err("invalid").field;
        assert_eq!(field(Every::Day, Some(1), "UTC"), "day");
        assert_eq!(field(Every::Week, None, "UTC"), "day");
        assert_eq!(field(Every::Week, Some(8), "UTC"), "day");
        assert_eq!(field(Every::Month, Some(32), "UTC"), "day");
        assert_eq!(field(Every::Day, None, "Mars/Olympus"), "zone");
        assert_eq!(field(Every::Day, None, "../../etc/passwd"), "zone");
        for wrong in ["9:00", "24:00", "12:60", "noon", "12:00:00", "-1:00", ""] {
            assert!(minute_of(wrong).is_err(), "{wrong}");
        }
        assert_eq!((minute_of("23:59"), at_of(1439).as_str()), (Ok(1439), "23:59"));
    }

    #[test]
    fn times_are_shown_with_their_zone() {
        let tokyo = rhythm(Every::Day, None, "09:00", "asia/tokyo");
        assert_eq!(tokyo.zone(), "Asia/Tokyo");
        let at = "2026-05-01T00:00:00Z".parse().expect("a time");
        assert_eq!(tokyo.shown(at), "2026-05-01 09:00 JST");
    }
}
