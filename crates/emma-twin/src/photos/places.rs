//! Rooms, screens and street maps.

use crate::draw::Draw;
use crate::photos::canvas::{Canvas, shade};
use crate::photos::scene::{centred, text_width};

/// A room: window, lamp, sofa or shelf, a picture.
pub fn room(canvas: &mut Canvas, draw: &mut Draw) {
    let (width, height) = (canvas.width, canvas.height);
    let wall = *draw.pick(&[[216, 208, 190], [180, 196, 190], [200, 190, 204], [226, 222, 214]]);
    let floor = height * 2 / 3;
    canvas.fade(0, 0, width, floor, [shade(wall, -10), wall]);
    canvas.fade(0, floor, width, height - floor, [[150, 116, 82], [108, 80, 58]]);
    for plank in 0..7 {
        let x = width * plank / 6;
        let to = (width / 2 + (x - width / 2) * 2, height);
        canvas.line((x, floor), to, 1, [98, 72, 52]);
    }
    canvas.rect(0, floor - 6, width, 6, shade(wall, 26));
    let left = draw.chance(0.5);
    let (window, door) = if left { (20, width - 74) } else { (width - 104, 18) };
    canvas.fade(window, 26, 84, 92, [[150, 190, 230], [222, 232, 236]]);
    canvas.rect(window, 92, 84, 26, [120, 150, 110]);
    canvas.frame(window - 4, 22, 92, 100, 5, [244, 244, 240]);
    canvas.rect(window + 39, 22, 5, 100, [244, 244, 240]);
    canvas.rect(window + 8, 70, 68, 4, [244, 244, 240]);
    let cloth = *draw.pick(&[[150, 60, 60], [70, 90, 130], [196, 170, 96]]);
    for (from, fold) in [(window - 16, 0), (window + 82, 1)] {
        canvas.rect(from, 14, 18, floor - 40, cloth);
        canvas.rect(from + 5 + fold, 14, 3, floor - 40, shade(cloth, -24));
        canvas.rect(from + 12, 14, 2, floor - 40, shade(cloth, 20));
    }
    canvas.rect(door, floor - 126, 56, 120, [128, 92, 62]);
    canvas.frame(door, floor - 126, 56, 120, 3, [96, 68, 46]);
    canvas.frame(door + 10, floor - 114, 36, 42, 2, [104, 74, 50]);
    canvas.frame(door + 10, floor - 62, 36, 46, 2, [104, 74, 50]);
    canvas.circle(door + if left { 8 } else { 48 }, floor - 64, 3, [226, 196, 96]);
    let seat = *draw.pick(&[[96, 110, 96], [120, 70, 66], [84, 84, 100], [180, 160, 132]]);
    sofa(canvas, (width / 2 - 66 + draw.range(-8, 8) as i32, floor - 44), seat);
    let lamp = width / 2 + if left { -22 } else { 22 };
    canvas.rect(lamp - 1, 0, 3, 26, [60, 60, 60]);
    let cone = [(lamp - 8, 26), (lamp + 8, 26), (lamp + 22, 46), (lamp - 22, 46)];
    canvas.polygon(&cone, [240, 214, 140]);
    canvas.ellipse(width / 2, height - 44, 84, 14, shade(cloth, -20));
    canvas.ellipse(width / 2, height - 44, 70, 10, shade(cloth, 16));
}

fn sofa(canvas: &mut Canvas, (x, y): (i32, i32), seat: [u8; 3]) {
    canvas.rect(x + 4, y + 64, 8, 10, [60, 44, 34]);
    canvas.rect(x + 120, y + 64, 8, 10, [60, 44, 34]);
    canvas.rect(x + 8, y, 116, 40, shade(seat, -10));
    canvas.rect(x + 8, y + 36, 116, 30, seat);
    canvas.rect(x + 65, y + 2, 2, 62, shade(seat, -34));
    canvas.rect(x + 8, y + 36, 116, 2, shade(seat, -34));
    for side in [x - 6, x + 120] {
        canvas.rect(side, y + 18, 18, 50, shade(seat, 14));
        canvas.ellipse(side + 9, y + 18, 9, 8, shade(seat, 20));
    }
    canvas.polygon(
        &[(x + 22, y + 14), (x + 48, y + 10), (x + 52, y + 36), (x + 26, y + 38)],
        [222, 196, 150],
    );
}

/// The handset's screen: a head, lines, two buttons.
pub fn screen(canvas: &mut Canvas, words: &[String], draw: &mut Draw) {
    let (width, height) = (canvas.width, canvas.height);
    let (paper, ink, head) = *draw.pick(&[
        ([244, 246, 248], [26, 28, 32], [30, 96, 160]),
        ([22, 24, 28], [226, 228, 232], [48, 52, 60]),
        ([236, 240, 232], [24, 36, 28], [40, 120, 84]),
    ]);
    canvas.rect(0, 0, width, height, paper);
    canvas.rect(0, 0, width, 16, shade(head, -24));
    for bar in 0..4 {
        canvas.rect(8 + bar * 5, 12 - bar * 2, 3, 2 + bar * 2, [240, 240, 240]);
    }
    canvas.frame(width - 30, 4, 20, 9, 1, [240, 240, 240]);
    canvas.rect(width - 28, 6, draw.range(3, 16) as i32, 5, [240, 240, 240]);
    canvas.rect(0, 16, width, 34, head);
    canvas.line((14, 33), (24, 25), 1, [250, 250, 250]);
    canvas.line((14, 33), (24, 41), 1, [250, 250, 250]);
    canvas.circle(44, 33, 11, shade(head, 50));
    canvas.rect(64, 29, 70, 8, shade(head, 60));
    for (line, word) in words.iter().enumerate() {
        let top = 66 + line as i32 * 38;
        // A wallet's address is long, and small as it is on a real screen.
        let scale = if text_width(word, 2) > width - 40 { 1 } else { 2 };
        canvas.rect(14, top, width - 28, 30, shade(paper, if ink[0] < 99 { -12 } else { 16 }));
        canvas.rect(14, top, 4, 30, head);
        canvas.text((26, top + 15 - 7 * scale / 2), scale, word, ink);
    }
    let low = height - 62;
    canvas.rect(20, low, 90, 26, head);
    canvas.rect(width - 110, low, 90, 26, shade(paper, if ink[0] < 99 { -40 } else { 40 }));
    canvas.circle(65, low + 13, 5, [250, 250, 250]);
    canvas.line((width - 72, low + 13), (width - 58, low + 13), 2, ink);
}

/// A street map with a pin.
pub fn map(canvas: &mut Canvas, words: &[String], draw: &mut Draw) {
    let (width, height) = (canvas.width, canvas.height);
    canvas.rect(0, 0, width, height, [236, 232, 222]);
    for _ in 0..26 {
        let at = (draw.below(width as u64) as i32, draw.below(height as u64) as i32);
        let size = (draw.range(10, 34) as i32, draw.range(10, 30) as i32);
        canvas.rect(at.0, at.1, size.0, size.1, [220, 212, 200]);
    }
    let park = (draw.below(width as u64) as i32, draw.range(60, 220) as i32);
    canvas.ellipse(park.0, park.1, 44, 30, [196, 222, 176]);
    let shore = draw.range(40, i64::from(width) - 40) as i32;
    let bend = draw.range(-60, 60) as i32;
    canvas.line((shore, -10), (shore + bend, height / 2), 9, [160, 200, 228]);
    canvas.line((shore + bend, height / 2), (shore, height + 10), 9, [160, 200, 228]);
    let slope = draw.range(-24, 24) as i32;
    let rows: Vec<i32> = (0..3).map(|row| 56 + row * 80 + draw.range(-12, 12) as i32).collect();
    let mut roads = Vec::new();
    for y in &rows {
        roads.push(((-10, *y), (width + 10, *y), 6));
    }
    for column in 0..4 {
        let x = 30 + column * 62 + draw.range(-10, 10) as i32;
        roads.push(((x, -10), (x + slope, height + 10), if column == 2 { 6 } else { 3 }));
    }
    for (from, to, thick) in &roads {
        canvas.line(*from, *to, thick + 1, [196, 190, 180]);
    }
    for (from, to, thick) in &roads {
        let fill = if *thick > 4 { [252, 226, 150] } else { [255, 255, 255] };
        canvas.line(*from, *to, *thick, fill);
    }
    for (word, y) in words.iter().zip(&rows) {
        let x = draw.range(8, i64::from(width - text_width(word, 2) - 8).max(9)) as i32;
        let box_width = text_width(word, 2) + 8;
        canvas.rect(x - 4, y + 11, box_width, 20, [250, 250, 246]);
        canvas.text((x, y + 14), 2, word, [70, 66, 60]);
    }
    let pin = (draw.range(40, i64::from(width) - 40) as i32, rows[1 + draw.index(2)] - 2);
    canvas.polygon(&[(pin.0 - 12, pin.1 - 22), (pin.0 + 12, pin.1 - 22), pin], [206, 40, 44]);
    canvas.circle(pin.0, pin.1 - 26, 13, [206, 40, 44]);
    canvas.circle(pin.0, pin.1 - 26, 5, [250, 240, 236]);
    canvas.rect(8, 8, width - 16, 24, [255, 255, 255]);
    canvas.frame(8, 8, width - 16, 24, 1, [180, 176, 170]);
    canvas.circle(22, 19, 5, [120, 120, 120]);
    canvas.circle(22, 19, 3, [255, 255, 255]);
    canvas.line((25, 23), (29, 27), 1, [120, 120, 120]);
    let first = words.first().map_or("", String::as_str);
    centred(canvas, (width / 2 + 8, 20), 2, first, [60, 60, 60]);
}
