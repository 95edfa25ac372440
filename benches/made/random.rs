//! Numbers by chance.

/// A multiplicative congruential generator (Lehmer 1951; multiplier of Steele and Vigna 2021): the same numbers on every machine.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1);
        (self.0 >> 33) % n
    }
}
