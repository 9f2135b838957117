//! In which order the numbers of a date stand, told from all dates of the file.
//!
//! A number above 12 is no month; dates that jump back are read wrongly; no locale writes the
//! month first with dots or hyphens. Where all that leaves two readings, both count.

use super::header::Header;
use jiff::civil::Date;

const DAY_SECONDS: i64 = 86_400;
/// WhatsApp began in 2009: two digits below that are no year.
const SHORT_YEAR_MIN: u32 = 9;
/// Years from here on are of the Buddhist calendar, which phones in Thai use.
const BUDDHIST_YEAR_MIN: u32 = 2_400;
const BUDDHIST_YEARS: u32 = 543;

/// Which of day, month and year stands first. Two orders are in use with the year last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reading {
    Day,
    Month,
    Year,
}

impl Reading {
    const ALL: [Reading; 3] = [Reading::Day, Reading::Month, Reading::Year];

    /// The date that `header` writes in this order, if it is one.
    pub fn date(self, header: &Header<'_>) -> Option<Date> {
        let [first, second, third] = header.numbers;
        let (year, month, day, digits) = match self {
            Reading::Day => (third, second, first, header.digits[2]),
            Reading::Month => (third, first, second, header.digits[2]),
            Reading::Year => (first, second, third, header.digits[0]),
        };
        let year = match (year, digits) {
            (short, 1 | 2) if short < SHORT_YEAR_MIN => return None,
            (short, 1 | 2) => 2_000 + short,
            (long, _) if long >= BUDDHIST_YEAR_MIN => long - BUDDHIST_YEARS,
            (long, _) if long < 1_970 => return None,
            (long, _) => long,
        };
        Date::new(year as i16, month as i8, day as i8).ok()
    }
}

/// The readings that stay possible; two where the order cannot be told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Order {
    One(Reading),
    DayOrMonth,
}

/// Goes through the dates of a file, read in each order.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Orders {
    tallies: [Tally; 3],
    slashes: bool,
    /// Day and month are different numbers somewhere.
    differs: bool,
}

#[derive(Clone, Copy, Default, Debug)]
struct Tally {
    impossible: u64,
    back: u64,
    last: Option<i64>,
}

impl Orders {
    /// Takes the next header. A year of four digits in front leaves nothing to tell.
    pub fn take(&mut self, header: &Header<'_>) {
        if header.digits[0] == 4 {
            return;
        }
        self.slashes |= header.separator == '/';
        self.differs |= header.numbers[0] != header.numbers[1];
        for (reading, tally) in Reading::ALL.into_iter().zip(&mut self.tallies) {
            let Some(date) = reading.date(header) else {
                tally.impossible += 1;
                continue;
            };
            let day = days(date);
            // The order of receipt is not quite that of sending.
            tally.back += u64::from(tally.last.is_some_and(|last| day + 1 < last));
            tally.last = Some(day);
        }
    }

    /// The order, as far as it can be told.
    pub fn decide(&self) -> Order {
        let [day, month, year] = self.tallies;
        let fewest = day.impossible.min(month.impossible);
        if year.impossible < fewest
            || year.impossible == fewest && year.back < day.back.min(month.back)
        {
            return Order::One(Reading::Year);
        }
        if day.impossible != month.impossible {
            return Order::One(match day.impossible < month.impossible {
                true => Reading::Day,
                false => Reading::Month,
            });
        }
        if day.back * 2 <= month.back && month.back > 0 {
            return Order::One(Reading::Day);
        }
        if month.back * 2 <= day.back && day.back > 0 {
            return Order::One(Reading::Month);
        }
        match self.slashes && self.differs {
            true => Order::DayOrMonth,
            false => Order::One(Reading::Day),
        }
    }
}

/// Days since 1970.
pub(super) fn days(date: Date) -> i64 {
    let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).expect("dates of four digits fit");
    midnight.timestamp().as_second().div_euclid(DAY_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::super::header;
    use super::*;

    fn order(dates: &[&str]) -> Order {
        let mut orders = Orders::default();
        for date in dates {
            let line = format!("{date}, 10:00 - Heron: hi");
            orders.take(&header::parse(&line).expect("a header"));
        }
        orders.decide()
    }

    #[test]
    fn the_order_is_told_from_all_dates_together() {
        let one = Order::One;
        assert_eq!(order(&["1/2/20", "31/2/20", "13/3/20"]), one(Reading::Day));
        assert_eq!(order(&["1/2/20", "1/13/20"]), one(Reading::Month));
        // 1, 2, 3 February and then 1 March: months first would go back from March to January.
        let days = ["1/2/20", "2/2/20", "3/2/20", "1/3/20", "2/3/20"];
        assert_eq!(order(&days), one(Reading::Day));
        assert_eq!(order(&["2/1/20", "2/2/20", "2/3/20", "3/1/20"]), one(Reading::Month));
        assert_eq!(order(&["1/2/20", "2/2/20", "3/2/20"]), Order::DayOrMonth);
        assert_eq!(order(&["1.2.20", "2.2.20"]), one(Reading::Day));
        assert_eq!(order(&["1-2-2020"]), one(Reading::Day));
        assert_eq!(order(&["2/2/20", "3/3/20"]), one(Reading::Day));
        assert_eq!(order(&["20/1/2", "20/1/31", "20/2/1"]), one(Reading::Year));
        assert_eq!(order(&["2020/1/2"]), one(Reading::Day));
    }

    #[test]
    fn buddhist_years_are_read() {
        let line = "2/1/2563, 10:00 - Heron: hi";
        let date = Reading::Day.date(&header::parse(line).unwrap()).unwrap();
        assert_eq!(date, Date::constant(2020, 1, 2));
    }
}
