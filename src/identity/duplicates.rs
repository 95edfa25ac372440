//! Leads that are there twice.

use super::LeadKeys;
use super::keys::NONE;
use crate::features::{Cell, LeadTable, TextColumn};

/// Of each lead the oldest one of the same person that was still open when it came. `members[starts[p]..starts[p + 1]]` are the leads of person
/// `p`, the oldest first.
pub(super) fn overlapping(leads: &LeadKeys, starts: &[usize], members: &[u32]) -> Vec<u32> {
    let mut duplicate_of = vec![NONE; leads.len()];
    for bounds in starts.windows(2) {
        let members = &members[bounds[0]..bounds[1]];
        // Leads come in order of creation, so what was closed before one came was closed before all later ones.
        let mut oldest_open = 0;
        for (place, &lead) in members.iter().enumerate().skip(1) {
            while oldest_open < place && leads.closed(members[oldest_open]) <= leads.created(lead) {
                oldest_open += 1;
            }
            if oldest_open < place {
                duplicate_of[lead as usize] = members[oldest_open];
            }
        }
    }
    duplicate_of
}

/// Of each lead the first one that is the same in all but its identifier: in every attribute, creation, segment, account, e-mail address and
/// telephone number, as found in the source; `u32::MAX` when there is none before it, or when there are no attributes to compare: columns that the schema does
/// not name are not seen.
///
/// ```
/// use leadscore::identity::{LeadKeys, identical_leads};
/// use leadscore::{AttributeColumn, LeadTable};
/// let leads = LeadTable {
///     ids: ["a", "b", "c"].map(str::to_owned).to_vec(),
///     attributes: vec![("employees".to_owned(), AttributeColumn::Number(vec![9.0, 7.0, 9.0]))],
///     ..LeadTable::default()
/// };
/// assert_eq!(identical_leads(&leads, &LeadKeys::new(3)), [u32::MAX, u32::MAX, 0]);
/// ```
#[must_use]
pub fn identical_leads(leads: &LeadTable, keys: &LeadKeys) -> Vec<u32> {
    let texts: Vec<&TextColumn> =
        [&leads.segment, &leads.account, &keys.email, &keys.phone, &keys.account].into_iter().filter_map(Option::as_ref).collect();
    let word = |text: &TextColumn, lead: u32| text.codes.get(lead as usize).copied().filter(|&code| (code as usize) < text.words.len());
    let created = |lead: u32| leads.created(lead as usize);
    let same = |a: u32, b: u32| {
        created(a) == created(b)
            && texts.iter().all(|text| word(text, a) == word(text, b))
            && leads.attributes.iter().all(|(_, column)| same_cell(column.cell(a as usize), column.cell(b as usize)))
    };
    let hash = |lead: u32| {
        let mut hash = Fnv::new();
        hash.take(created(lead).unwrap_or(i64::MIN) as u64);
        texts.iter().for_each(|text| hash.take(word(text, lead).map_or(u64::MAX, u64::from)));
        leads.attributes.iter().for_each(|(_, column)| hash.take_cell(column.cell(lead as usize)));
        hash.0
    };
    if leads.attributes.is_empty() {
        return vec![NONE; leads.len()];
    }
    let mut order: Vec<(u64, u32)> = (0..leads.len() as u32).map(|lead| (hash(lead), lead)).collect();
    order.sort_unstable();
    let mut identical_to = vec![NONE; leads.len()];
    let mut firsts: Vec<u32> = Vec::new();
    for group in order.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1) {
        // Different leads of one hash are few.
        firsts.clear();
        for &(_, lead) in group {
            match firsts.iter().find(|&&first| same(first, lead)) {
                Some(&first) => identical_to[lead as usize] = first,
                None => firsts.push(lead),
            }
        }
    }
    identical_to
}

fn same_cell(a: Cell<'_>, b: Cell<'_>) -> bool {
    match (a, b) {
        (Cell::Number(a), Cell::Number(b)) => a.to_bits() == b.to_bits(),
        (a, b) => a == b,
    }
}

/// FNV-1a, 64 bits (Fowler, Noll and Vo 1991).
struct Fnv(u64);

impl Fnv {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn take_bytes(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    }

    fn take(&mut self, number: u64) {
        self.take_bytes(&number.to_le_bytes());
    }

    fn take_cell(&mut self, cell: Cell<'_>) {
        match cell {
            Cell::Missing => self.take_bytes(&[0]),
            Cell::Number(x) => self.take(x.to_bits()),
            Cell::Bool(b) => self.take_bytes(&[1, u8::from(b)]),
            Cell::Text(word) => {
                self.take_bytes(word.as_bytes());
                self.take_bytes(&[0xff]);
            }
            Cell::Time(t) => self.take(t as u64),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;
    use crate::features::AttributeColumn;
    use crate::identity::{IdentityRules, resolve};

    proptest! {
        /// The slow and obviously right way: all older leads of the person, of those that were open then the oldest.
        #[test]
        fn a_duplicate_is_one_that_came_while_an_older_one_of_the_person_was_open(
            leads in prop::collection::vec((0_u32..3, 0_i64..20, prop::option::of(0_i64..25)), 1..30),
        ) {
            let words = ["a@corp.example", "b@corp.example", "c@corp.example"].map(str::to_owned).to_vec();
            let keys = LeadKeys::new(leads.len())
                .email(TextColumn { words, codes: leads.iter().map(|lead| lead.0).collect() })
                .created_at(leads.iter().map(|lead| lead.1).collect())
                .closed_at(leads.iter().map(|lead| lead.2.unwrap_or(i64::MIN)).collect());
            let identity = resolve(&keys, &IdentityRules::default());
            for (row, &(person, created, _)) in leads.iter().enumerate() {
                let older = |&other: &usize| (leads[other].1, other) < (created, row) && leads[other].0 == person;
                let open = |&other: &usize| leads[other].2.is_none_or(|closed| closed > created);
                let expected = (0..leads.len()).filter(older).filter(open).min_by_key(|&other| (leads[other].1, other));
                prop_assert_eq!(identity.duplicate_of[row], expected.map_or(u32::MAX, |other| other as u32));
            }
        }
    }

    #[test]
    fn leads_are_identical_when_all_but_the_identifier_is() {
        let mut leads = LeadTable {
            ids: (0..6).map(|i| i.to_string()).collect(),
            created_at: vec![1, 1, 1, 2, 1, 1],
            attributes: vec![
                ("x".to_owned(), AttributeColumn::Number(vec![f64::NAN, f64::NAN, 1.0, f64::NAN, f64::NAN, f64::NAN])),
                (
                    "y".to_owned(),
                    AttributeColumn::Text(TextColumn { words: vec!["p".to_owned(), "q".to_owned()], codes: vec![0, 0, 0, 0, 1, 0] }),
                ),
            ],
            ..LeadTable::default()
        };
        let none = LeadKeys::new(6);
        assert_eq!(identical_leads(&leads, &none), [NONE, 0, NONE, NONE, NONE, 0]);
        let emails = TextColumn { words: vec!["a@b.example".to_owned(), "c@d.example".to_owned()], codes: vec![0, 0, 0, 0, 0, 1] };
        assert_eq!(identical_leads(&leads, &none.clone().email(emails)), [NONE, 0, NONE, NONE, NONE, NONE], "another address");
        leads.created_at.clear();
        assert_eq!(identical_leads(&leads, &none), [NONE, 0, NONE, 0, NONE, 0]);
    }
}
