//! Written times that say no more than the sort time does are stored as how they are written.
//!
//! `2020-03-25T00:00:14.647Z` beside that very sort time is stored as `=3`: RFC 3339 in UTC with
//! three digits after the second. Any other text is stored as it is, one that begins with `=`
//! behind another `=`. Both give the text back exactly.

use emma_model::Micros;
use std::borrow::Cow;

/// The longest text that is rendered: four digits of the year, six after the second.
const LENGTH_MAX: usize = "2020-03-25T00:00:14.647000Z".len();

/// How `raw` is stored beside `sort`.
pub fn shorten<'a>(raw: &'a str, sort: Option<Micros>) -> Cow<'a, str> {
    if let Some(sort) = sort {
        let digits = match raw.len() {
            20 => Some(0),
            22..=LENGTH_MAX => Some(raw.len() - 21),
            _ => None,
        };
        if let Some(digits) = digits
            && raw.as_bytes().last() == Some(&b'Z')
            && render(sort, digits).is_some_and(|(text, length)| text[..length] == *raw.as_bytes())
        {
            return Cow::Borrowed(["=0", "=1", "=2", "=3", "=4", "=5", "=6"][digits]);
        }
    }
    match raw.starts_with('=') {
        true => Cow::Owned(format!("={raw}")),
        false => Cow::Borrowed(raw),
    }
}

/// The text that [`shorten`] stored as `short`; `None` where it stored nothing like it.
pub fn lengthen(short: &str, sort: Option<Micros>) -> Option<String> {
    let Some(rest) = short.strip_prefix('=') else {
        return Some(short.to_owned());
    };
    if rest.starts_with('=') {
        return Some(rest.to_owned());
    }
    let digits = rest.parse().ok().filter(|digits| *digits <= 6)?;
    let (text, length) = render(sort?, digits)?;
    String::from_utf8(text[..length].to_vec()).ok()
}

/// `sort` as RFC 3339 in UTC with so many digits after the second; `None` outside the years 0 to
/// 9999 and where digits would be lost.
fn render(sort: Micros, digits: usize) -> Option<([u8; LENGTH_MAX], usize)> {
    let (days, micros) = (sort.div_euclid(86_400_000_000), sort.rem_euclid(86_400_000_000));
    let (year, month, day) = civil(days);
    if !(0..=9999).contains(&year) {
        return None;
    }
    let (seconds, mut fraction) = (micros / 1_000_000, micros % 1_000_000);
    for _ in digits..6 {
        if fraction % 10 != 0 {
            return None;
        }
        fraction /= 10;
    }
    let mut text = *b"0000-00-00T00:00:00.000000Z";
    put(&mut text[0..4], year);
    put(&mut text[5..7], month);
    put(&mut text[8..10], day);
    put(&mut text[11..13], seconds / 3600);
    put(&mut text[14..16], seconds / 60 % 60);
    put(&mut text[17..19], seconds % 60);
    let end = if digits == 0 { 19 } else { 20 + digits };
    put(&mut text[20..20 + digits], fraction);
    text[end] = b'Z';
    Some((text, end + 1))
}

fn put(place: &mut [u8], mut number: i64) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// Year, month and day of a day counted from 1970-01-01, in the proleptic Gregorian calendar
/// (years begin in March, so that the leap day is the last of its year).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 2020-03-25T00:00:14.647Z.
    const SORT: Micros = 1_585_094_414_647_000;

    #[test]
    fn a_text_that_says_no_more_is_stored_as_how_it_is_written() {
        assert_eq!(shorten("2020-03-25T00:00:14.647Z", Some(SORT)), "=3");
        assert_eq!(shorten("2020-03-25T00:00:14.647000Z", Some(SORT)), "=6");
        assert_eq!(shorten("2020-03-25T00:00:14Z", Some(SORT)), "2020-03-25T00:00:14Z");
        assert_eq!(
            shorten("2020-03-25T01:00:14.647+01:00", Some(SORT)),
            "2020-03-25T01:00:14.647+01:00"
        );
        assert_eq!(shorten("=3", None), "==3");
        assert_eq!(lengthen("=3", Some(SORT)).as_deref(), Some("2020-03-25T00:00:14.647Z"));
        assert_eq!(lengthen("=7", Some(SORT)), None);
        assert_eq!(lengthen("=3", None), None);
    }

    proptest! {
        #[test]
        fn every_text_comes_back(sort in proptest::option::of(any::<i64>()), text in ".{0,30}") {
            prop_assert_eq!(lengthen(&shorten(&text, sort), sort), Some(text));
        }

        #[test]
        fn rendered_instants_come_back(
            sort in -62_000_000_000_000_000i64..250_000_000_000_000_000,
            digits in 0usize..7,
        ) {
            let rounded = sort - sort.rem_euclid(10i64.pow(6 - digits as u32));
            let (text, length) = render(rounded, digits).unwrap();
            let text = String::from_utf8(text[..length].to_vec()).unwrap();
            prop_assert_eq!(shorten(&text, Some(rounded)), format!("={digits}"));
            prop_assert_eq!(lengthen(&format!("={digits}"), Some(rounded)), Some(text));
        }
    }
}
