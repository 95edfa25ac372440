//! Rows dealt to folds at random.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;

/// The fold of each row, of `k`: groups stay whole, and each fold has its share of the groups that were ever won. Groups are numbered from 0 without large gaps; a
/// group of `None` is in no fold.
pub(crate) fn deal(groups: impl Iterator<Item = Option<u32>> + Clone, won: &[bool], k: usize, seed: u64) -> Vec<Option<usize>> {
    let n_groups = groups.clone().flatten().max().map_or(0, |most| most as usize + 1);
    // 0: not among the rows, 1: never won, 2: won.
    let mut class = vec![0_u8; n_groups];
    for (group, &won) in groups.clone().zip(won) {
        if let Some(group) = group {
            let class = &mut class[group as usize];
            *class = (*class).max(1 + u8::from(won));
        }
    }
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut fold_of = vec![0_usize; n_groups];
    let mut next = 0;
    for stratum in [2, 1] {
        let mut members: Vec<usize> = (0..n_groups).filter(|&group| class[group] == stratum).collect();
        members.shuffle(&mut rng);
        for group in members {
            fold_of[group] = next % k;
            next += 1;
        }
    }
    groups.map(|group| group.map(|group| fold_of[group as usize])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_stay_whole_and_every_fold_has_its_share_of_both_outcomes() {
        let groups: Vec<Option<u32>> = (0..600).map(|row| (row % 7 != 0).then_some(row / 3)).collect();
        let won: Vec<bool> = (0..600).map(|row| row / 3 % 10 == 0).collect();
        let folds = deal(groups.iter().copied(), &won, 5, 3);
        let mut seen = [[0; 5]; 2];
        for (row, fold) in folds.iter().enumerate() {
            assert_eq!(fold.is_none(), row % 7 == 0);
            let Some(fold) = *fold else { continue };
            seen[usize::from(won[row])][fold] += 1;
            let same_group = (row / 3 * 3..row / 3 * 3 + 3).filter_map(|other| folds[other]);
            assert!(same_group.into_iter().all(|other| other == fold));
        }
        assert!(seen[1].iter().all(|&n| (7..=13).contains(&n)) && seen[0].iter().all(|&n| (85..=100).contains(&n)), "{seen:?}");
        assert_ne!(folds, deal(groups.iter().copied(), &won, 5, 4));
    }
}
