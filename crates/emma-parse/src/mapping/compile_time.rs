//! Compiles the [time] table.

use super::cells::CellNumber;
use super::compile::Maker;
use super::compile_fields::mentioned;
use super::error::Problem;
use super::fields::{Expression, TimeField};
use super::months;
use super::schema::{ClockName, FieldTable, Precision, TimeTable};
use super::time::{Format, TimeRule, ZoneRule};
use super::time_pattern::{DAY, HOUR, MINUTE, SECOND, month_names};
use emma_model::Clock;
use toml::Spanned;

/// Two-digit years below this are 20xx unless the mapping says otherwise.
const PIVOT: u8 = 70;

impl Maker {
    pub(super) fn time(&mut self, time: &Spanned<TimeTable>) -> Result<TimeField, Problem> {
        let span = time.span();
        let time = time.get_ref();
        let table = FieldTable {
            column: time.column.clone(),
            template: time.template.clone(),
            value: time.value.clone(),
            absent: time.absent.clone(),
            // Formats skip blanks themselves; only "no time" must be told through them.
            trim: Some(!time.absent.as_ref().unwrap_or(&self.absent).is_empty()),
            ..FieldTable::default()
        };
        let expression = self.table_expression(&table, span)?;
        let field = self.finish(expression, &table, false);
        let mut cells = Vec::new();
        mentioned(&field.expression, &mut cells, &mut false);
        let own: Vec<CellNumber> =
            cells.iter().copied().filter(|cell| !self.is_foreign(*cell)).collect();
        let composed = matches!(field.expression, Expression::Template(_));
        let borrows_date = composed && !field.foreign.is_empty();
        let months = month_list(time)?;
        let pivot = match &time.pivot {
            Some(pivot) if *pivot.get_ref() > 100 => {
                return Err(Problem::new(pivot.span(), "the pivot is 0 to 100")
                    .suggest("two-digit years below it are 20xx, the others 19xx"));
            }
            pivot => pivot.as_ref().map_or(PIVOT, |pivot| *pivot.get_ref()),
        };
        if time.format.0.is_empty() {
            return Err(Problem::new(0..0, "`format` lists no time format"));
        }
        let mut formats = Vec::new();
        for format in &time.format.0 {
            formats.push(Format::compile(format.get_ref(), format.span(), &months, pivot)?);
        }
        let zone = match &time.zone {
            Some(zone) => ZoneRule::compile(zone.get_ref(), zone.span())?,
            None => ZoneRule::Unknown,
        };
        let width_min = time.precision.map_or(0, width);
        let clock = clock(time.clock);
        let day_rolls = time.day_rolls.unwrap_or(borrows_date);
        let rule = TimeRule { formats, zone, clock, width_min, day_rolls };
        Ok(TimeField { field, rule, own })
    }
}

fn month_list(time: &TimeTable) -> Result<Vec<(String, u32)>, Problem> {
    if let Some(names) = &time.months {
        let list = names.get_ref();
        if list.len() != 12 {
            let message = format!("`months` lists {} names, a year has 12", list.len());
            return Err(Problem::new(names.span(), message)
                .suggest("separate spellings of one month by a bar: \"jan|january\""));
        }
        let numbered = list.iter().zip(1u32..);
        return Ok(numbered
            .flat_map(|(names, month)| {
                names.split('|').map(move |name| (name.trim().to_lowercase(), month))
            })
            .filter(|(name, _)| !name.is_empty())
            .collect());
    }
    let Some(language) = &time.language else {
        return Ok(month_names(months::of_language("en").expect("English is known")));
    };
    let known = months::of_language(language.get_ref()).ok_or_else(|| {
        let codes: Vec<&str> = months::LANGUAGES.iter().map(|(code, _)| *code).collect();
        let message = format!("emma has no month names for `{}`", language.get_ref());
        Problem::new(language.span(), message).suggest(format!(
            "known: {}; list others with months = [twelve names]",
            codes.join(", ")
        ))
    })?;
    Ok(month_names(known))
}

/// Microseconds of a declared precision.
fn width(precision: Precision) -> i64 {
    match precision {
        Precision::Day => DAY,
        Precision::Hour => HOUR,
        Precision::Minute => MINUTE,
        Precision::Second => SECOND,
        Precision::Millisecond => 1_000,
        Precision::Microsecond => 1,
    }
}

fn clock(name: ClockName) -> Clock {
    match name {
        ClockName::Sent => Clock::Sent,
        ClockName::Received => Clock::Received,
        ClockName::Captured => Clock::Captured,
        ClockName::Delivered => Clock::Delivered,
        ClockName::Unstated => Clock::Unstated,
    }
}
