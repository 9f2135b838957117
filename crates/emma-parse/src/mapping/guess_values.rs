//! Tells fields by what columns hold, where their names say nothing.

use super::guess_shape::Column;
use std::collections::BTreeSet;

/// Share of one column's different values that must stand in another too, of 100, for both to
/// be parties of one talk.
const SHARED_PERCENT: usize = 50;
/// Longest name of a party, in characters, on average.
const PARTY_CHARS_MAX: usize = 40;

/// Takes the column that looks like what was said: words with blanks between them, hardly ever
/// the same twice; of several the longest.
pub(super) fn text<'c>(left: &mut Vec<&'c Column>) -> Option<&'c Column> {
    let said = |column: &&Column| {
        let values = filled(column);
        let spaced = values.iter().filter(|value| value.contains(' ')).count();
        let different: BTreeSet<_> = values.iter().collect();
        !column.list
            && values.len() >= 2
            && spaced * 100 >= values.len() * 40
            && different.len() * 2 >= values.len()
            && average(&values) >= 6
    };
    let mut found: Vec<usize> = (0..left.len()).filter(|at| said(&left[*at])).collect();
    found.sort_by_key(|at| std::cmp::Reverse(average(&filled(left[*at]))));
    found.first().map(|at| left.remove(*at))
}

/// Takes the columns that look like sender and recipient: beside one that is known the column
/// that holds the same names, else the first two that hold the same.
pub(super) fn parties<'c>(
    left: &mut Vec<&'c Column>,
    from: Option<&Column>,
    to: Option<&Column>,
) -> (Option<&'c Column>, Option<&'c Column>) {
    let beside = |left: &mut Vec<&'c Column>, known: &Column| {
        let at = left.iter().position(|column| is_party(column) && alike(column, known))?;
        Some(left.remove(at))
    };
    match (from, to) {
        (Some(from), None) => (None, beside(left, from)),
        (None, Some(to)) => (beside(left, to), None),
        (Some(_), Some(_)) => (None, None),
        (None, None) => {
            let pair = (0..left.len()).find_map(|first| {
                let second = (first + 1..left.len()).find(|second| {
                    is_party(left[first])
                        && is_party(left[*second])
                        && alike(left[first], left[*second])
                })?;
                Some((first, second))
            });
            let Some((first, second)) = pair else { return (None, None) };
            let to = left.remove(second);
            (Some(left.remove(first)), Some(to))
        }
    }
}

/// A few of a column's values, for a person who checks.
pub(super) fn some(column: &Column) -> String {
    let mut seen = BTreeSet::new();
    let values = column.values.iter().filter(|value| seen.insert(value.as_str())).take(3);
    let short = |value: &String| value.replace(char::is_control, " ").chars().take(24).collect();
    values.map(short).collect::<Vec<String>>().join(", ")
}

fn is_party(column: &Column) -> bool {
    let values = filled(column);
    let different: BTreeSet<_> = values.iter().collect();
    // Short numbers count something; long ones may be phones.
    let counts = |value: &&&str| value.parse::<f64>().is_ok() && value.len() < 6;
    values.len() >= 2
        && different.len() >= 2
        && average(&values) <= PARTY_CHARS_MAX
        && values.iter().filter(counts).count() * 2 < values.len()
}

fn alike(a: &Column, b: &Column) -> bool {
    let set = |column: &Column| -> BTreeSet<String> {
        filled(column).into_iter().map(str::to_lowercase).collect()
    };
    let (a, b) = (set(a), set(b));
    let shared = a.intersection(&b).count();
    shared >= 2 && shared * 100 >= a.len().min(b.len()) * SHARED_PERCENT
}

fn filled(column: &Column) -> Vec<&str> {
    column.values.iter().map(|value| value.trim()).filter(|value| !value.is_empty()).collect()
}

fn average(values: &[&str]) -> usize {
    let characters: usize = values.iter().map(|value| value.chars().count()).sum();
    characters.checked_div(values.len()).unwrap_or(0)
}
