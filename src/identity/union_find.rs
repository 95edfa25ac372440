//! Sets that are joined, and never parted.

/// A forest of trees, each a set (Galler and Fischer 1964), joined by size, with paths halved as they are walked (Tarjan and van Leeuwen 1984).
pub(super) struct UnionFind {
    parent: Vec<u32>,
    size: Vec<u32>,
}

impl UnionFind {
    /// Every element in a set of its own.
    pub(super) fn new(n: usize) -> Self {
        Self { parent: (0..n as u32).collect(), size: vec![1; n] }
    }

    fn root(&mut self, mut element: u32) -> u32 {
        while self.parent[element as usize] != element {
            let grandparent = self.parent[self.parent[element as usize] as usize];
            self.parent[element as usize] = grandparent;
            element = grandparent;
        }
        element
    }

    /// Joins the sets of two elements.
    pub(super) fn join(&mut self, a: u32, b: u32) {
        let (mut large, mut small) = (self.root(a), self.root(b));
        if large == small {
            return;
        }
        if self.size[large as usize] < self.size[small as usize] {
            std::mem::swap(&mut large, &mut small);
        }
        self.parent[small as usize] = large;
        self.size[large as usize] += self.size[small as usize];
    }

    /// The number of each element's set, sets numbered in the order of their first elements, and how many there are.
    pub(super) fn numbered(mut self) -> (Vec<u32>, usize) {
        let mut number = vec![u32::MAX; self.parent.len()];
        let mut next = 0;
        let of_element = (0..self.parent.len() as u32)
            .map(|element| {
                let root = self.root(element) as usize;
                if number[root] == u32::MAX {
                    number[root] = next;
                    next += 1;
                }
                number[root]
            })
            .collect();
        (of_element, next as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The slow and obviously right way: whoever is reached over joined pairs is of the same set.
        #[test]
        fn elements_are_of_one_set_when_pairs_lead_from_one_to_the_other(pairs in prop::collection::vec((0_u32..12, 0_u32..12), 0..14)) {
            let mut sets = UnionFind::new(12);
            pairs.iter().for_each(|&(a, b)| sets.join(a, b));
            let (number, n) = sets.numbered();
            let mut expected: Vec<u32> = (0..12).collect();
            for _ in 0..12 {
                for &(a, b) in &pairs {
                    let least = expected[a as usize].min(expected[b as usize]);
                    (expected[a as usize], expected[b as usize]) = (least, least);
                }
            }
            for a in 0..12 {
                for b in 0..12 {
                    prop_assert_eq!(number[a] == number[b], expected[a] == expected[b]);
                }
            }
            let firsts: Vec<u32> = (0..12).filter(|&a| !number[..a].contains(&number[a])).map(|a| number[a]).collect();
            prop_assert_eq!(firsts, (0..n as u32).collect::<Vec<_>>());
        }
    }
}
