//! Rows of a leaf, parted into those of its children.

use rayon::prelude::*;

/// Rows that one thread parts at a time; fewer are not worth another thread.
const CHUNK: usize = 1 << 14;

/// Brings the rows that go left to the front, keeping their order on both sides; returns how many those are. `moved` is memory to work in.
pub(crate) fn partition(rows: &mut [u32], moved: &mut Vec<u32>, goes_left: impl Fn(u32) -> bool + Sync) -> usize {
    if moved.len() < rows.len() {
        moved.resize(rows.len(), 0);
    }
    let moved = &mut moved[..rows.len()];
    if rows.len() <= CHUNK {
        let n_left = part(rows, moved, &goes_left);
        rows[..n_left].copy_from_slice(&moved[..n_left]);
        rows[n_left..].iter_mut().zip(moved[n_left..].iter().rev()).for_each(|(row, &moved)| *row = moved);
        return n_left;
    }
    let counts: Vec<usize> =
        rows.par_chunks(CHUNK).zip(moved.par_chunks_mut(CHUNK)).map(|(rows, moved)| part(rows, moved, &goes_left)).collect();
    let n_left = counts.iter().sum();
    let (mut lefts, mut rights) = rows.split_at_mut(n_left);
    let mut pieces = Vec::with_capacity(counts.len());
    for (&count, moved) in counts.iter().zip(moved.chunks(CHUNK)) {
        let (left, rest_left) = lefts.split_at_mut(count);
        let (right, rest_right) = rights.split_at_mut(moved.len() - count);
        (lefts, rights) = (rest_left, rest_right);
        pieces.push((left, right, moved));
    }
    pieces.into_par_iter().for_each(|(left, right, moved)| {
        left.copy_from_slice(&moved[..left.len()]);
        right.iter_mut().zip(moved.iter().rev()).for_each(|(row, &moved)| *row = moved);
    });
    n_left
}

/// Writes the rows that go left to the front of `moved`, in order, and the others to its end, in reverse.
fn part(rows: &[u32], moved: &mut [u32], goes_left: impl Fn(u32) -> bool) -> usize {
    let (mut n_left, mut end) = (0, rows.len());
    for &row in rows {
        // Both places are free, so both are written, and nothing has to be predicted.
        let left = goes_left(row);
        moved[n_left] = row;
        moved[end - 1] = row;
        n_left += usize::from(left);
        end -= usize::from(!left);
    }
    n_left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_keep_their_order_however_many_rows_there_are() {
        for n in [0, 1, 2, 1000, CHUNK, CHUNK + 1, 5 * CHUNK + 77] {
            let given: Vec<u32> = (0..n as u32).map(|row| row * 3 + 1).collect();
            let left = |row: u32| row.wrapping_mul(2_654_435_761) >> 30 != 1;
            let (mut rows, mut moved) = (given.clone(), Vec::new());
            let n_left = partition(&mut rows, &mut moved, left);
            let expected: Vec<u32> =
                given.iter().copied().filter(|&row| left(row)).chain(given.iter().copied().filter(|&row| !left(row))).collect();
            assert_eq!((n_left, rows), (given.iter().filter(|&&row| left(row)).count(), expected));
        }
    }
}
