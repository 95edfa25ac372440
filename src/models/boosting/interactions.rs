//! Which features may be asked together on one way through a tree.

/// The features that may still be asked at a node, as a set of groups that hold all features asked above.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Allowed {
    /// Whether each group is still open; empty: nothing is forbidden.
    open: Vec<bool>,
}

/// The groups of features, given and derived; a derived one is in the groups that hold all features it is made of. A feature that no group names has one to itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Interactions {
    /// Per feature its groups; empty when there are no groups at all.
    groups_of: Vec<Vec<usize>>,
    n_groups: usize,
}

impl Interactions {
    /// `sources` has for each feature the given ones that it is made of.
    pub(crate) fn new(groups: &[Vec<usize>], sources: impl Iterator<Item = Vec<usize>>) -> Self {
        if groups.is_empty() {
            return Self::default();
        }
        let mut groups = groups.to_vec();
        let of = |sources: Vec<usize>| {
            for &source in &sources {
                if !groups.iter().any(|group| group.contains(&source)) {
                    groups.push(vec![source]);
                }
            }
            (0..groups.len()).filter(|&group| sources.iter().all(|source| groups[group].contains(source))).collect()
        };
        let groups_of = sources.map(of).collect();
        Self { groups_of, n_groups: groups.len() }
    }

    /// At the root, everything is allowed.
    pub(crate) fn root(&self) -> Allowed {
        Allowed { open: vec![true; self.n_groups] }
    }

    /// Whether `feature` may be asked.
    pub(crate) fn allow(&self, allowed: &Allowed, feature: usize) -> bool {
        self.groups_of.is_empty() || self.groups_of[feature].iter().any(|&group| allowed.open[group])
    }

    /// What is allowed below a node that asks `feature`.
    pub(crate) fn below(&self, allowed: &Allowed, feature: usize) -> Allowed {
        let Some(groups) = self.groups_of.get(feature) else { return allowed.clone() };
        Allowed { open: allowed.open.iter().enumerate().map(|(group, open)| *open && groups.contains(&group)).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Features 0 to 4, the last of them derived from feature 3.
    fn interactions(groups: &[Vec<usize>]) -> Interactions {
        Interactions::new(groups, [0, 1, 2, 3, 3].into_iter().map(|source| vec![source]))
    }

    fn allowed_after(interactions: &Interactions, asked: &[usize]) -> Vec<usize> {
        let allowed = asked.iter().fold(interactions.root(), |allowed, &feature| interactions.below(&allowed, feature));
        (0..5).filter(|&feature| interactions.allow(&allowed, feature)).collect()
    }

    #[test]
    fn a_feature_of_no_group_goes_with_no_other_in_whatever_order_they_are_asked() {
        let one = interactions(&[vec![0, 1]]);
        assert_eq!(allowed_after(&one, &[]), [0, 1, 2, 3, 4]);
        assert_eq!(allowed_after(&one, &[0]), [0, 1]);
        assert_eq!(allowed_after(&one, &[0, 1]), [0, 1]);
        assert_eq!(allowed_after(&one, &[2]), [2]);
        assert_eq!(allowed_after(&one, &[4]), [3, 4], "a derived feature is the one that it is made of");
    }

    #[test]
    fn groups_that_hold_all_that_was_asked_stay_open() {
        let two = interactions(&[vec![0, 1], vec![0, 2, 3]]);
        assert_eq!(allowed_after(&two, &[0]), [0, 1, 2, 3, 4]);
        assert_eq!(allowed_after(&two, &[0, 4]), [0, 2, 3, 4]);
        assert_eq!(allowed_after(&two, &[1]), [0, 1]);
        assert_eq!(allowed_after(&interactions(&[]), &[1, 3]), [0, 1, 2, 3, 4], "without groups nothing is forbidden");
    }
}
