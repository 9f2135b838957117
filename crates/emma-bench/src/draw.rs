//! Draws that a seed fixes for ever: xoshiro256** and Zipf tables.
//!
//! Written out here so that a corpus stays the same when a dependency changes.

/// A generator of random bits (xoshiro256**, seeded through SplitMix64).
#[derive(Debug, Clone)]
pub struct Draw([u64; 4]);

/// One step of SplitMix64: a bijection of 64 bits that looks random.
pub fn mix(value: u64) -> u64 {
    let mut mixed = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

impl Draw {
    /// A generator for `seed`.
    pub fn new(seed: u64) -> Draw {
        let state =
            [0u64, 1, 2, 3].map(|i| mix(seed.wrapping_add(i.wrapping_mul(0x9e37_79b9_7f4a_7c15))));
        Draw(state)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.0;
        let out = b.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        out
    }

    /// A number below `bound`, which is at least 1.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(bound)) >> 64) as u64
    }

    /// True once in `every` draws on average.
    pub fn one_in(&mut self, every: u64) -> bool {
        self.below(every) == 0
    }

    /// A number of trials, at least 1, of which each is the last with chance 1 in `mean`.
    pub fn geometric(&mut self, mean: u64, most: usize) -> usize {
        let mut count = 1;
        while count < most && !self.one_in(mean) {
            count += 1;
        }
        count
    }

    /// An entry of `choices`, which is not empty.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len() as u64) as usize]
    }
}

/// A distribution over ranks 0..n drawn from in constant time (Walker's alias method).
#[derive(Debug)]
pub struct Ranks {
    /// Of 2^32: how often a column keeps its own rank.
    keep: Vec<u32>,
    other: Vec<u32>,
}

impl Ranks {
    /// Weights 1 / (rank + shift)^(halves / 2): 2 halves is Zipf's law.
    pub fn zipf(count: usize, shift: f64, halves: u32) -> Ranks {
        let weights: Vec<f64> = (0..count)
            .map(|rank| {
                let base = rank as f64 + shift;
                // Only products and roots, which are exact by IEEE 754: same table everywhere.
                let mut power = if halves % 2 == 1 { base.sqrt() } else { 1.0 };
                for _ in 0..halves / 2 {
                    power *= base;
                }
                1.0 / power
            })
            .collect();
        Ranks::of(&weights)
    }

    /// The distribution with these weights.
    pub fn of(weights: &[f64]) -> Ranks {
        let sum: f64 = weights.iter().sum();
        let count = weights.len();
        let mut scaled: Vec<f64> = weights.iter().map(|w| w / sum * count as f64).collect();
        let mut keep = vec![u32::MAX; count];
        let mut other: Vec<u32> = (0..count as u32).collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) =
            (0..count).partition(|&i| scaled[i] < 1.0);
        while let (Some(less), Some(&more)) = (small.pop(), large.last()) {
            keep[less] = (scaled[less] * f64::from(u32::MAX)) as u32;
            other[less] = more as u32;
            scaled[more] -= 1.0 - scaled[less];
            if scaled[more] < 1.0 {
                large.pop();
                small.push(more);
            }
        }
        Ranks { keep, other }
    }

    /// A rank.
    pub fn draw(&self, draw: &mut Draw) -> usize {
        let bits = draw.bits();
        let column = (((bits >> 32) * self.keep.len() as u64) >> 32) as usize;
        if bits as u32 <= self.keep[column] { column } else { self.other[column] as usize }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_gives_back_its_weights() {
        let ranks = Ranks::of(&[8.0, 4.0, 2.0, 1.0, 1.0]);
        let mut draw = Draw::new(1);
        let mut counts = [0u32; 5];
        for _ in 0..160_000 {
            counts[ranks.draw(&mut draw)] += 1;
        }
        for (count, expected) in counts.iter().zip([80_000i64, 40_000, 20_000, 10_000, 10_000]) {
            assert!((i64::from(*count) - expected).abs() < expected / 20, "{counts:?}");
        }
    }

    #[test]
    fn equal_seeds_draw_equal_numbers() {
        let (mut one, mut two) = (Draw::new(7), Draw::new(7));
        assert!((0..100).all(|_| one.bits() == two.bits()));
        assert_ne!(Draw::new(7).bits(), Draw::new(8).bits());
    }
}
