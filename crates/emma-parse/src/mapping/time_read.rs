//! Times that need no pattern: RFC 3339 and counts from the epoch. Large feeds come this way.

use super::time_parts::{Written, days_from_civil};
use super::time_pattern::{DAY, HOUR, MINUTE, SECOND};

/// Reads an ISO 8601 / RFC 3339 time without a pattern; this is the path of large feeds.
#[inline]
pub(super) fn read_rfc3339(text: &str) -> Option<Written> {
    let bytes = text.trim().as_bytes();
    let head = bytes.get(..10)?;
    if head[4] != b'-' || head[7] != b'-' {
        return None;
    }
    let year = two(head, 0)? * 100 + two(head, 2)?;
    let days = days_from_civil(year, two(head, 5)?, two(head, 8)?)?;
    let mut local = days * DAY;
    let Some(separator) = bytes.get(10) else {
        return Some(Written { local, width: DAY, offset: None, half_day: false });
    };
    if !matches!(separator, b'T' | b't' | b' ' | b'_') {
        return None;
    }
    let clock = bytes.get(11..16)?;
    let (hour, minute) = (two(clock, 0)?, two(clock, 3)?);
    if clock[2] != b':' || hour > 23 || minute > 59 {
        return None;
    }
    local += i64::from(hour) * HOUR + i64::from(minute) * MINUTE;
    let mut width = MINUTE;
    let mut at = 16;
    if bytes.get(at) == Some(&b':') {
        let second = two(bytes, 17)?;
        if second > 60 {
            return None;
        }
        local += i64::from(second) * SECOND;
        width = SECOND;
        at = 19;
        if let Some(b'.' | b',') = bytes.get(at) {
            at += 1;
            let start = at;
            while let Some(digit @ b'0'..=b'9') = bytes.get(at) {
                if width > 1 {
                    width /= 10;
                    local += i64::from(digit - b'0') * width;
                }
                at += 1;
            }
            if at == start {
                return None;
            }
        }
    }
    let offset = match &bytes[at..] {
        [] => None,
        [b'Z' | b'z'] => Some(0),
        [b' ', rest @ ..] | rest => Some(read_offset(rest)?),
    };
    Some(Written { local, width, offset, half_day: false })
}

/// `+02:00`, `+0200` or `+02`, in seconds east of UTC.
pub(super) fn read_offset(bytes: &[u8]) -> Option<i32> {
    let east = match bytes.first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours = two(bytes, 1)?;
    let minutes = match bytes.len() {
        3 => 0,
        5 => two(bytes, 3)?,
        6 if bytes[3] == b':' => two(bytes, 4)?,
        _ => return None,
    };
    (hours <= 14 && minutes <= 59).then_some(east * (hours * 3600 + minutes * 60) as i32)
}

#[inline]
fn two(bytes: &[u8], at: usize) -> Option<u32> {
    let high = bytes.get(at)?.wrapping_sub(b'0');
    let low = bytes.get(at + 1)?.wrapping_sub(b'0');
    (high <= 9 && low <= 9).then(|| u32::from(high) * 10 + u32::from(low))
}

/// Reads a count from the epoch in units of `unit` microseconds (0: nanoseconds).
#[inline]
pub(super) fn read_epoch(text: &str, unit: i64) -> Option<Written> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let count = decimal(whole)?;
    if unit == 0 {
        let value = if negative { -count } else { count };
        let local = value.div_euclid(1_000);
        return Some(Written { local, width: 1, offset: Some(0), half_day: false });
    }
    let mut local = count.checked_mul(unit)?;
    let mut width = unit;
    for byte in part.bytes() {
        if !byte.is_ascii_digit() {
            return None;
        }
        if width > 1 {
            width /= 10;
            local = local.checked_add(i64::from(byte - b'0') * width)?;
        }
    }
    // Bounds may be widened by a day: leave room.
    if local > i64::MAX / 2 {
        return None;
    }
    let local = if negative { -local } else { local };
    Some(Written { local, width, offset: Some(0), half_day: false })
}

fn decimal(text: &str) -> Option<i64> {
    if text.is_empty() || text.len() > 19 {
        return None;
    }
    let mut value: i64 = 0;
    for byte in text.bytes() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(i64::from(digit))?;
    }
    Some(value)
}
