//! The mark in a photo's pixels: the word `SYNTHETIC` for people, a faint pattern for programs.
//!
//! The pattern is a square of 64 by 64 pixels, repeated from the upper left corner over the whole
//! photo: 16 by 16 chips of 4 by 4 pixels, each lighter or darker by [`DEPTH`] of 255 as a bit of
//! [`CHIPS`] says. [`strength`] finds it again in brightness alone, wherever a crop has moved its
//! corner to, after JPEG compression down to quality 30 (a test). Scaling a photo defeats it.

use crate::photos::canvas::{Canvas, Colour, shade};
use crate::photos::font;

/// The visible word.
pub const WORD: &str = "SYNTHETIC";
/// Pixels of a chip, both ways.
pub const CHIP: usize = 4;
/// Chips of a row and of a column.
pub const SIDE: usize = 16;
/// Pixels from one repetition of the pattern to the next, both ways.
pub const PERIOD: usize = CHIP * SIDE;
/// The chips, a row a number, from the top; the leftmost is the lowest bit, 1 is lighter. As many
/// are light as dark, and the pattern resembles itself nowhere else.
pub const CHIPS: [u16; SIDE] = [
    0x2868, 0x5714, 0xF020, 0xB555, 0xE3C5, 0x5F14, 0x1D54, 0xCB13, 0x2B64, 0x3F35, 0x847F, 0xBF39,
    0x1BFB, 0x52B8, 0x16D1, 0x9AAC,
];
/// How much lighter or darker a chip is, of 255.
pub const DEPTH: i32 = 4;
/// The least [`strength`] of a marked photo; what was never marked stays below 0.35.
pub const STRENGTH_MIN: f64 = 0.5;

/// The largest difference between neighbouring chips that can be the pattern and noise.
const EDGE: i32 = 4 * DEPTH;
/// Pixels a dot of the word.
const SCALE: i32 = 2;
/// Pixels around the word.
const MARGIN: i32 = 4;
const DARK: Colour = [24, 24, 24];
const LIGHT: Colour = [240, 240, 240];

/// 1 where the pattern is lighter, -1 where it is darker.
fn chip(x: usize, y: usize) -> i32 {
    i32::from(CHIPS[y / CHIP % SIDE] >> (x / CHIP % SIDE) & 1) * 2 - 1
}

/// Writes the word into the lower left corner, white on a dark bar.
pub fn word(canvas: &mut Canvas) {
    let (left, top) = corner(canvas.height);
    let width = WORD.len() as i32 * font::ADVANCE * SCALE + 2 * MARGIN;
    canvas.rect(left - MARGIN, top - MARGIN, width, font::HEIGHT * SCALE + 2 * MARGIN, DARK);
    canvas.text((left, top), SCALE, WORD, LIGHT);
}

fn corner(height: i32) -> (i32, i32) {
    (MARGIN, height - MARGIN - font::HEIGHT * SCALE)
}

/// Lays the pattern over the whole photo.
pub fn pattern(canvas: &mut Canvas) {
    let width = canvas.width as usize;
    for (y, row) in canvas.pixels.chunks_mut(width).enumerate() {
        for (x, pixel) in row.iter_mut().enumerate() {
            *pixel = shade(*pixel, chip(x, y) * DEPTH);
        }
    }
}

/// How clearly the word stands in the lower left corner: mean brightness of its dots less that of
/// the gaps between them, of 255. Far above 100 where it does; 0 where the photo is too small.
pub fn contrast(luma: &[u8], width: usize, height: usize) -> f64 {
    let (left, top) = corner(height as i32);
    let (mut sums, mut counts) = ([0.0; 2], [0.0f64; 2]);
    for (place, letter) in WORD.chars().enumerate() {
        for (line, bits) in font::glyph(letter).into_iter().enumerate() {
            for column in 0..font::WIDTH {
                let x = left + (place as i32 * font::ADVANCE + column) * SCALE;
                let y = top + line as i32 * SCALE;
                if x < 0 || y < 0 || x as usize >= width || luma.len() < width * height {
                    return 0.0;
                }
                let lit = usize::from(bits >> (font::WIDTH - 1 - column) & 1);
                sums[lit] += f64::from(luma[y as usize * width + x as usize]);
                counts[lit] += 1.0;
            }
        }
    }
    sums[1] / counts[1].max(1.0) - sums[0] / counts[0].max(1.0)
}

/// How strongly the pattern is in a photo: the correlation, up to 1, at the place where it fits
/// best; at least [`STRENGTH_MIN`] where it is. 0 where the photo is smaller than a period and a
/// half or `luma` shorter than its pixels.
///
/// Every pixel is compared with the ones a chip to the right and a chip below. Differences of an
/// edge's size are left out, the rest is folded onto one period, summed to chips and compared with
/// the pattern's own differences at all 4,096 places that its corner may be at.
pub fn strength(luma: &[u8], width: usize, height: usize) -> f64 {
    let least = PERIOD * 3 / 2;
    if width < least || height < least || luma.len() < width * height {
        return 0.0;
    }
    let folded = [fold(luma, width, height, (CHIP, 0)), fold(luma, width, height, (0, CHIP))];
    let own = [differences((CHIP, 0)), differences((0, CHIP))];
    let own_size = size(&own);
    let mut best: f64 = 0.0;
    for corner in 0..CHIP * CHIP {
        let chips = folded.each_ref().map(|folded| {
            let mut chips = [0.0; SIDE * SIDE];
            for (at, value) in folded.iter().enumerate() {
                let x = (at % PERIOD + corner % CHIP) / CHIP % SIDE;
                let y = (at / PERIOD + corner / CHIP) / CHIP % SIDE;
                chips[y * SIDE + x] += value;
            }
            chips
        });
        let all = (size(&chips) * own_size).max(1e-9);
        for place in 0..SIDE * SIDE {
            let mut sum = 0.0;
            for (chips, own) in chips.iter().zip(&own) {
                for (at, value) in chips.iter().enumerate() {
                    let (x, y) = ((at % SIDE + place) % SIDE, (at / SIDE + place / SIDE) % SIDE);
                    sum += value * own[y * SIDE + x];
                }
            }
            best = best.max(sum / all);
        }
    }
    best
}

fn size(both: &[[f64; SIDE * SIDE]; 2]) -> f64 {
    both.as_flattened().iter().map(|value| value * value).sum::<f64>().sqrt()
}

/// The pattern's own differences over one step, by chip.
fn differences(step: (usize, usize)) -> [f64; SIDE * SIDE] {
    std::array::from_fn(|at| {
        let (x, y) = (at % SIDE * CHIP, at / SIDE * CHIP);
        f64::from(chip(x + step.0, y + step.1) - chip(x, y))
    })
}

/// Mean difference over one step, by place within the period.
fn fold(luma: &[u8], width: usize, height: usize, step: (usize, usize)) -> Vec<f64> {
    let mut sums = vec![(0, 0); PERIOD * PERIOD];
    for y in 0..height - step.1 {
        for x in 0..width - step.0 {
            let there = luma[(y + step.1) * width + x + step.0];
            let rest = i32::from(there) - i32::from(luma[y * width + x]);
            if rest.abs() <= EDGE {
                let (sum, count) = &mut sums[y % PERIOD * PERIOD + x % PERIOD];
                *sum += rest;
                *count += 1;
            }
        }
    }
    sums.iter().map(|(sum, count)| f64::from(*sum) / f64::from((*count).max(1))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photos::{Kind, Photo, scene};

    #[test]
    fn as_many_chips_are_light_as_dark() {
        assert_eq!(CHIPS.iter().map(|row| row.count_ones()).sum::<u32>(), 128);
    }

    #[test]
    fn the_pattern_is_found_after_a_crop_and_nowhere_where_it_is_not() {
        for (id, kind) in Kind::ALL.into_iter().enumerate() {
            let photo = Photo { id: id as u64, at: 0, from: 0, kind, named: String::new() };
            let mut canvas = scene::unmarked(7, &photo);
            let of = |c: &Canvas| strength(&c.luma(), c.width as usize, c.height as usize);
            let without = of(&canvas);
            assert!(without < 0.35, "{} {without}", kind.name());
            pattern(&mut canvas);
            let with = of(&canvas.crop(13, 22, 150, 141));
            assert!(with > STRENGTH_MIN, "{} {with}", kind.name());
        }
    }
}
