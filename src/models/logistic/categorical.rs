//! Which levels of a categorical feature have a coefficient of their own.

use rayon::prelude::*;

use super::LogisticError;
use super::design::{Column, Encoding, Targets};
use super::kernels::STRIP;
use super::term::Slots;
use crate::models::ColumnView;

/// The most levels of one feature that have a coefficient of their own: a slot is a `u16`, with two to spare.
const MAX_KEPT_LEVELS: usize = 32_768;

/// The categorical features of `columns`, and what they become.
pub(super) fn fit_categories(
    columns: &[ColumnView<'_>],
    targets: &Targets,
    encoding: &Encoding<'_>,
) -> Result<Vec<(usize, Column)>, LogisticError> {
    let features = (0..columns.len()).filter_map(|feature| Some((feature, encoding.levels(feature)?))).collect::<Vec<_>>();
    let fitted: Vec<Result<(usize, Column), LogisticError>> = features
        .into_par_iter()
        .map(|(feature, levels)| Ok((feature, fit_categorical(feature, &columns[feature], targets, levels, encoding.min_rows)?)))
        .collect();
    fitted.into_iter().collect()
}

/// What is seen of one code.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    rows: usize,
    /// The weights of the lost and of the won rows.
    weight: [f64; 2],
}

fn fit_categorical(
    feature: usize,
    column: &ColumnView<'_>,
    targets: &Targets,
    levels: u32,
    min_rows: usize,
) -> Result<Column, LogisticError> {
    let n_levels = levels as usize;
    let mut seen = vec![Seen::default(); n_levels + 2];
    let mut strip = [0.0_f32; STRIP];
    for first in (0..targets.n_rows).step_by(STRIP) {
        let values = &mut strip[..STRIP.min(targets.n_rows - first)];
        column.read(first, values);
        for (row, value) in (first..).zip(&*values) {
            let Some(code) = code(*value, levels) else {
                return Err(LogisticError::BadCode { row, feature, value: *value, levels });
            };
            let weight = targets.weights[row];
            if weight > 0.0 {
                seen[code].rows += 1;
                seen[code].weight[usize::from(targets.won[row] > 0.0)] += weight;
            }
        }
    }
    let n_rows: usize = seen.iter().map(|seen| seen.rows).sum();
    if n_rows - seen.iter().map(|seen| seen.rows).max().unwrap_or(0) < min_rows {
        return Ok(Column::Dropped);
    }
    let mut frequent: Vec<usize> = (0..n_levels).filter(|code| seen[*code].rows >= min_rows).collect();
    frequent.sort_by(|a, b| seen[*b].rows.cmp(&seen[*a].rows).then(a.cmp(b)));
    frequent.truncate(MAX_KEPT_LEVELS);
    frequent.sort_unstable();
    let n_kept = frequent.len();
    let mut of_code = vec![n_kept as u16; n_levels];
    for (slot, code) in frequent.iter().enumerate() {
        of_code[*code] = slot as u16;
    }
    let slots = Slots { of_code, n_kept: n_kept as u16 };
    let mut weights = vec![[0.0; 2]; slots.len()];
    for (code, seen) in seen.iter().enumerate() {
        let slot = if code > n_levels { slots.missing() } else { slots.of_code.get(code).map_or(n_kept, |slot| usize::from(*slot)) };
        weights[slot][0] += seen.weight[0];
        weights[slot][1] += seen.weight[1];
    }
    let total: f64 = weights.iter().flatten().sum();
    let shares = weights.iter().map(|[lost, won]| (lost + won) / total).collect();
    let one_class = weights.iter().any(|[lost, won]| (*lost == 0.0) != (*won == 0.0));
    Ok(Column::Categorical { slots, shares, one_class })
}

/// The code of a value: `levels` for another category, one more for a missing one.
fn code(value: f32, levels: u32) -> Option<usize> {
    if value.is_nan() {
        return Some(levels as usize + 1);
    }
    (value >= 0.0 && f64::from(value) <= f64::from(levels) && value.fract() == 0.0).then_some(value as usize)
}
