//! Numbers as a person reads them: rounding, units, absent values.

use fireassay_spec::{Metric, MetricName};

use crate::stats::paired_t::Interval;

/// Stands for a value that does not exist.
pub(crate) const ABSENT: &str = "–";

/// More decimals than this are never shown.
const MOST_DECIMALS: usize = 8;

/// How a metric is shown: accuracies in per cent, losses in nats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Unit {
    scale: f64,
    /// Of a value.
    pub level: &'static str,
    /// Of a difference.
    pub difference: &'static str,
    decimals: usize,
}

impl Unit {
    pub(crate) fn of(metric: MetricName) -> Self {
        match (metric, metric.metric()) {
            (MetricName::Of(..) | MetricName::Source(_), Metric::Accuracy) => {
                Self { scale: 100.0, level: "%", difference: "pp", decimals: 2 }
            }
            // A gap of accuracies is itself a difference of percentages.
            (MetricName::Gap(_) | MetricName::Forgotten(_), Metric::Accuracy) => {
                Self { scale: 100.0, level: "pp", difference: "pp", decimals: 2 }
            }
            (_, Metric::Loss) => {
                Self { scale: 1.0, level: "nats", difference: "nats", decimals: 4 }
            }
        }
    }

    /// A value as a number of display units.
    pub(crate) fn scaled(self, value: f64) -> f64 {
        value * self.scale
    }

    /// A value, without its unit.
    pub(crate) fn value(self, value: f64) -> String {
        fixed(value * self.scale, self.decimals)
    }

    /// A size in the unit of a difference: two significant digits, no sign, no trailing zeros.
    pub(crate) fn size(self, size: f64) -> String {
        let size = size.abs() * self.scale;
        let text = fixed(size, two_digits(size).unwrap_or(self.decimals));
        let short = if text.contains('.') { text.trim_end_matches('0') } else { &text };
        format!("{} {}", short.trim_end_matches('.'), self.difference)
    }

    /// A difference with its sign, without its unit, and its interval, both to two significant
    /// digits of the interval's half-width.
    pub(crate) fn difference(self, mean: f64, interval: Option<Interval>) -> (String, String) {
        let half = interval.map(|i| 0.5 * (i.high - i.low) * self.scale);
        let decimals = half.and_then(two_digits).unwrap_or(self.decimals);
        let bounds = interval.map(|i| {
            let (low, high) = (i.low * self.scale, i.high * self.scale);
            format!("[{}, {}]", fixed(low, decimals), fixed(high, decimals))
        });
        (signed(mean * self.scale, decimals), bounds.unwrap_or_else(|| ABSENT.into()))
    }
}

/// A size of a difference in a metric, for people: `0.5 pp`, `0.02 nats`.
pub fn size_words(metric: MetricName, size: f64) -> String {
    Unit::of(metric).size(size)
}

/// With this many decimals; a zero has no sign, a non-finite value is absent.
pub(crate) fn fixed(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return ABSENT.into();
    }
    let text = format!("{value:.decimals$}");
    match text.strip_prefix('-') {
        Some(digits) if digits.chars().all(|c| c == '0' || c == '.') => digits.into(),
        Some(_) | None => text,
    }
}

/// As [`fixed`], with a plus before a positive value.
pub(crate) fn signed(value: f64, decimals: usize) -> String {
    let text = fixed(value, decimals);
    let positive = value > 0.0 && text.chars().any(|c| ('1'..='9').contains(&c));
    if positive { format!("+{text}") } else { text }
}

/// A p value to two significant digits, never as zero.
pub fn p_value(p: f64) -> String {
    const SMALLEST: f64 = 1e-4;
    if p < SMALLEST {
        return "< 0.0001".into();
    }
    if p >= 1.0 {
        return "1".into();
    }
    let text = fixed(p, two_digits(p).unwrap_or(2));
    // Only a value below 1 came here; rounding up must not claim more.
    if text.starts_with('1') { "0.99".into() } else { text }
}

/// `p = 0.031`, `p < 0.0001`.
pub(crate) fn p_equals(p: f64) -> String {
    let text = p_value(p);
    if text.starts_with('<') { format!("p {text}") } else { format!("p = {text}") }
}

/// A count: `640`, `5.1 k`, `11.2 M`.
pub(crate) fn count(n: u64) -> String {
    scaled(n as f64, 1000.0, &["", " k", " M", " G", " T"])
}

/// A size in memory: `96.0 MiB`.
pub(crate) fn bytes(n: u64) -> String {
    scaled(n as f64, 1024.0, &[" B", " KiB", " MiB", " GiB", " TiB"])
}

/// A stretch of time: `0.82 s`, `18.2 s`, `4 min 12 s`, `2 h 05 min`.
pub(crate) fn duration(secs: f64) -> String {
    const MINUTE: f64 = 60.0;
    const HOUR: f64 = 3600.0;
    if !secs.is_finite() {
        return ABSENT.into();
    }
    let whole = secs.round();
    match secs {
        _ if secs < 1.0 => format!("{secs:.2} s"),
        _ if whole < MINUTE => format!("{secs:.1} s"),
        _ if whole < HOUR => {
            format!("{:.0} min {:02.0} s", (whole / MINUTE).floor(), whole % MINUTE)
        }
        _ => {
            let minutes = (secs / MINUTE).round();
            format!("{:.0} h {:02.0} min", (minutes / MINUTE).floor(), minutes % MINUTE)
        }
    }
}

/// `1 trial`, `3 trials`.
pub(crate) fn plural(n: usize, noun: &str) -> String {
    if n == 1 { format!("{n} {noun}") } else { format!("{n} {noun}s") }
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Decimals that show two significant digits of a positive value.
fn two_digits(value: f64) -> Option<usize> {
    if !(value.is_finite() && value > 0.0) {
        return None;
    }
    // Rounding first: 0.0996 has the digits 1 and 0.
    let text = format!("{value:.1e}");
    let exponent: i32 = text.split_once('e')?.1.parse().ok()?;
    Some(usize::try_from(1 - exponent).unwrap_or(0).min(MOST_DECIMALS))
}

fn scaled(value: f64, step: f64, units: &[&str]) -> String {
    let mut value = value;
    let mut unit = 0;
    // What would be shown as 1000.0 belongs to the next unit.
    while value + 0.05 >= step && unit + 1 < units.len() {
        value /= step;
        unit += 1;
    }
    let decimals = usize::from(unit > 0);
    format!("{value:.decimals$}{}", units[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_half_width_decides_the_digits() {
        let unit = Unit::of("test.accuracy".parse().unwrap());
        let check = |mean: f64, half: f64, expected: (&str, &str)| {
            let interval = Interval { low: mean - half, high: mean + half };
            let (difference, bounds) = unit.difference(mean, Some(interval));
            assert_eq!((difference.as_str(), bounds.as_str()), expected);
        };
        check(-0.0234, 0.0062, ("-2.34", "[-2.96, -1.72]"));
        check(-0.0234, 0.062, ("-2.3", "[-8.5, 3.9]"));
        check(0.0234, 0.000_996, ("+2.34", "[2.24, 2.44]"));
        check(0.2, 0.3, ("+20", "[-10, 50]"));
        check(0.0, 0.0, ("0.00", "[0.00, 0.00]"));
        check(-0.000_01, 0.05, ("0.0", "[-5.0, 5.0]"));
        assert_eq!(unit.difference(0.012, None), ("+1.20".into(), ABSENT.into()));
    }

    #[test]
    fn zero_has_no_sign_and_nan_no_digits() {
        assert_eq!([fixed(-0.0, 1), fixed(-0.04, 1), fixed(-0.06, 1)], ["0.0", "0.0", "-0.1"]);
        assert_eq!([signed(0.04, 1), signed(0.05001, 1)], ["0.0", "+0.1"]);
        assert_eq!(fixed(f64::NAN, 2), ABSENT);
        assert_eq!(duration(f64::NAN), ABSENT);
    }

    #[test]
    fn p_is_never_zero() {
        let check = |p, expected: &str| assert_eq!(p_value(p), expected);
        check(0.031_25, "0.031");
        check(0.000_976_562_5, "0.00098");
        check(0.5, "0.50");
        check(0.999, "0.99");
        check(1.0, "1");
        check(1e-9, "< 0.0001");
        assert_eq!([p_equals(1e-9), p_equals(0.25)], ["p < 0.0001", "p = 0.25"]);
    }

    #[test]
    fn counts_times_and_sizes() {
        assert_eq!([count(640), count(999), count(999_990)], ["640", "999", "1.0 M"]);
        assert_eq!([count(5_130), count(11_173_962)], ["5.1 k", "11.2 M"]);
        assert_eq!([bytes(512), bytes(100_663_296)], ["512 B", "96.0 MiB"]);
        assert_eq!([duration(0.824), duration(18.23)], ["0.82 s", "18.2 s"]);
        assert_eq!([duration(59.7), duration(252.4)], ["1 min 00 s", "4 min 12 s"]);
        assert_eq!(duration(7_530.0), "2 h 06 min");
        let loss = Unit::of("test.loss".parse().unwrap());
        assert_eq!([loss.size(0.02), loss.size(-0.0216)], ["0.02 nats", "0.022 nats"]);
        assert_eq!(Unit::of("test.accuracy".parse().unwrap()).size(0.005), "0.5 pp");
        assert_eq!(Unit::of("test.accuracy".parse().unwrap()).size(0.2), "20 pp");
    }

    #[test]
    fn words() {
        assert_eq!([plural(1, "trial"), plural(0, "trial")], ["1 trial", "0 trials"]);
        let items = ["a".to_owned(), "b".to_owned(), "c".to_owned()];
        assert_eq!([listed(&items[..1]), listed(&items[..2])], ["a", "a and b"]);
        assert_eq!(listed(&items), "a, b and c");
    }
}
