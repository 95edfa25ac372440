//! How many groups (leads, where rows are snapshots) some rows are of.

use std::collections::HashSet;

/// How many groups the rows are of; without groups each row is one.
fn n_groups(rows: impl ExactSizeIterator<Item = usize>, groups: &[u32]) -> usize {
    if groups.is_empty() { rows.len() } else { rows.map(|row| groups[row]).collect::<HashSet<u32>>().len() }
}

/// How many of the groups have a row of the rarer outcome among `rows`; without groups each row is one.
pub(crate) fn cases(rows: &[u32], won: &[bool], groups: &[u32]) -> usize {
    let n_won = rows.iter().filter(|&&row| won[row as usize]).count();
    let rarer = 2 * n_won <= rows.len();
    let of_rarer: Vec<usize> = rows.iter().map(|&row| row as usize).filter(|&row| won[row] == rarer).collect();
    n_groups(of_rarer.into_iter(), groups)
}

/// How many rows a group has on average, 1 where there are none.
pub(crate) fn rows_per_group(rows: impl ExactSizeIterator<Item = usize>, groups: &[u32]) -> f64 {
    let n = rows.len();
    n.max(1) as f64 / n_groups(rows, groups).max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_are_groups_with_a_row_of_the_rarer_outcome() {
        let won = [true, true, true, false, false, false, false, true];
        assert_eq!(cases(&[0, 1, 2, 3, 4, 5, 6], &won, &[]), 3);
        assert_eq!(cases(&[0, 1, 2, 3, 4, 5, 6], &won, &[9, 9, 8, 8, 7, 6, 5, 4]), 2);
        assert_eq!(cases(&[0, 1, 2, 3, 7], &won, &[9, 9, 8, 8, 7, 6, 5, 4]), 1, "where most are won, lost ones are rarer");
    }

    #[test]
    fn groups_are_counted_once_however_many_of_their_rows_there_are() {
        assert_eq!(rows_per_group(0..5, &[]), 1.0);
        assert_eq!(rows_per_group(0..6, &[9, 4, 9, 4, 70, 9]), 2.0);
        assert_eq!(rows_per_group([0, 2, 4].into_iter(), &[9, 4, 9, 4, 70]), 1.5);
        assert_eq!(rows_per_group(0..0, &[]), 1.0);
    }
}
