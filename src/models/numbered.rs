//! Constraints by the numbers that features have in a matrix.

use std::collections::{BTreeMap, BTreeSet};

use super::Constraints;
use crate::features::{Feature, FeatureKind};

/// [`Constraints`] by the numbers of features.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Numbered {
    /// Per feature; empty when all are free.
    pub(crate) monotone: Vec<i8>,
    pub(crate) interactions: Vec<Vec<usize>>,
}

impl Constraints {
    /// The same with every concept replaced by the features that it has among `features`; a name that is not there is an error, unless
    /// `may_lack` knows why there is no such feature now: then nothing is asked of it.
    ///
    /// # Errors
    /// In words, for a name that there is not, a direction that is none, and a concept of several numbers that is to be monotone.
    pub(crate) fn of_features(&self, features: &[Feature], may_lack: impl Fn(&str) -> bool) -> Result<Self, String> {
        let named = |setting: &str, name: &String| -> Result<Vec<&Feature>, String> {
            let exact: Vec<&Feature> = features.iter().filter(|feature| feature.name == *name).collect();
            let found = if exact.is_empty() { features.iter().filter(|feature| feature.concept == *name).collect() } else { exact };
            if found.is_empty() && !may_lack(name) {
                return Err(format!("{setting} names \"{name}\", which is no feature; {}", nearest(name, features)));
            }
            Ok(found)
        };
        let names = |setting: &str, list: &[String]| -> Result<Vec<String>, String> {
            let mut all = Vec::new();
            for name in list {
                all.extend(named(setting, name)?.into_iter().map(|feature| feature.name.clone()));
            }
            Ok(all)
        };
        let mut monotone = BTreeMap::new();
        for (name, &direction) in &self.monotone {
            if !(-1..=1).contains(&direction) {
                return Err(format!("monotone_constraints must be 1, -1 or 0. Got {direction} for \"{name}\""));
            }
            let found = named("monotone_constraints", name)?;
            if found.is_empty() {
                continue;
            }
            let numbers: Vec<&str> =
                found.iter().filter(|feature| matches!(feature.kind, FeatureKind::Numeric)).map(|feature| feature.name.as_str()).collect();
            let [number] = numbers[..] else {
                return Err(match numbers.first() {
                    None => format!("monotone_constraints names \"{name}\", which is a category: categories have no order"),
                    Some(_) => {
                        format!("monotone_constraints names \"{name}\", which is several numbers; name one of {}", numbers.join(", "))
                    }
                });
            };
            monotone.insert(number.to_owned(), direction);
        }
        let mut interactions = Vec::with_capacity(self.interactions.len());
        for group in &self.interactions {
            let known = names("interaction_constraints", group)?;
            // A group of which nothing is left says nothing of other features.
            if group.is_empty() || !known.is_empty() {
                interactions.push(known);
            }
        }
        Ok(Self { monotone, interactions, excluded: names("exclude_features", &self.excluded)? })
    }

    /// The names that it asks something of, each once.
    pub(crate) fn asked_of(&self) -> BTreeSet<&str> {
        self.monotone.keys().chain(self.interactions.iter().flatten()).chain(&self.excluded).map(String::as_str).collect()
    }

    /// Whether something is asked of this feature in particular.
    pub(crate) fn names(&self, feature: &str) -> bool {
        self.monotone.get(feature).is_some_and(|&direction| direction != 0)
            || self.interactions.iter().any(|group| group.iter().any(|name| name == feature))
    }

    /// By the numbers of `features`; those that are not among them do not count.
    pub(crate) fn numbered(&self, features: &[Feature]) -> Numbered {
        let number: BTreeMap<&str, usize> = features.iter().map(|feature| feature.name.as_str()).zip(0..).collect();
        let mut monotone = Vec::new();
        for (name, &direction) in &self.monotone {
            if let Some(&place) = number.get(name.as_str()) {
                monotone.resize(features.len(), 0);
                monotone[place] = direction;
            }
        }
        let group = |group: &Vec<String>| group.iter().filter_map(|name| number.get(name.as_str()).copied()).collect();
        Numbered { monotone, interactions: self.interactions.iter().map(group).collect() }
    }
}

/// What might have been meant.
fn nearest(name: &str, features: &[Feature]) -> String {
    let near = |candidate: &&str| candidate.starts_with(name) || name.starts_with(*candidate) || candidate.contains(name);
    let mut all: Vec<&str> = features.iter().flat_map(|feature| [feature.concept.as_str(), feature.name.as_str()]).collect();
    all.sort_unstable();
    all.dedup();
    let mut shown: Vec<&str> = all.iter().copied().filter(near).take(10).collect();
    if shown.is_empty() {
        shown = all.into_iter().take(10).collect();
    }
    format!("there are for example {}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn features() -> Vec<Feature> {
        let feature = |name: &str, concept: &str, kind| Feature::new(name.to_owned(), concept.to_owned(), kind);
        vec![
            feature("employees", "employees", FeatureKind::Numeric),
            feature("industry", "industry", FeatureKind::Categorical { levels: vec!["retail".to_owned()] }),
            feature("call.count.7d", "call", FeatureKind::Numeric),
            feature("call.recency", "call", FeatureKind::Numeric),
        ]
    }

    fn asked(monotone: &[(&str, i8)], interactions: &[&[&str]]) -> Constraints {
        Constraints {
            monotone: monotone.iter().map(|&(name, direction)| (name.to_owned(), direction)).collect(),
            interactions: interactions.iter().map(|group| group.iter().map(|&name| name.to_owned()).collect()).collect(),
            excluded: Vec::new(),
        }
    }

    #[test]
    fn names_and_concepts_become_the_numbers_of_the_features_that_are_left() {
        let all = features();
        let known = asked(&[("employees", 1), ("call.recency", -1)], &[&["call", "industry"], &["employees"]])
            .of_features(&all, |_| false)
            .unwrap();
        let numbered = known.numbered(&all);
        assert_eq!(numbered.monotone, [1, 0, 0, -1]);
        assert_eq!(numbered.interactions, [vec![2, 3, 1], vec![0]]);
        let left: Vec<Feature> = all.into_iter().filter(|feature| feature.name != "industry" && feature.name != "call.recency").collect();
        assert_eq!(known.numbered(&left).monotone, [1, 0]);
        assert_eq!(known.numbered(&left).interactions, [vec![1], vec![0]]);
    }

    #[test]
    fn what_cannot_be_is_told_with_what_there_is() {
        let error = |constraints: Constraints| constraints.of_features(&features(), |_| false).unwrap_err();
        assert!(error(asked(&[("employes", 1)], &[])).contains("\"employes\", which is no feature; there are for example"));
        assert!(error(asked(&[("industry", 1)], &[])).contains("categories have no order"));
        assert!(error(asked(&[("call", 1)], &[])).ends_with("name one of call.count.7d, call.recency"));
        assert!(error(asked(&[("employees", 2)], &[])).contains("Got 2 for \"employees\""));
        assert!(error(asked(&[], &[&["calls"]])).starts_with("interaction_constraints names \"calls\""));
        let gone = asked(&[], &[&["calls"], &["employees", "mails"]]).of_features(&features(), |_| true).unwrap();
        assert_eq!(gone.interactions, [["employees"]], "a group of which nothing is left says nothing");
        assert!(
            asked(&[("employes", 1)], &[&["calls"]]).of_features(&features(), |_| true).unwrap().numbered(&features()).monotone.is_empty()
        );
    }
}
