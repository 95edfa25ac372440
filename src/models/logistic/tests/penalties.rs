//! Penalties, against scikit-learn 1.9.1.

use ndarray::Array2;

use super::*;

/// `sum(weight * log loss) + l2 * ((1 - r) / 2 * |c|^2 + r * |c|)`, with `c` the numeric coefficients and those of the four categories.
fn objective(model: &LogisticModel, data: &Dataset<f64, bool, Ix1>, l2: f64, r: f64) -> f64 {
    let numeric = (0..3).map(|feature| model.numeric_coefficient(feature).unwrap().0);
    // Against a level that no row has, whose coefficient is 0.
    let at = |level: f32| model.log_odds(&[0.0, 0.0, 0.0, level]) - model.log_odds(&[0.0, 0.0, 0.0, 4.0]);
    let coefficients: Vec<f64> = numeric.chain([0.0, 1.0, 2.0, 3.0].map(at)).collect();
    let squares: f64 = coefficients.iter().map(|c| c * c).sum();
    let magnitudes: f64 = coefficients.iter().map(|c| c.abs()).sum();
    let weight = |row: usize| data.weights().map_or(1.0, |weights| f64::from(weights[row]));
    let log_odds = model.predict_log_odds(&data.records.view());
    let rows = log_odds.iter().zip(&data.targets).enumerate();
    let loss: f64 = rows.map(|(row, (z, won))| weight(row) * math::softplus(if *won { -z } else { *z })).sum();
    loss + l2 * ((1.0 - r) / 2.0 * squares + r * magnitudes)
}

/// Numbers of the sample times `scales`, in f64.
fn scaled(scales: [f64; 4], weighted: bool) -> Dataset<f64, bool, Ix1> {
    let (records, won, weights) = sample();
    let records = Array2::from_shape_fn((300, 4), |(row, column)| f64::from(records[[row, column]]) * scales[column]);
    let data = Dataset::new(records, won);
    if weighted { data.with_weights(weights) } else { data }
}

fn plain() -> LogisticParams {
    params().transform(false).standardize(false).min_level_rows(1)
}

/// scikit-learn 1.9.1: `LogisticRegression(C=1/2, solver="newton-cholesky", tol=1e-13).fit(D, y, sample_weight=w)` on `D = np.hstack([X[:, :3] * [1, 30, .01],
/// np.eye(4)[X[:, 3]]])`: its objective and the numeric coefficients.
#[test]
fn a_plain_design_has_the_optimum_of_scikit_learn() {
    let cases = [
        (false, 150.4351073027899, [2.8417810771745824, -0.07820226703323613, 0.005884902981736558]),
        (true, 291.7206720570154, [3.0961812383085605, -0.09416536806273745, 0.010949745328296788]),
    ];
    for (weighted, expected, coefficients) in cases {
        let data = scaled([1.0, 30.0, 0.01, 1.0], weighted);
        let model = plain().l2(2.0).tolerance(1e-10).fit(&data).unwrap();
        assert!(model.report().converged);
        close(objective(&model, &data, 2.0, 0.0), expected, 1e-8 * expected);
        for (feature, expected) in coefficients.into_iter().enumerate() {
            close(model.numeric_coefficient(feature).unwrap().0, expected, 1e-6);
        }
    }
}

/// scikit-learn 1.9.1: `LogisticRegression(C=1/6, solver="saga", penalty="elasticnet", l1_ratio=r, tol=1e-14, max_iter=200000)` on the numbers as they are and
/// `np.eye(4)[X[:, 3]]`.
#[test]
fn an_elastic_net_has_the_optimum_of_scikit_learn_and_its_zeros() {
    let cases = [
        (0.5, 176.84744766215766, [1.9166751837072795, -0.9076885877611629, 0.0]),
        (1.0, 181.9949760000388, [2.4432427415174445, -0.9133806371691487, 0.0]),
    ];
    let data = scaled([1.0; 4], false);
    for (r, expected, coefficients) in cases {
        let model = plain().l2(6.0).l1_ratio(r).tolerance(1e-11).fit(&data).unwrap();
        assert!(model.report().converged, "{:?}", model.report());
        assert_eq!(model.report().l1_ratio, r);
        close(objective(&model, &data, 6.0, r), expected, 1e-8 * expected);
        for (feature, expected) in coefficients.into_iter().enumerate() {
            let found = model.numeric_coefficient(feature).unwrap().0;
            close(found, expected, 2e-5);
            assert_eq!(found == 0.0, expected == 0.0);
        }
    }
}

/// The conditions of Karush, Kuhn and Tucker, from differences of the loss alone.
#[test]
fn an_elastic_net_of_many_columns_meets_the_conditions_of_a_minimum() {
    let mut stream = Stream(37);
    let records = Array2::from_shape_fn((3000, 40), |_| stream.next() as f32);
    let won: Vec<bool> = records.rows().into_iter().map(|row| stream.next() < f64::from(0.2 + 0.5 * row[0] - 0.2 * row[1])).collect();
    let targets = design::Targets::new(&won, vec![1.0; 3000], &[]);
    let columns: Vec<_> = records.columns().into_iter().map(crate::models::ColumnView::F32).collect();
    let encoding = design::Encoding { categorical: &[], min_rows: 10, transform: false, standardize: true };
    let design = design::Design::fit(&columns, &targets, &encoding).unwrap();
    let watch = newton::Watch::new(&Silent);
    let problem = newton::Problem::new(&design, &targets, newton::Penalty::new(60.0, 0.8), &watch);
    let solution = problem.minimise_elastic(problem.start().unwrap(), None, newton::Goal::Gradient(1e-10), 100).unwrap();
    assert!(solution.reached);
    let coefficients = solution.point.coefficients;
    let zeros = coefficients.iter().filter(|c| **c == 0.0).count();
    assert!((15..40).contains(&zeros), "{zeros}");
    for j in 1..=40 {
        let loss = |by: f64| {
            let mut moved = coefficients.clone();
            moved[j] += by;
            problem.at(moved).loss
        };
        let slope = (loss(1e-4) - loss(-1e-4)) / 2e-4;
        match coefficients[j] {
            0.0 => assert!(slope.abs() <= 48.0 + 1e-3, "{j} {slope}"),
            c => close(slope, -48.0 * c.signum(), 1e-3),
        }
    }
}

#[test]
fn the_strength_of_an_elastic_net_is_chosen_too() {
    let model = params().l1_ratio(0.9).fit(&dataset(false)).unwrap();
    assert!(model.report().converged && model.report().path.len() >= 3, "{:?}", model.report());
}
