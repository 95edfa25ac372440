//! Which features may be asked together on one way through a tree.

/// The features that may still be asked at a node, as a set of groups that hold all features asked above.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Allowed {
    /// Whether each group is still open; empty: nothing is forbidden.
    groups: Vec<bool>,
    /// A feature of no group that was asked above: it goes with no other.
    alone: Option<usize>,
}

/// The groups of features, given and derived; a derived one is in the groups of the feature it is made of.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Interactions {
    /// Per feature its groups.
    groups_of: Vec<Vec<usize>>,
    /// Per feature the given one it is made of.
    sources: Vec<usize>,
    n_groups: usize,
}

impl Interactions {
    /// `sources` has for each feature the given one that it is made of.
    pub(crate) fn new(groups: &[Vec<usize>], sources: impl Iterator<Item = usize>) -> Self {
        let sources: Vec<usize> = sources.collect();
        let of = |&source: &usize| (0..groups.len()).filter(|&group| groups[group].contains(&source)).collect();
        Self { groups_of: sources.iter().map(of).collect(), sources, n_groups: groups.len() }
    }

    /// At the root, everything is allowed.
    pub(crate) fn root(&self) -> Allowed {
        Allowed { groups: vec![true; self.n_groups], alone: None }
    }

    /// Whether `feature` may be asked.
    pub(crate) fn allow(&self, allowed: &Allowed, feature: usize) -> bool {
        match allowed.alone {
            _ if self.n_groups == 0 => true,
            Some(alone) => self.sources[feature] == alone,
            None => {
                self.groups_of[feature].iter().any(|&group| allowed.groups[group])
                    // One of no group may begin a tree.
                    || (self.groups_of[feature].is_empty() && allowed.groups.iter().all(|open| *open))
            }
        }
    }

    /// What is allowed below a node that asks `feature`.
    pub(crate) fn below(&self, allowed: &Allowed, feature: usize) -> Allowed {
        if self.n_groups == 0 {
            return allowed.clone();
        }
        let groups = &self.groups_of[feature];
        let still_open = |(group, open): (usize, &bool)| *open && groups.contains(&group);
        Allowed {
            groups: allowed.groups.iter().enumerate().map(still_open).collect(),
            alone: if groups.is_empty() { Some(self.sources[feature]) } else { allowed.alone },
        }
    }
}
