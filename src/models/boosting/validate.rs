//! What the trees of a file must satisfy, whoever wrote it, so that predicting and explaining end, stay in bounds and give finite numbers.

use std::ops::Range;

use super::model::BoostingModel;
use crate::features::Feature;

/// No tree of ours is deeper: [`num_leaves`](super::BoostingParams::num_leaves) is at most this plus one.
pub(crate) const MAX_DEPTH: u32 = 4095;

/// Beyond this a sum of log-odds is no score but an accident or an attack.
const MAX_LOG_ODDS: f64 = 1e9;

impl BoostingModel {
    /// Checks a model read from a file against the features it reads.
    pub(crate) fn validate(&self, features: &[Feature]) -> Result<(), String> {
        self.validate_features(features)?;
        self.validate_trees()?;
        let depth = self.depth();
        if depth != self.max_depth || depth > MAX_DEPTH {
            return Err(format!(
                "boosting: the deepest tree has depth {depth}, the file says {}, and {MAX_DEPTH} is allowed",
                self.max_depth
            ));
        }
        let bound = self.roots.len() as f64 * self.leaves.iter().fold(0.0, |max: f64, value| max.max(value.abs())) + self.base.abs();
        // `max` passes over NaN leaves, so they are looked for on their own.
        if self.leaves.iter().any(|value| value.is_nan()) || bound.is_nan() || bound > MAX_LOG_ODDS {
            return Err("boosting: the base or a leaf value is not a finite, reasonable number".into());
        }
        // Made here, so that the first lead need not wait for it.
        self.scorer();
        Ok(())
    }

    /// Checks what walking the trees relies on, whatever the features are called: every walk ends at a leaf and stays in bounds.
    pub(super) fn validate_trees(&self) -> Result<(), String> {
        self.validate_statistics()?;
        self.validate_lengths()?;
        self.validate_nodes()
    }

    fn validate_statistics(&self) -> Result<(), String> {
        for statistic in &self.statistics {
            let Some(&codes) = self.codes.get(statistic.feature as usize) else {
                return Err(format!("boosting: a statistic of feature {}, of {} features", statistic.feature, self.codes.len()));
            };
            statistic.validate(codes).map_err(|what| format!("boosting: {what}"))?;
        }
        for pair in &self.pairs {
            let codes = pair.features.map(|feature| self.codes.get(feature as usize).copied().unwrap_or(0));
            pair.validate(codes).map_err(|what| format!("boosting: {what}"))?;
        }
        Ok(())
    }

    fn validate_features(&self, features: &[Feature]) -> Result<(), String> {
        if features.len() != self.codes.len() {
            return Err(format!("boosting: the trees read {} features, the plan makes {}", self.codes.len(), features.len()));
        }
        for (feature, &codes) in features.iter().zip(&self.codes) {
            let expected = match &feature.kind {
                crate::features::FeatureKind::Numeric => 0,
                crate::features::FeatureKind::Categorical { levels } => levels.len() as u64 + 1,
            };
            if u64::from(codes) != expected {
                return Err(format!("boosting: feature {:?} has {codes} codes in the trees, {expected} in the plan", feature.name));
            }
        }
        Ok(())
    }

    fn validate_lengths(&self) -> Result<(), String> {
        let n = self.left.len();
        if u32::try_from(n).is_err()
            || [self.feature.len(), self.payload.len(), self.cover.len(), self.gain.len()].iter().any(|&len| len != n)
        {
            return Err(format!("boosting: {n} nodes, but the arrays of nodes differ in length"));
        }
        // Files of format 1 hold no shares.
        if !(self.share.is_empty() || self.share.len() == n) || self.share.iter().any(|share| !(0.0..=1.0).contains(share)) {
            return Err(format!("boosting: {n} nodes have {} shares, or a share that is not between 0 and 1", self.share.len()));
        }
        let rising = self.roots.windows(2).all(|pair| pair[0] < pair[1]);
        if self.roots.first().copied().unwrap_or(0) != 0 || !rising || self.roots.last().map_or(n != 0, |&root| root as usize >= n) {
            return Err("boosting: the trees do not follow one another".into());
        }
        let falls = self.set_starts.windows(2).any(|pair| pair[0] > pair[1]);
        if self.set_starts.first() != Some(&0) || falls || self.set_starts.last().map(|&end| end as usize) != Some(self.set_words.len()) {
            return Err("boosting: the category sets do not follow one another".into());
        }
        Ok(())
    }

    /// Every node but a root has one parent, earlier in the same tree: nodes, leaves and sets are numbered in the order in which a pass over
    /// the nodes meets them.
    fn validate_nodes(&self) -> Result<(), String> {
        let (mut next_leaf, mut next_set) = (0, 0);
        for tree in 0..self.n_trees() {
            let Range { start: root, end } = self.nodes_of(tree);
            let mut is_child = vec![false; end - root];
            for node in root..end {
                let at = |what: &str| Err(format!("boosting: tree {tree}, node {}: {what}", node - root));
                if !(self.cover[node].is_finite() && self.cover[node] > 0.0 && self.gain[node].is_finite() && self.gain[node] >= 0.0) {
                    return at("cover or gain is not a finite positive number");
                }
                let (left, payload) = (self.left[node] as usize, self.payload[node]);
                if left == 0 {
                    if payload as usize != next_leaf || self.feature[node] != 0 {
                        return at("the leaf is out of order");
                    }
                    next_leaf += 1;
                    continue;
                }
                if left <= node || left + 1 >= end {
                    return at("the children do not follow it within its tree");
                }
                for child in [left, left + 1] {
                    if std::mem::replace(&mut is_child[child - root], true) {
                        return at("a child has two parents");
                    }
                }
                let column = self.column(node);
                let codes = if column < self.n_columns() { Some(self.column_codes(column)) } else { None };
                match codes {
                    None => return at("it asks a feature that does not exist"),
                    Some(0) if !f32::from_bits(payload).is_finite() => return at("the threshold is not finite"),
                    Some(0) => {}
                    Some(codes) => {
                        if payload as usize != next_set || next_set + 1 >= self.set_starts.len() {
                            return at("the category set is out of order");
                        }
                        if self.set_starts[next_set + 1] - self.set_starts[next_set] != codes.div_ceil(32) {
                            return at("the category set has the wrong size");
                        }
                        next_set += 1;
                    }
                }
            }
            if is_child.iter().skip(1).any(|&child| !child) {
                return Err(format!("boosting: tree {tree} has a node without a parent"));
            }
        }
        if next_leaf != self.leaves.len() || next_set + 1 != self.set_starts.len() {
            return Err("boosting: there are leaves or category sets that no node uses".into());
        }
        Ok(())
    }
}
