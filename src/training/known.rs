//! Rows of features where attributes have a history: each snapshot sees the values known then.

use std::borrow::Cow;

use super::{Labelled, TrainingData};
use crate::Error;
use crate::features::{EventTable, FeatureMatrix, FeaturePlan, LeadTable};

impl TrainingData {
    /// The table of leads from which a plan learns its vocabulary: as it stands, or, where attributes have a history, each lead at one of its snapshots,
    /// in turn, so that every state of a lead's life is met and no lead counts twice. Leads without a snapshot stand as of `otherwise`.
    pub(crate) fn leads_in_turn(&self, labelled: &Labelled, otherwise: i64) -> Cow<'_, LeadTable> {
        let Some(history) = &self.history else { return Cow::Borrowed(&self.leads) };
        let mut snapshots: Vec<Vec<i64>> = vec![Vec::new(); self.leads.len()];
        for &(lead, as_of) in &labelled.rows {
            snapshots[lead as usize].push(as_of);
        }
        let in_turn = |(lead, moments): (usize, &Vec<i64>)| moments.get(lead % moments.len().max(1)).copied().unwrap_or(otherwise);
        let as_of: Vec<i64> = snapshots.iter().enumerate().map(in_turn).collect();
        Cow::Owned(self.leads.as_known(history, &as_of))
    }

    /// The features of the labelled rows where attributes have a history. Rows of one age hold a lead at most once, so that the leads as they were known
    /// then are a table like any other: the bits are those that scoring such a table gives.
    pub(crate) fn matrix_as_known(
        &self,
        plan: &FeaturePlan,
        events: &EventTable,
        labelled: &Labelled,
        threads: Option<usize>,
    ) -> Result<FeatureMatrix, Error> {
        let Some(history) = &self.history else {
            let prepared = plan.prepare_table(&self.leads)?;
            return Ok(plan.matrix(&self.leads, &prepared, events, &labelled.rows, threads));
        };
        let width = plan.features().len();
        let mut matrix = FeatureMatrix { features: plan.features().to_vec(), ..FeatureMatrix::default() };
        matrix.values = vec![f32::NAN; width * labelled.rows.len()];
        matrix.n_rows = labelled.rows.len();
        for age in 0..labelled.ages.len().max(1) as u16 {
            let places: Vec<usize> = (0..labelled.rows.len()).filter(|&row| labelled.age[row] == age).collect();
            let rows: Vec<(u32, i64)> = places.iter().map(|&row| labelled.rows[row]).collect();
            let mut as_of = vec![i64::MIN; self.leads.len()];
            rows.iter().for_each(|&(lead, moment)| as_of[lead as usize] = moment);
            let known = self.leads.as_known(history, &as_of);
            let prepared = plan.prepare_table(&known)?;
            let part = plan.matrix(&known, &prepared, events, &rows, threads);
            for (i, &row) in places.iter().enumerate() {
                matrix.values[row * width..(row + 1) * width].copy_from_slice(part.row(i));
            }
        }
        Ok(matrix)
    }
}
