//! Finds where a record's time stands and how it is written.

use super::guess_names::{self, TIMES, is_number_name};
use super::guess_shape::Column;
use super::months;
use super::time::Format;
use super::time_pattern::month_names;

/// Where the time stands.
pub(super) struct TimeGuess<'c> {
    /// The columns: one, or a date and a clock.
    pub columns: Vec<&'c Column>,
    /// How they are written, the clock behind the date.
    pub format: String,
}

/// Formats of a whole time that are tried, in order.
#[rustfmt::skip]
const WHOLE: [&str; 44] = [
    "rfc3339", "epoch-s", "epoch-ms", "epoch-us", "epoch-ns",
    "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y%m%d %H:%M:%S", "%Y%m%d%H%M%S",
    "%Y.%m.%d %H:%M:%S", "%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d %H:%M:%S,%f", "%Y-%m-%d, %H:%M:%S",
    "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y, %H:%M:%S", "%d.%m.%Y, %H:%M",
    "%d.%m.%y, %H:%M:%S", "%d.%m.%y, %H:%M", "%d.%m.%y %H:%M:%S", "%d.%m.%y %H:%M",
    "%d.%m.%Y %H.%M",
    "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y, %H:%M:%S", "%d/%m/%Y, %H:%M",
    "%d/%m/%y %H:%M:%S", "%d/%m/%y %H:%M", "%d/%m/%y, %H:%M",
    "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%y, %I:%M %p", "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M %p", "%m/%d/%y %H:%M",
    "%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M", "%d-%b-%Y %H:%M:%S", "%d/%b/%Y:%H:%M:%S %z",
    "%d %B %Y %H:%M:%S", "%d %B %Y %H:%M", "%B %d, %Y %H:%M",
    "%b %d %Y %H:%M:%S", "%B %d, %Y %H:%M:%S",
];
/// Formats of a date alone.
#[rustfmt::skip]
const DATES: [&str; 13] = [
    "%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%d/%m/%y",
    "%m/%d/%Y", "%m/%d/%y", "%d-%m-%Y", "%d-%b-%Y", "%d %B %Y", "%B %d, %Y",
];
/// Formats of a clock alone.
#[rustfmt::skip]
const CLOCKS: [&str; 8] = [
    "%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%I:%M:%S %p", "%I:%M %p", "%H.%M.%S", "%H.%M", "%H%M%S",
];

/// The format that fits most of the values, if any fits more than half. `before` is a date to
/// put before values and formats that are clocks.
fn best(values: &[String], formats: &[&'static str], clock: bool) -> Option<&'static str> {
    const DAY: &str = "2004-12-25";
    let months = month_names(months::of_language("en").expect("English is known"));
    let filled: Vec<&String> = values.iter().filter(|value| !value.trim().is_empty()).collect();
    let mut best: Option<(usize, &str)> = None;
    for name in formats {
        let (pattern, before) = match clock {
            true => (format!("%Y-%m-%d {name}"), format!("{DAY} ")),
            false => ((*name).to_owned(), String::new()),
        };
        let format = Format::compile(&pattern, 0..0, &months, 70).expect("formats are tested");
        let fits = |value: &&&String| format.plausible(&format!("{before}{}", value.trim()));
        let fit = filled.iter().filter(fits).count();
        if fit * 2 > filled.len() && best.is_none_or(|(most, _)| fit > most) {
            best = Some((fit, name));
        }
    }
    let (most, name) = best?;
    // Where day and month may be either, records that follow each other lie close together.
    let swapped = match name {
        name if name.contains("%d/%m") => name.replace("%d/%m", "%m/%d"),
        name => name.replace("%m/%d", "%d/%m"),
    };
    if swapped == name {
        return Some(name);
    }
    let fits_as_well = |other: &&&str| {
        let format = Format::compile(other, 0..0, &months, 70).expect("formats are tested");
        **other == swapped
            && **other != name
            && filled.iter().filter(|value| format.plausible(value.trim())).count() == most
    };
    let other = formats.iter().find(fits_as_well);
    let day_first = |name: &str| name.contains("%d/%m");
    Some(match other {
        Some(other)
            if distance(&filled, day_first(other)) * 2 < distance(&filled, day_first(name)) =>
        {
            other
        }
        _ => name,
    })
}

/// Days from each date to the next, added up.
fn distance(values: &[&String], day_first: bool) -> i64 {
    let days = values.iter().filter_map(|value| {
        let (first, second, year) = numbers(value)?;
        let (day, month) = if day_first { (first, second) } else { (second, first) };
        // Near enough to tell days from months.
        Some(year * 365 + month * 30 + day)
    });
    let days: Vec<i64> = days.collect();
    days.windows(2).map(|two| (two[1] - two[0]).abs()).sum()
}

/// The three numbers of a date that is written with strokes.
fn numbers(value: &str) -> Option<(i64, i64, i64)> {
    let mut parts = value.trim().split(['/', ' ', ',']).map(str::parse::<i64>);
    Some((parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?))
}

/// True where a date can be read in one order only.
pub(super) fn settles(value: &str) -> bool {
    numbers(value).is_some_and(|(first, second, _)| first > 12 || second > 12)
}

/// How a whole time is written in the column, with its clock.
fn whole(column: &Column) -> Option<&'static str> {
    let format = best(&column.values, &WHOLE, false)?;
    // rfc3339 reads a date alone, too.
    let dated = |value: &String| value.trim().len() <= 10;
    (format != "rfc3339" || !column.values.iter().all(dated)).then_some(format)
}

/// Finds the time and takes its columns out of `left`.
pub(super) fn find<'c>(left: &mut Vec<&'c Column>) -> Option<TimeGuess<'c>> {
    let is_whole = |column: &Column| whole(column).is_some();
    let named = guess_names::take(left, TIMES, is_whole).or_else(|| {
        let at = left.iter().position(|column| {
            let written = whole(column).is_some_and(|format| !format.starts_with("epoch"));
            written && !column.values.is_empty()
        });
        let counted =
            || left.iter().position(|column| is_whole(column) && !is_number_name(&column.name));
        at.or_else(counted).map(|at| left.remove(at))
    });
    if let Some(column) = named {
        let format = whole(column).expect("the column was chosen by it").to_owned();
        return Some(TimeGuess { columns: vec![column], format });
    }
    let date_of = |column: &Column| best(&column.values, &DATES, false);
    let clock_of = |column: &Column| best(&column.values, &CLOCKS, true);
    let date =
        guess_names::take(left, TIMES, |column| date_of(column).is_some()).or_else(|| {
            let at = left
                .iter()
                .position(|column| !is_number_name(&column.name) && date_of(column).is_some())?;
            Some(left.remove(at))
        })?;
    let format = date_of(date).expect("the column was chosen by it");
    let clock = guess_names::take(left, TIMES, |column| clock_of(column).is_some()).or_else(|| {
        let colons = |column: &Column| column.values.iter().any(|value| value.contains(':'));
        let lasts = |column: &Column| guess_names::plain(&column.name).contains("dur");
        let at = left
            .iter()
            .position(|column| clock_of(column).is_some() && colons(column) && !lasts(column))?;
        Some(left.remove(at))
    });
    Some(match clock {
        None => TimeGuess { columns: vec![date], format: format.to_owned() },
        Some(clock) => {
            let clock_format = clock_of(clock).expect("the column was chosen by it");
            let format = format!("{format} {clock_format}");
            TimeGuess { columns: vec![date, clock], format }
        }
    })
}
