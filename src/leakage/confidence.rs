//! Bounds of confidence intervals.

/// The share of tables in which any of the answers may be wrong by chance.
const LEVEL: f64 = 0.01;
/// Questions asked of a column: its values are asked one by one, and most columns have fewer.
const QUESTIONS: f64 = 40.0;

/// How many standard errors an answer must be off, when `columns` columns are asked (Bonferroni).
pub(super) fn standard_errors(columns: usize) -> f64 {
    let tail = LEVEL / (QUESTIONS * columns.max(1) as f64);
    // Bisection: the tail of the normal distribution falls, and 0 to 40 holds every answer.
    let (mut low, mut high) = (0.0_f64, 40.0_f64);
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        if 0.5 * libm::erfc(middle * std::f64::consts::FRAC_1_SQRT_2) > tail { low = middle } else { high = middle }
    }
    low
}

/// The most that a count which came out as `count` may have been expected to be, by the square-root transform of a Poisson count (Anscombe 1948).
pub(super) fn most(count: f64, z: f64) -> f64 {
    let root = (count + 0.375).sqrt() + 0.5 * z;
    root * root
}

/// The least share that may have given `k` of `n` (Wilson 1927).
pub(super) fn least_share(k: f64, n: f64, z: f64) -> f64 {
    if n <= 0.0 {
        return 0.0;
    }
    let (p, zz) = (k / n, z * z);
    let middle = p + zz / (2.0 * n);
    let half = z * (p * (1.0 - p) / n + zz / (4.0 * n * n)).sqrt();
    ((middle - half) / (1.0 + zz / n)).max(0.0)
}

/// How many times as common something is among `n1`, of which `k1` have it, as among `n2`, of which `k2` have it: the estimate and the least that it
/// may be (log ratio of two proportions, Katz and others 1978; half a row is added to each, so that none is a number too).
pub(super) fn ratio(k1: f64, n1: f64, k2: f64, n2: f64, z: f64) -> (f64, f64) {
    if n1 <= 0.0 || n2 <= 0.0 {
        return (1.0, 0.0);
    }
    let (a, b) = (k1 + 0.5, k2 + 0.5);
    let (n1, n2) = (n1 + 0.5, n2 + 0.5);
    let estimate = (a / n1) / (b / n2);
    let error = (1.0 / a - 1.0 / n1 + 1.0 / b - 1.0 / n2).max(0.0).sqrt();
    (estimate, estimate * crate::math::exp(-z * error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_is_shared_among_the_columns() {
        // scipy.stats.norm.isf(0.01 / 40) and isf(0.01 / 4000).
        assert!((standard_errors(1) - 3.480_756_404_346).abs() < 1e-9, "{}", standard_errors(1));
        assert!((standard_errors(100) - 4.564_787_730_281).abs() < 1e-9, "{}", standard_errors(100));
    }

    #[test]
    fn bounds_hold_what_they_should() {
        // Wilson 1927, evaluated with scipy.stats.norm for 8 of 10 at 95 %.
        assert!((least_share(8.0, 10.0, 1.959_963_984_540_054) - 0.490_162_47).abs() < 1e-7);
        assert_eq!(least_share(0.0, 0.0, 2.0), 0.0);
        let (estimate, least) = ratio(300.0, 1000.0, 100.0, 1000.0, 4.0);
        assert!((estimate - 3.0).abs() < 0.02 && least > 1.9 && least < 3.0, "{estimate} {least}");
        assert!(ratio(3.0, 10.0, 1.0, 10.0, 4.0).1 < 1.0, "few rows say nothing");
        assert!(most(0.0, 4.0) > 5.0 && most(100.0, 4.0) > 140.0);
    }
}
