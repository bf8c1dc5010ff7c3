//! How sure a rate is: the exact one-sided bound of Clopper and Pearson, by halving.

/// The chance of at most `hits` in `trials` at rate `p`.
fn at_most(hits: u64, trials: u64, p: f64) -> f64 {
    if p <= 0.0 {
        return 1.0;
    }
    if p >= 1.0 {
        return if hits >= trials { 1.0 } else { 0.0 };
    }
    // Terms by their logarithms: with a hundred thousand trials the first is too small for a number.
    let mut term = trials as f64 * (-p).ln_1p();
    let mut sum = term.exp();
    for k in 0..hits {
        term += ((trials - k) as f64 / (k + 1) as f64).ln() + p.ln() - (-p).ln_1p();
        sum += term.exp();
    }
    sum.min(1.0)
}

/// The rate that is not exceeded with 95 % confidence.
pub fn upper(hits: u64, trials: u64) -> f64 {
    search(trials, |p| at_most(hits, trials, p) > 0.05)
}

/// The rate that is exceeded with 95 % confidence.
pub fn lower(hits: u64, trials: u64) -> f64 {
    if hits == 0 {
        return 0.0;
    }
    search(trials, |p| 1.0 - at_most(hits - 1, trials, p) < 0.05)
}

/// The greatest rate of which `holds` is true.
fn search(trials: u64, holds: impl Fn(f64) -> bool) -> f64 {
    if trials == 0 {
        return 1.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if holds(middle) { low = middle } else { high = middle }
    }
    low
}

#[test]
fn known_bounds() {
    // The rule of three, and a value of the printed tables (3 of 100: 1.1 % … 7.6 % two-sided at 90 %).
    assert!((upper(0, 30_000) - 3.0 / 30_000.0).abs() < 1e-6);
    assert!((upper(3, 100) - 0.0757).abs() < 2e-4, "{}", upper(3, 100));
    assert!((lower(3, 100) - 0.0082).abs() < 2e-4, "{}", lower(3, 100));
    assert_eq!((upper(0, 0), lower(0, 0)), (1.0, 0.0));
    assert!(upper(5, 5) > 0.999 && lower(5, 5) > 0.5);
}
