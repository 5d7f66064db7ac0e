//! Samples, and how figures are written.

use std::time::Duration;

/// The median of some samples, or another percentile.
pub fn percentile(samples: &mut [f64], percent: usize) -> f64 {
    samples.sort_by(f64::total_cmp);
    let last = samples.len().saturating_sub(1);
    samples.get((last * percent).div_ceil(100).min(last)).copied().unwrap_or(f64::NAN)
}

/// Milliseconds.
pub fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// The median of some samples.
pub fn median(samples: &[f64]) -> f64 {
    percentile(&mut samples.to_vec(), 50)
}

/// Three digits that count.
pub fn short(number: f64) -> String {
    match number.abs() {
        n if n >= 10_000.0 => {
            let whole = format!("{:.0}", number / 100.0);
            let (thousands, hundreds) = whole.split_at(whole.len().saturating_sub(1));
            format!("{thousands},{hundreds}00")
        }
        n if n >= 100.0 => format!("{number:.0}"),
        n if n >= 10.0 => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}

/// One minute load average.
pub fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(f64::NAN)
}
