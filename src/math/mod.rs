//! The few transcendental functions of the crate, in pure Rust, so that the bits are the same on every platform.
//!
//! `std`'s `f64::exp` calls the platform's libm, whose last bit differs between systems; the `libm` crate is a port of
//! musl's to Rust and uses additions and multiplications alone. The exponential is our own, for speed.

mod exp;
#[cfg(feature = "fit")]
mod ln_1p;
#[cfg(feature = "fit")]
mod rate;
mod wide;

pub(crate) use exp::exp;
#[cfg(feature = "fit")]
pub(crate) use ln_1p::ln_1p_of_positive;
#[cfg(feature = "fit")]
pub(crate) use rate::shift_to_share;
pub(crate) use wide::wide;

/// e to the power `x` as the `libm` crate has it: the generated sets were published with its bits.
#[cfg(feature = "fit")]
pub(crate) fn libm_exp(x: f64) -> f64 {
    libm::exp(x)
}

/// The natural logarithm of `x`.
#[inline]
pub(crate) fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// `ln(1 + x)`, exact near zero.
#[inline]
pub(crate) fn ln_1p(x: f64) -> f64 {
    libm::log1p(x)
}

/// The logistic function: the probability of log-odds `z`.
#[inline]
pub(crate) fn sigmoid(z: f64) -> f64 {
    if z >= 0.0 {
        1.0 / (1.0 + exp(-z))
    } else {
        let e = exp(z);
        e / (1.0 + e)
    }
}

/// `ln(1 + e^z)` without overflow: the log loss of log-odds `z` for a lost lead.
#[inline]
pub(crate) fn softplus(z: f64) -> f64 {
    if z > 0.0 { z + ln_1p(exp(-z)) } else { ln_1p(exp(z)) }
}

/// The log-odds of probability `p`, for `0 < p < 1`.
#[inline]
pub(crate) fn logit(p: f64) -> f64 {
    ln(p) - ln_1p(-p)
}
