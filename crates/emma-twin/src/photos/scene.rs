//! What a photo's pixels are: things here, rooms and screens in [`super::places`].
//!
//! A scene is drawn sharp, then softened, lit and given a sensor's noise as a cheap camera would;
//! a screen is not. Last come the word and the pattern of the mark.

use crate::draw::{Draw, Stream, mix};
use crate::photos::canvas::{Canvas, Colour, blend, shade};
use crate::photos::font;
use crate::photos::{Kind, Photo, mark, places};

/// Long and short side of a photo in pixels.
const SIDES: (i32, i32) = (320, 240);
/// Noise of the camera, in steps of 255.
const NOISE: i32 = 5;

/// Draws a photo, with its mark.
pub fn draw(seed: u64, photo: &Photo) -> Canvas {
    let mut canvas = unmarked(seed, photo);
    mark::word(&mut canvas);
    mark::pattern(&mut canvas);
    canvas
}

/// Draws a photo as it is below its mark: only to measure what the mark adds.
pub(crate) fn unmarked(seed: u64, photo: &Photo) -> Canvas {
    let mut draw = Draw::new(seed, Stream::Photo, mix(photo.id) ^ 1);
    let words = photo.words(seed);
    let upright = photo.kind.is_screen() || draw.chance(0.35);
    let (width, height) = if upright { (SIDES.1, SIDES.0) } else { SIDES };
    let mut canvas = Canvas::new(width, height, [128; 3]);
    match photo.kind {
        Kind::Banknote => banknotes(&mut canvas, &words, &mut draw),
        Kind::Parcel => parcels(&mut canvas, &words, &mut draw),
        Kind::Car => car(&mut canvas, &words, &mut draw),
        Kind::Pet => pet(&mut canvas, &words, &mut draw),
        Kind::Room => places::room(&mut canvas, &mut draw),
        Kind::Screen => places::screen(&mut canvas, &words, &mut draw),
        Kind::Map => places::map(&mut canvas, &words, &mut draw),
    }
    if !photo.kind.is_screen() {
        canvas.soften();
        canvas.expose(draw.bits(), NOISE);
    }
    canvas
}

/// Width of a text in pixels, without the gap after its last letter.
pub fn text_width(text: &str, scale: i32) -> i32 {
    (text.chars().count() as i32 * font::ADVANCE - 1) * scale
}

/// Writes a text with its middle at `at`.
pub fn centred(canvas: &mut Canvas, at: (i32, i32), scale: i32, text: &str, colour: Colour) {
    let corner = (at.0 - text_width(text, scale) / 2, at.1 - font::HEIGHT * scale / 2);
    canvas.text(corner, scale, text, colour);
}

/// A table top of planks.
fn table(canvas: &mut Canvas, draw: &mut Draw) {
    let wood = *draw.pick(&[[150, 108, 70], [112, 84, 62], [176, 150, 118], [96, 98, 104]]);
    let (width, height) = (canvas.width, canvas.height);
    let mut y = 0;
    while y < height {
        let high = draw.range(34, 60) as i32;
        let plank = shade(wood, draw.range(-12, 12) as i32);
        canvas.rect(0, y, width, high, plank);
        for _ in 0..6 {
            let line = y + draw.below(high as u64) as i32;
            let from = draw.range(-60, i64::from(width)) as i32;
            canvas.rect(from, line, draw.range(40, 160) as i32, 1, shade(plank, -14));
        }
        canvas.rect(0, y + high - 2, width, 2, shade(wood, -46));
        y += high;
    }
}

/// Notes fanned out on a table, the first on top.
fn banknotes(canvas: &mut Canvas, words: &[String], draw: &mut Draw) {
    const VALUES: [(&str, Colour); 7] = [
        ("5", [150, 154, 148]),
        ("10", [206, 128, 116]),
        ("20", [120, 150, 196]),
        ("50", [214, 160, 96]),
        ("100", [126, 178, 128]),
        ("200", [206, 186, 104]),
        ("500", [170, 134, 186]),
    ];
    table(canvas, draw);
    let (value, colour) = *draw.pick(&VALUES);
    let width = canvas.width * 13 / 16 + draw.range(-8, 8) as i32;
    let height = width / 2;
    let behind = words.len() as i32 - 1;
    let step = 34;
    let left = (canvas.width - width) / 2;
    let spare = (canvas.height - 30 - height - behind * step).max(2);
    let top = draw.below(spare as u64) as i32;
    for (place, serial) in words.iter().enumerate().rev() {
        let back = place as i32;
        let at = (left + back * 7 - 6, top + (behind - back) * step);
        note(canvas, at, (width, height), (value, shade(colour, -back * 6)), serial);
    }
}

fn note(
    canvas: &mut Canvas,
    (x, y): (i32, i32),
    (width, height): (i32, i32),
    (value, colour): (&str, Colour),
    serial: &str,
) {
    let ink = shade(colour, -92);
    canvas.rect(x + 3, y + 4, width, height, [40, 34, 30]);
    canvas.rect(x, y, width, height, shade(colour, 46));
    // A field of fine lines, denser to the right, as on paper money.
    for line in 0..height / 3 {
        let tint = blend(shade(colour, 40), colour, line * 6);
        canvas.rect(x + 4, y + 3 * line, width - 8, 1, tint);
    }
    canvas.fade(x + width * 5 / 9, y + 24, width * 3 / 9, height - 48, [colour, shade(colour, 24)]);
    let (cx, floor) = (x + width * 13 / 18, y + height - 30);
    for arch in 0..3 {
        let radius = height / 4 - arch * 7;
        canvas.circle(cx, floor, radius, shade(ink, 40 + arch * 22));
    }
    // Below the road the arches are hidden: a bridge over water.
    let under = [shade(colour, 24), shade(colour, 40)];
    canvas.fade(x + width * 5 / 9, floor, width * 3 / 9, 26, under);
    canvas.rect(x + width * 5 / 9, floor, width * 3 / 9, 5, ink);
    canvas.fade(x + width - 22, y + 2, 14, height - 4, [[226, 230, 236], [150, 160, 178]]);
    canvas.frame(x, y, width, height, 2, shade(colour, -40));
    let big = if height > 115 { 5 } else { 4 };
    canvas.text((x + 10, y + 38), big, value, ink);
    canvas.text((x + 10, y + 26), 1, "TOKEN BANK", ink);
    canvas.text((x + width - 30 - text_width(serial, 2), y + 7), 2, serial, [30, 26, 34]);
    canvas.text((x + 10, y + height - 14), 1, serial, [60, 30, 34]);
}

/// Wrapped blocks with a stamp on each.
fn parcels(canvas: &mut Canvas, words: &[String], draw: &mut Draw) {
    let (width, height) = (canvas.width, canvas.height);
    let floor = *draw.pick(&[[120, 122, 118], [86, 80, 76], [142, 130, 112]]);
    canvas.fade(0, 0, width, height / 3, [shade(floor, 40), shade(floor, 18)]);
    canvas.fade(0, height / 3, width, height, [floor, shade(floor, -30)]);
    let wrap = *draw.pick(&[[150, 112, 66], [208, 204, 196], [58, 62, 70], [188, 168, 60]]);
    let ink = *draw.pick(&[[170, 34, 36], [24, 40, 120], [20, 22, 20], [22, 110, 60]]);
    let (across, down) = (width * 7 / 16, height / 4);
    let many = draw.range(1, 5) as i32;
    let bottom = height - 34;
    for number in 0..many {
        let (column, level) = (number % 2, number / 2);
        let x = width / 16 + column * (across + 6) + level * 5 + draw.range(-3, 3) as i32;
        let y = bottom - (level + 1) * (down + 2);
        if y > 4 {
            block(canvas, (x, y), (across, down), shade(wrap, draw.range(-8, 8) as i32));
            let (cx, cy) = (x + across / 2, y + down / 2);
            let word = words.first().map_or("", String::as_str);
            let half = text_width(word, 3) / 2 + 8;
            canvas.ellipse(cx, cy, half, down / 2 - 6, ink);
            canvas.ellipse(cx, cy, half - 3, down / 2 - 9, shade(wrap, 26));
            centred(canvas, (cx, cy), 3, word, ink);
        }
    }
}

fn block(canvas: &mut Canvas, (x, y): (i32, i32), (across, down): (i32, i32), wrap: Colour) {
    let deep = 16;
    let lid = [(x, y), (x + deep, y - deep), (x + across + deep, y - deep), (x + across, y)];
    let right = x + across;
    let side =
        [(right, y), (right + deep, y - deep), (right + deep, y + down - deep), (right, y + down)];
    canvas.polygon(&lid, shade(wrap, 30));
    canvas.polygon(&side, shade(wrap, -40));
    canvas.rect(x, y, across, down, wrap);
    // Tape, and the folds of the foil.
    canvas.rect(x + across / 8, y, 12, down, shade(wrap, 22));
    canvas.rect(right - across / 8 - 12, y, 12, down, shade(wrap, 22));
    canvas.line((x + 4, y + 6), (x + 16, y + 2), 1, shade(wrap, 50));
    canvas.line((right - 20, y + down - 4), (right - 5, y + down - 12), 1, shade(wrap, -30));
    canvas.frame(x, y, across, down, 1, shade(wrap, -36));
}

/// The back of a car in a street.
fn car(canvas: &mut Canvas, words: &[String], draw: &mut Draw) {
    let (width, height) = (canvas.width, canvas.height);
    let paint = *draw.pick(&[
        [34, 36, 42],
        [196, 198, 204],
        [140, 24, 30],
        [30, 60, 118],
        [236, 236, 232],
        [70, 84, 72],
    ]);
    canvas.fade(0, 0, width, height / 2, [[172, 196, 220], [214, 220, 222]]);
    let mut x = 0;
    while x < width {
        let wide = draw.range(40, 76) as i32;
        let high = draw.range(60, 110) as i32;
        let brick = *draw.pick(&[[150, 104, 84], [176, 160, 140], [128, 128, 132]]);
        canvas.rect(x, height / 2 - high, wide, high + 20, brick);
        for window in 0..4 {
            let at = (x + 8 + window % 2 * (wide / 2), height / 2 - high + 12 + window / 2 * 34);
            canvas.rect(at.0, at.1, wide / 4, 18, shade(brick, -60));
        }
        x += wide;
    }
    canvas.fade(0, height / 2 + 10, width, height / 2, [[104, 104, 108], [70, 70, 74]]);
    let (cx, top) = (width / 2 + draw.range(-14, 14) as i32, height / 4);
    let (half, low) = (width * 2 / 5, height - 54);
    canvas.ellipse(cx, low + 10, half + 8, 14, [40, 40, 44]);
    for side in [-1, 1] {
        let from = cx + side * (half - 22) - 16;
        canvas.rect(from, low - 14, 32, 30, [22, 22, 24]);
    }
    let roof = [
        (cx - half * 6 / 10, top),
        (cx + half * 6 / 10, top),
        (cx + half * 8 / 10, top + 54),
        (cx - half * 8 / 10, top + 54),
    ];
    canvas.polygon(&roof, shade(paint, -8));
    let glass = [
        (cx - half * 54 / 100, top + 8),
        (cx + half * 54 / 100, top + 8),
        (cx + half * 68 / 100, top + 46),
        (cx - half * 68 / 100, top + 46),
    ];
    canvas.polygon(&glass, [46, 56, 66]);
    canvas.line((cx - half / 3, top + 12), (cx - half / 2, top + 42), 3, [96, 112, 124]);
    canvas.fade(
        cx - half,
        top + 50,
        2 * half,
        low - top - 50,
        [shade(paint, 18), shade(paint, -24)],
    );
    canvas.rect(cx - half - 4, low - 22, 2 * half + 8, 20, shade(paint, -34));
    for side in [-1, 1] {
        canvas.rect(cx + side * (half - 18) - 16, top + 60, 32, 22, [186, 24, 28]);
        canvas.rect(cx + side * (half - 18) - 16, top + 76, 32, 6, [240, 206, 180]);
    }
    let word = words.first().map_or("", String::as_str);
    let (wide, high) = (text_width(word, 2) + 16, 26);
    let (x, y) = (cx - wide / 2, top + 84);
    let sheet = *draw.pick(&[[244, 244, 240], [240, 206, 60]]);
    canvas.rect(x, y, wide, high, sheet);
    canvas.frame(x, y, wide, high, 2, [30, 30, 30]);
    centred(canvas, (cx, y + high / 2), 2, word, [16, 16, 20]);
}

/// A cat or a dog with its bowl.
fn pet(canvas: &mut Canvas, words: &[String], draw: &mut Draw) {
    let (width, height) = (canvas.width, canvas.height);
    let wall = *draw.pick(&[[206, 214, 206], [224, 208, 188], [190, 204, 222], [214, 196, 200]]);
    canvas.rect(0, 0, width, height, wall);
    canvas.fade(0, height * 5 / 8, width, height, [[168, 136, 100], [132, 104, 76]]);
    canvas.rect(0, height * 5 / 8 - 5, width, 5, shade(wall, 24));
    let fur = *draw.pick(&[
        [206, 140, 70],
        [60, 56, 56],
        [150, 146, 142],
        [232, 224, 208],
        [124, 84, 54],
    ]);
    let dark = shade(fur, -44);
    let (cx, cy) = (width / 2 - 20 + draw.range(-16, 16) as i32, height / 2 - 26);
    let cat = draw.chance(0.5);
    canvas.line((cx + 50, cy + 96), (cx + 92, cy + 52), 5, dark);
    canvas.ellipse(cx + 6, cy + 80, 56, 48, dark);
    canvas.ellipse(cx, cy + 78, 48, 48, fur);
    for side in [-1, 1] {
        canvas.ellipse(cx + side * 22, cy + 122, 18, 9, shade(fur, 16));
        match cat {
            true => {
                let tip = (cx + side * 44, cy - 60);
                canvas.polygon(&[(cx + side * 12, cy - 34), tip, (cx + side * 44, cy - 12)], fur);
                let tip = (cx + side * 39, cy - 48);
                let inner = [(cx + side * 22, cy - 34), tip, (cx + side * 39, cy - 20)];
                canvas.polygon(&inner, [222, 160, 156]);
            }
            false => canvas.ellipse(cx + side * 46, cy + 2, 14, 36, dark),
        }
    }
    canvas.ellipse(cx, cy, 48, 42, fur);
    canvas.ellipse(cx, cy + 18, 24, 18, shade(fur, 34));
    let eyes = if cat { [150, 190, 70] } else { [84, 50, 30] };
    for side in [-1, 1] {
        canvas.ellipse(cx + side * 19, cy - 8, 9, 9, [244, 244, 240]);
        canvas.circle(cx + side * 19, cy - 7, 7, eyes);
        canvas.ellipse(cx + side * 19, cy - 7, if cat { 2 } else { 4 }, 5, [10, 10, 10]);
        canvas.line((cx, cy + 19), (cx + side * 10, cy + 27), 1, [40, 26, 26]);
        for whisker in 0..3 {
            let from = (cx + side * 20, cy + 16 + whisker * 4);
            let to = (cx + side * 58, cy + 6 + whisker * 10);
            if cat {
                canvas.line(from, to, 1, shade(fur, 60));
            }
        }
    }
    canvas.ellipse(cx, cy + 12, 7, 5, [44, 28, 28]);
    canvas.rect(cx - 30, cy + 41, 60, 7, [180, 40, 44]);
    canvas.circle(cx, cy + 50, 6, [226, 190, 70]);
    let word = words.first().map_or("", String::as_str);
    let half = text_width(word, 2) / 2 + 14;
    let bowl = (width - half - 8, height - 62);
    canvas.ellipse(bowl.0, bowl.1, half, 9, [110, 70, 50]);
    let side = [
        (bowl.0 - half, bowl.1),
        (bowl.0 + half, bowl.1),
        (bowl.0 + half - 8, bowl.1 + 32),
        (bowl.0 - half + 8, bowl.1 + 32),
    ];
    canvas.polygon(&side, [60, 110, 180]);
    centred(canvas, (bowl.0, bowl.1 + 18), 2, word, [250, 250, 250]);
}
