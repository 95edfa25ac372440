//! Ordered target statistics (Prokhorenkova, Gusev, Vorobev, Dorogush and Gulin 2018, CatBoost, section 3.2).
//!
//! The share of won rows of a category says much where there are many categories, but a row must not hear of its own outcome through it. So the
//! rows are put in a random order, and each sees the share among the rows before it alone; rows of one group see none of each other. Whoever
//! scores uses the share among all training rows. Both are drawn towards the overall share, as if so many further rows had been seen.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Rows in a random order, groups staying together.
#[derive(Debug)]
pub(crate) struct Order {
    rows: Vec<u32>,
    /// Where each group begins among the rows, and where the last one ends; empty when each row is its own.
    starts: Vec<u32>,
}

impl Order {
    /// A random order of `rows`; `groups` has the group of every row of the table, or nothing.
    pub(crate) fn random(rows: &[u32], groups: &[u32], seed: u64) -> Self {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        if groups.is_empty() {
            let mut rows = rows.to_vec();
            rows.shuffle(&mut random);
            return Self { rows, starts: Vec::new() };
        }
        let n_groups = rows.iter().map(|&row| groups[row as usize] as usize + 1).max().unwrap_or(0);
        let mut place: Vec<u32> = (0..n_groups as u32).collect();
        place.shuffle(&mut random);
        let mut keyed: Vec<(u32, u32)> = rows.iter().map(|&row| (place[groups[row as usize] as usize], row)).collect();
        keyed.sort_unstable();
        let mut starts: Vec<u32> = (0..keyed.len() as u32).filter(|&i| i == 0 || keyed[i as usize].0 != keyed[i as usize - 1].0).collect();
        starts.push(keyed.len() as u32);
        Self { rows: keyed.into_iter().map(|(_, row)| row).collect(), starts }
    }

    /// The rows in their order, those together that see none of each other.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &[u32]> {
        let n = if self.starts.is_empty() { self.rows.len() } else { self.starts.len() - 1 };
        (0..n).map(|i| match self.starts.get(i..i + 2) {
            Some(ends) => &self.rows[ends[0] as usize..ends[1] as usize],
            None => &self.rows[i..=i],
        })
    }
}

/// What a statistic is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Labels<'a> {
    /// Per row whether it was won.
    pub(crate) won: &'a [bool],
    /// Per row its weight.
    pub(crate) weights: &'a [f32],
    /// The overall share of won rows, towards which all are drawn.
    pub(crate) share: f64,
    /// How many rows of the overall share are mixed in.
    pub(crate) strength: f64,
}

/// What is known of a category.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    won: f64,
    total: f64,
}

impl Labels<'_> {
    fn value(&self, seen: Seen) -> f32 {
        ((seen.won + self.strength * self.share) / (seen.total + self.strength)) as f32
    }

    fn add(&self, seen: &mut Seen, row: usize) {
        let weight = f64::from(self.weights[row]);
        seen.total += weight;
        if self.won[row] {
            seen.won += weight;
        }
    }

    /// Per category its statistic over `rows`.
    pub(crate) fn of_all(&self, rows: &[u32], code: impl Fn(usize) -> usize, n_codes: usize) -> Vec<f32> {
        let mut seen = vec![Seen::default(); n_codes];
        for &row in rows {
            self.add(&mut seen[code(row as usize)], row as usize);
        }
        seen.into_iter().map(|seen| self.value(seen)).collect()
    }

    /// Writes to `out`, which goes by row, what each row of the order sees of its own category; other rows are left alone.
    pub(crate) fn of_earlier(&self, order: &Order, code: impl Fn(usize) -> usize, n_codes: usize, out: &mut [f32]) {
        let mut seen = vec![Seen::default(); n_codes];
        if order.starts.is_empty() {
            for &row in &order.rows {
                let row = row as usize;
                let seen = &mut seen[code(row)];
                out[row] = self.value(*seen);
                self.add(seen, row);
            }
            return;
        }
        for group in order.starts.windows(2) {
            let rows = &order.rows[group[0] as usize..group[1] as usize];
            rows.iter().for_each(|&row| out[row as usize] = self.value(seen[code(row as usize)]));
            rows.iter().for_each(|&row| self.add(&mut seen[code(row as usize)], row as usize));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_row_sees_neither_its_own_outcome_nor_one_of_its_group(
            rows in prop::collection::vec((0_usize..4, any::<bool>(), 0_u32..12, 1_u8..4), 2..60),
            flipped in any::<prop::sample::Index>(),
            grouped in any::<bool>(),
        ) {
            let all: Vec<u32> = (0..rows.len() as u32).collect();
            let groups: Vec<u32> = if grouped { rows.iter().map(|row| row.2).collect() } else { Vec::new() };
            let weights: Vec<f32> = rows.iter().map(|row| f32::from(row.3)).collect();
            let order = Order::random(&all, &groups, 3);
            let statistic = |won: &[bool]| {
                let mut out = vec![f32::NAN; rows.len()];
                Labels { won, weights: &weights, share: 0.3, strength: 2.0 }.of_earlier(&order, |row| rows[row].0, 4, &mut out);
                out
            };
            let won: Vec<bool> = rows.iter().map(|row| row.1).collect();
            let flipped = flipped.index(rows.len());
            let mut other = won.clone();
            other[flipped] = !other[flipped];
            let (before, after) = (statistic(&won), statistic(&other));
            for row in 0..rows.len() {
                prop_assert!(before[row].is_finite());
                if row == flipped || (grouped && groups[row] == groups[flipped]) {
                    prop_assert_eq!(before[row].to_bits(), after[row].to_bits());
                }
            }
        }

        #[test]
        fn over_all_rows_it_is_the_smoothed_share(rows in prop::collection::vec((0_usize..4, any::<bool>()), 1..60)) {
            let all: Vec<u32> = (0..rows.len() as u32).collect();
            let (won, weights): (Vec<bool>, Vec<f32>) = rows.iter().map(|row| (row.1, 1.0)).unzip();
            let found = Labels { won: &won, weights: &weights, share: 0.25, strength: 4.0 }.of_all(&all, |row| rows[row].0, 4);
            for (code, &found) in found.iter().enumerate() {
                let n = rows.iter().filter(|row| row.0 == code).count() as f64;
                let k = rows.iter().filter(|row| row.0 == code && row.1).count() as f64;
                prop_assert_eq!(found, ((k + 1.0) / (n + 4.0)) as f32);
            }
        }
    }
}
