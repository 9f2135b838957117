//! A small rasteriser: rectangles, ellipses, thick lines, polygons and letters on RGB pixels.
//!
//! Whole numbers only, so that every machine draws the same pixels. What lies outside is cut off.

use crate::draw::mix;
use crate::photos::font;

/// Red, green, blue.
pub type Colour = [u8; 3];

/// An image in memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Canvas {
    /// Width in pixels.
    pub width: i32,
    /// Height in pixels.
    pub height: i32,
    /// Rows from the top, pixels from the left.
    pub pixels: Vec<Colour>,
}

/// `from` with `share` of 256 parts of `to`.
pub fn blend(from: Colour, to: Colour, share: i32) -> Colour {
    let one = |a: u8, b: u8| {
        let (a, b) = (i32::from(a), i32::from(b));
        (a + (b - a) * share / 256).clamp(0, 255) as u8
    };
    [one(from[0], to[0]), one(from[1], to[1]), one(from[2], to[2])]
}

/// `colour` made lighter (or darker) by `by` steps of 255.
pub fn shade(colour: Colour, by: i32) -> Colour {
    colour.map(|part| (i32::from(part) + by).clamp(0, 255) as u8)
}

impl Canvas {
    /// A canvas of one colour.
    pub fn new(width: i32, height: i32, fill: Colour) -> Canvas {
        Canvas { width, height, pixels: vec![fill; (width * height) as usize] }
    }

    fn row(&mut self, y: i32, from: i32, to: i32) -> &mut [Colour] {
        let (from, to) = (from.clamp(0, self.width), to.clamp(0, self.width));
        if !(0..self.height).contains(&y) || from >= to {
            return &mut [];
        }
        let start = y * self.width;
        &mut self.pixels[(start + from) as usize..(start + to) as usize]
    }

    /// A filled rectangle.
    pub fn rect(&mut self, x: i32, y: i32, width: i32, height: i32, colour: Colour) {
        for line in y.max(0)..(y + height).min(self.height) {
            self.row(line, x, x + width).fill(colour);
        }
    }

    /// A rectangle that goes from one colour at the top to another at the bottom.
    pub fn fade(&mut self, x: i32, y: i32, width: i32, height: i32, colours: [Colour; 2]) {
        for line in 0..height {
            let colour = blend(colours[0], colours[1], line * 256 / height.max(1));
            self.row(y + line, x, x + width).fill(colour);
        }
    }

    /// The outline of a rectangle, `thick` pixels inwards.
    pub fn frame(&mut self, x: i32, y: i32, width: i32, height: i32, thick: i32, colour: Colour) {
        self.rect(x, y, width, thick, colour);
        self.rect(x, y + height - thick, width, thick, colour);
        self.rect(x, y, thick, height, colour);
        self.rect(x + width - thick, y, thick, height, colour);
    }

    /// A filled ellipse with radii `across` and `down`.
    pub fn ellipse(&mut self, x: i32, y: i32, across: i32, down: i32, colour: Colour) {
        let (a, b) = (i64::from(across.max(1)), i64::from(down.max(1)));
        for line in -down..=down {
            let l = i64::from(line);
            let half = (a * a * (b * b - l * l)).max(0).isqrt() / b;
            self.row(y + line, x - half as i32, x + half as i32 + 1).fill(colour);
        }
    }

    /// A filled circle.
    pub fn circle(&mut self, x: i32, y: i32, radius: i32, colour: Colour) {
        self.ellipse(x, y, radius, radius, colour);
    }

    /// A line `thick` pixels wide with round ends.
    pub fn line(&mut self, from: (i32, i32), to: (i32, i32), thick: i32, colour: Colour) {
        let (dx, dy) = (i64::from(to.0 - from.0), i64::from(to.1 - from.1));
        let long = (dx * dx + dy * dy).max(1);
        let reach = thick / 2 + 1;
        for y in (from.1.min(to.1) - reach).max(0)..(from.1.max(to.1) + reach).min(self.height) {
            for x in (from.0.min(to.0) - reach).max(0)..(from.0.max(to.0) + reach).min(self.width) {
                let (px, py) = (i64::from(x - from.0), i64::from(y - from.1));
                let along = (px * dx + py * dy).clamp(0, long);
                let (ex, ey) = (px * long - along * dx, py * long - along * dy);
                let (ex, ey) = (ex * 4 / long, ey * 4 / long);
                if ex * ex + ey * ey <= i64::from(4 * thick * thick) {
                    self.pixels[(y * self.width + x) as usize] = colour;
                }
            }
        }
    }

    /// A filled polygon (even-odd).
    pub fn polygon(&mut self, points: &[(i32, i32)], colour: Colour) {
        let top = points.iter().map(|point| point.1).min().unwrap_or(0).max(0);
        let bottom = points.iter().map(|point| point.1).max().unwrap_or(0).min(self.height - 1);
        let mut crossings = Vec::new();
        for y in top..=bottom {
            crossings.clear();
            for (place, a) in points.iter().enumerate() {
                let b = points[(place + 1) % points.len()];
                if (a.1 <= y) != (b.1 <= y) {
                    crossings.push(a.0 + (y - a.1) * (b.0 - a.0) / (b.1 - a.1));
                }
            }
            crossings.sort_unstable();
            for pair in crossings.chunks_exact(2) {
                self.row(y, pair[0], pair[1] + 1).fill(colour);
            }
        }
    }

    /// Letters, `scale` pixels a dot; the upper left corner is at `at`.
    pub fn text(&mut self, at: (i32, i32), scale: i32, text: &str, colour: Colour) {
        for (place, letter) in text.chars().enumerate() {
            let left = at.0 + place as i32 * font::ADVANCE * scale;
            for (line, bits) in font::glyph(letter).into_iter().enumerate() {
                for column in 0..font::WIDTH {
                    if bits >> (font::WIDTH - 1 - column) & 1 == 1 {
                        let (x, y) = (left + column * scale, at.1 + line as i32 * scale);
                        self.rect(x, y, scale, scale, colour);
                    }
                }
            }
        }
    }

    /// Softens: every pixel becomes the mean of itself (weight 4) and its four neighbours (1 each).
    pub fn soften(&mut self) {
        let (width, height) = (self.width as usize, self.height as usize);
        let old = self.pixels.clone();
        for y in 0..height {
            for x in 0..width {
                let at = y * width + x;
                let (left, right) = (at - usize::from(x > 0), at + usize::from(x + 1 < width));
                let up = at - if y > 0 { width } else { 0 };
                let down = at + if y + 1 < height { width } else { 0 };
                for (part, value) in self.pixels[at].iter_mut().enumerate() {
                    let near = [left, right, up, down].map(|n| u32::from(old[n][part]));
                    let sum = u32::from(*value) * 4 + near.iter().sum::<u32>();
                    *value = (sum / 8) as u8;
                }
            }
        }
    }

    /// Light from one side and a sensor's noise of up to `noise` steps, drawn from `seed`.
    pub fn expose(&mut self, seed: u64, noise: i32) {
        let slope = [(seed & 63) as i32 - 32, (seed >> 6 & 63) as i32 - 32];
        let (width, height) = (self.width, self.height);
        let span = 2 * noise + 1;
        for y in 0..height {
            let mut bits = 0;
            for x in 0..width {
                if x % 8 == 0 {
                    bits = mix(seed ^ (y as u64) << 32 ^ x as u64);
                }
                let light =
                    slope[0] * (x - width / 2) / width + slope[1] * (y - height / 2) / height;
                let grain = (bits & 255) as i32 * span / 256 - noise;
                bits >>= 8;
                let pixel = &mut self.pixels[(y * width + x) as usize];
                *pixel = shade(*pixel, light + grain);
            }
        }
    }

    /// A part of it; the part must lie inside.
    pub fn crop(&self, x: i32, y: i32, width: i32, height: i32) -> Canvas {
        let mut cut = Canvas::new(width, height, [0; 3]);
        for line in 0..height {
            let from = ((y + line) * self.width + x) as usize;
            let row = &self.pixels[from..from + width as usize];
            cut.row(line, 0, width).copy_from_slice(row);
        }
        cut
    }

    /// Brightness of every pixel, as television weighs the colours.
    pub fn luma(&self) -> Vec<u8> {
        let one = |c: &Colour| {
            let [r, g, b] = c.map(u32::from);
            ((r * 299 + g * 587 + b * 114 + 500) / 1000) as u8
        };
        self.pixels.iter().map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(draw: impl Fn(&mut Canvas), expected: &str) {
        let mut canvas = Canvas::new(7, 5, [0; 3]);
        draw(&mut canvas);
        let rows = canvas.pixels.chunks(7).map(|row| {
            row.iter().map(|c| if c[0] > 0 { '#' } else { '.' }).collect::<String>() + "\n"
        });
        assert_eq!(rows.collect::<String>(), expected.replace(' ', ""));
    }

    #[test]
    fn shapes_are_where_they_are_put_and_cut_off_outside() {
        let c = [255; 3];
        check(
            |canvas| canvas.rect(5, -3, 9, 5, c),
            ".....##\n.....##\n.......\n.......\n.......\n",
        );
        check(|canvas| canvas.circle(3, 2, 2, c), "...#...\n..###..\n.#####.\n..###..\n...#...\n");
        check(
            |canvas| canvas.polygon(&[(1, 0), (5, 0), (5, 3), (1, 3)], c),
            ".#####.\n.#####.\n.#####.\n.......\n.......\n",
        );
        check(
            |canvas| canvas.text((-1, -1), 1, "T", c),
            ".#.....\n.#.....\n.#.....\n.#.....\n.#.....\n",
        );
    }
}
