//! Random numbers and the tables of the annealing, as integers: native code and Wasm draw the same.

/// A generator with 64 bits of state (xorshift64*): fast in Wasm, and no secret depends on it.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Starts from a seed; any seed is good, and near ones give unlike sequences.
    pub fn new(seed: u64) -> Self {
        // One round of splitmix64; the state must not be zero.
        let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Self((z ^ (z >> 31)) | 1)
    }

    /// 64 bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below `end`.
    #[inline]
    pub fn below(&mut self, end: usize) -> usize {
        pick(self.bits() >> 32, end)
    }
}

/// Makes 32 random bits a number below `end`, by a product instead of a remainder.
#[inline]
#[allow(clippy::cast_possible_truncation)] // The result is below `end`.
pub(crate) const fn pick(bits: u64, end: usize) -> usize {
    (((bits & 0xFFFF_FFFF) * end as u64) >> 32) as usize
}

/// Entries of [`NEGATIVE_LOGARITHM`].
pub(crate) const LOGARITHM_ENTRIES: usize = 1024;
/// `-ln((k + 1/2) / 1024) * 65536`: how many temperatures a step may lose, by ten random bits.
pub(crate) static NEGATIVE_LOGARITHM: [i32; LOGARITHM_ENTRIES] = negative_logarithms();

#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)]
const fn negative_logarithms() -> [i32; LOGARITHM_ENTRIES] {
    let mut table = [0; LOGARITHM_ENTRIES];
    let mut k = 0;
    while k < LOGARITHM_ENTRIES {
        // log2 of (2k + 1) / 2048 by repeated squaring, 16 bits after the point.
        let numerator = (2 * k + 1) as u64;
        let whole = 63 - numerator.leading_zeros() as u64;
        let mut x = numerator << (32 - whole);
        let mut fraction = 0_u64;
        let mut bit = 0;
        while bit < 16 {
            x = ((x as u128 * x as u128) >> 32) as u64;
            fraction <<= 1;
            if x >= 2 << 32 {
                fraction |= 1;
                x >>= 1;
            }
            bit += 1;
        }
        let log2 = (whole << 16) | fraction;
        // ln 2 * 65536 = 45426.
        table[k] = ((((11 << 16) - log2) * 45_426) >> 16) as i32;
        k += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
    fn the_table_is_the_logarithm() {
        for (k, entry) in NEGATIVE_LOGARITHM.iter().enumerate() {
            let exact = -((k as f64 + 0.5) / 1024.0).ln() * 65536.0;
            assert!(
                (f64::from(*entry) - exact).abs() < 8.0,
                "{k}: {entry}, {exact}"
            );
        }
    }

    #[test]
    fn numbers_are_below_their_end_and_reach_it() {
        let mut random = Random::new(0);
        let mut seen = [0; 7];
        for _ in 0..7_000 {
            seen[random.below(7)] += 1;
        }
        assert!(
            seen.iter().all(|count| (800..1_200).contains(count)),
            "{seen:?}"
        );
    }
}
