//! Baseline JPEG (ITU-T T.81): three components, colour halved both ways, the standard tables.
//!
//! Written here because every encoder at hand brings a licence or a dependency the project does not
//! take, and because the same pixels must give the same bytes on every machine: additions and
//! multiplications of 32-bit floats in a fixed order do.

use crate::photos::canvas::Canvas;

/// Quantisation of brightness and colour at quality 50, row by row.
const STEPS: [[u8; 64]; 2] = [
    [
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69,
        56, 14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81,
        104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
    ],
    [
        17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99,
        99, 47, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
        99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    ],
];

/// The order in which coefficients are written.
const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// A Huffman table: codes of each length from 1 to 16, then the symbols.
struct Table {
    lengths: [u8; 16],
    symbols: &'static [u8],
}

const DIFFERENCES: [Table; 2] = [
    Table {
        lengths: [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
        symbols: &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
    },
    Table {
        lengths: [0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0],
        symbols: &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
    },
];

const RUNS: [Table; 2] = [
    Table {
        lengths: [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7d],
        symbols: &[
            0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51,
            0x61, 0x07, 0x22, 0x71, 0x14, 0x32, 0x81, 0x91, 0xa1, 0x08, 0x23, 0x42, 0xb1, 0xc1,
            0x15, 0x52, 0xd1, 0xf0, 0x24, 0x33, 0x62, 0x72, 0x82, 0x09, 0x0a, 0x16, 0x17, 0x18,
            0x19, 0x1a, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39,
            0x3a, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x53, 0x54, 0x55, 0x56, 0x57,
            0x58, 0x59, 0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74, 0x75,
            0x76, 0x77, 0x78, 0x79, 0x7a, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x92,
            0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7,
            0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xc2, 0xc3,
            0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8,
            0xd9, 0xda, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xf1, 0xf2,
            0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa,
        ],
    },
    Table {
        lengths: [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77],
        symbols: &[
            0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07,
            0x61, 0x71, 0x13, 0x22, 0x32, 0x81, 0x08, 0x14, 0x42, 0x91, 0xa1, 0xb1, 0xc1, 0x09,
            0x23, 0x33, 0x52, 0xf0, 0x15, 0x62, 0x72, 0xd1, 0x0a, 0x16, 0x24, 0x34, 0xe1, 0x25,
            0xf1, 0x17, 0x18, 0x19, 0x1a, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x35, 0x36, 0x37, 0x38,
            0x39, 0x3a, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x53, 0x54, 0x55, 0x56,
            0x57, 0x58, 0x59, 0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74,
            0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89,
            0x8a, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0xa2, 0xa3, 0xa4, 0xa5,
            0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba,
            0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6,
            0xd7, 0xd8, 0xd9, 0xda, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xf2,
            0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa,
        ],
    },
];

/// (code, its length) by symbol.
fn codes(table: &Table) -> [(u16, u8); 256] {
    let mut codes = [(0, 0); 256];
    let (mut code, mut next) = (0u16, 0);
    for (length, many) in table.lengths.iter().enumerate() {
        for _ in 0..*many {
            codes[table.symbols[next] as usize] = (code, length as u8 + 1);
            code += 1;
            next += 1;
        }
        code <<= 1;
    }
    codes
}

struct Bits {
    out: Vec<u8>,
    held: u64,
    many: u32,
}

impl Bits {
    fn put(&mut self, value: u32, length: u32) {
        self.held = self.held << length | u64::from(value);
        self.many += length;
        while self.many >= 8 {
            self.many -= 8;
            let byte = (self.held >> self.many) as u8;
            self.out.push(byte);
            if byte == 0xff {
                self.out.push(0);
            }
        }
    }
}

/// One pass of the cosine transform over eight values, `every` apart (Arai, Agui, Nakajima).
fn transform(values: &mut [f32; 64], from: usize, every: usize) {
    let v = |at: usize| values[from + at * every];
    let (s07, d07) = (v(0) + v(7), v(0) - v(7));
    let (s16, d16) = (v(1) + v(6), v(1) - v(6));
    let (s25, d25) = (v(2) + v(5), v(2) - v(5));
    let (s34, d34) = (v(3) + v(4), v(3) - v(4));
    let (a, b, c, d) = (s07 + s34, s07 - s34, s16 + s25, s16 - s25);
    let z1 = (d + b) * 0.707_106_77;
    let (e, f, g) = (d34 + d25, d25 + d16, d16 + d07);
    let z5 = (e - g) * 0.382_683_43;
    let z2 = 0.541_196_1 * e + z5;
    let z4 = 1.306_563 * g + z5;
    let z3 = f * 0.707_106_77;
    let (p, q) = (d07 + z3, d07 - z3);
    let made = [a + c, p + z4, b + z1, q - z2, a - c, q + z2, b - z1, p - z4];
    for (at, value) in made.into_iter().enumerate() {
        values[from + at * every] = value;
    }
}

/// What the transform leaves each row and column multiplied by, times eight for both.
const SCALES: [f32; 8] =
    [1.0, 1.387_039_8, 1.306_563, 1.175_875_6, 1.0, 0.785_694_96, 0.541_196_1, 0.275_899_4];

/// One component's pixels, a whole number of blocks wide and high.
struct Plane {
    width: usize,
    values: Vec<f32>,
}

/// Everything that stays the same over a file.
struct Coder {
    steps: [[u8; 64]; 2],
    factors: [[f32; 64]; 2],
    differences: [[(u16, u8); 256]; 2],
    runs: [[(u16, u8); 256]; 2],
}

impl Coder {
    fn of(quality: u8) -> Coder {
        let quality = u32::from(quality.clamp(1, 100));
        let scale = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
        let steps = STEPS.map(|table| {
            table.map(|step| ((u32::from(step) * scale + 50) / 100).clamp(1, 255) as u8)
        });
        let factors = steps.map(|table| {
            let mut factors = [0.0; 64];
            for (at, step) in table.into_iter().enumerate() {
                factors[at] = 1.0 / (f32::from(step) * SCALES[at / 8] * SCALES[at % 8] * 8.0);
            }
            factors
        });
        let [a, b] = DIFFERENCES;
        let [c, d] = RUNS;
        Coder { steps, factors, differences: [codes(&a), codes(&b)], runs: [codes(&c), codes(&d)] }
    }

    /// Writes one block; returns its mean for the next block's difference.
    fn block(
        &self,
        bits: &mut Bits,
        plane: &Plane,
        at: (usize, usize),
        kind: usize,
        last: i32,
    ) -> i32 {
        let mut values = [0.0; 64];
        for (line, row) in values.chunks_exact_mut(8).enumerate() {
            let from = (at.1 * 8 + line) * plane.width + at.0 * 8;
            row.copy_from_slice(&plane.values[from..from + 8]);
        }
        (0..8).for_each(|line| transform(&mut values, line * 8, 1));
        (0..8).for_each(|column| transform(&mut values, column, 8));
        let level = |place: usize| {
            let value = values[place] * self.factors[kind][place];
            // Rounds to the nearest; a cast alone rounds towards zero.
            (value + 16_384.5) as i32 - 16_384
        };
        let mean = level(0);
        put(bits, &self.differences[kind], 0, mean - last);
        let mut zeros = 0;
        for place in &ZIGZAG[1..] {
            let value = level(*place as usize);
            if value == 0 {
                zeros += 1;
                continue;
            }
            while zeros > 15 {
                let (code, length) = self.runs[kind][0xf0];
                bits.put(u32::from(code), u32::from(length));
                zeros -= 16;
            }
            put(bits, &self.runs[kind], zeros, value);
            zeros = 0;
        }
        if zeros > 0 {
            let (code, length) = self.runs[kind][0];
            bits.put(u32::from(code), u32::from(length));
        }
        mean
    }
}

/// Writes a value after `zeros` zeros.
fn put(bits: &mut Bits, codes: &[(u16, u8); 256], zeros: u32, value: i32) {
    let size = 32 - value.unsigned_abs().leading_zeros();
    let (code, length) = codes[(zeros << 4 | size) as usize];
    bits.put(u32::from(code), u32::from(length));
    if size > 0 {
        let low = if value < 0 { value - 1 } else { value };
        bits.put(low as u32 & ((1 << size) - 1), size);
    }
}

/// Brightness, and both colours at half the size, padded to whole blocks of 16 by repetition.
fn planes(canvas: &Canvas) -> [Plane; 3] {
    let (width, height) = (canvas.width as usize, canvas.height as usize);
    let (wide, high) = (width.div_ceil(16) * 16, height.div_ceil(16) * 16);
    let mut made = [wide, wide / 2, wide / 2].map(|width| Plane { width, values: Vec::new() });
    made[0].values = vec![0.0; wide * high];
    made[1].values = vec![0.0; wide * high / 4];
    made[2].values = vec![0.0; wide * high / 4];
    for y in 0..high {
        for x in 0..wide {
            let pixel = canvas.pixels[y.min(height - 1) * width + x.min(width - 1)];
            let [r, g, b] = pixel.map(f32::from);
            let light = 0.299 * r + 0.587 * g + 0.114 * b;
            made[0].values[y * wide + x] = light - 128.0;
            let half = y / 2 * (wide / 2) + x / 2;
            made[1].values[half] += (b - light) * (0.5 / 0.886 / 4.0);
            made[2].values[half] += (r - light) * (0.5 / 0.701 / 4.0);
        }
    }
    made
}

fn segment(out: &mut Vec<u8>, kind: u8, data: &[u8]) {
    out.extend_from_slice(&[0xff, kind]);
    out.extend_from_slice(&(data.len() as u16 + 2).to_be_bytes());
    out.extend_from_slice(data);
}

/// The file's bytes at a quality from 1 to 100, with an EXIF structure where one is given (at most
/// 60,000 bytes), else with the mark as a comment.
pub fn encode(canvas: &Canvas, quality: u8, tiff: Option<&[u8]>) -> Vec<u8> {
    let coder = Coder::of(quality);
    let mut out = vec![0xff, 0xd8];
    match tiff {
        Some(tiff) => segment(&mut out, 0xe1, &[b"Exif\0\0", tiff].concat()),
        None => {
            segment(&mut out, 0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
            segment(&mut out, 0xfe, crate::photos::mark::WORD.as_bytes());
        }
    }
    for (number, steps) in coder.steps.iter().enumerate() {
        let mut data = vec![number as u8];
        data.extend(ZIGZAG.iter().map(|place| steps[*place as usize]));
        segment(&mut out, 0xdb, &data);
    }
    let mut frame = vec![8];
    frame.extend_from_slice(&(canvas.height as u16).to_be_bytes());
    frame.extend_from_slice(&(canvas.width as u16).to_be_bytes());
    frame.extend_from_slice(&[3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
    segment(&mut out, 0xc0, &frame);
    for (class, tables) in [DIFFERENCES, RUNS].iter().enumerate() {
        for (number, table) in tables.iter().enumerate() {
            let mut data = vec![(class << 4 | number) as u8];
            data.extend_from_slice(&table.lengths);
            data.extend_from_slice(table.symbols);
            segment(&mut out, 0xc4, &data);
        }
    }
    segment(&mut out, 0xda, &[3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0]);
    let [light, blue, red] = planes(canvas);
    let mut bits = Bits { out, held: 0, many: 0 };
    let mut last = [0; 3];
    for y in 0..light.values.len() / light.width / 16 {
        for x in 0..light.width / 16 {
            for at in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                let at = (x * 2 + at.0, y * 2 + at.1);
                last[0] = coder.block(&mut bits, &light, at, 0, last[0]);
            }
            last[1] = coder.block(&mut bits, &blue, (x, y), 1, last[1]);
            last[2] = coder.block(&mut bits, &red, (x, y), 1, last[2]);
        }
    }
    // The last byte is filled up with ones.
    bits.put(0x7f, 7);
    bits.out.extend_from_slice(&[0xff, 0xd9]);
    bits.out
}
