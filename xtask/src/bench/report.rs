//! What was measured: series side by side, and the ratios between them. A table for people, JSON for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// The measurements of one question.
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) series: Vec<Series>,
    pub(super) ratios: Vec<Ratio>,
}

/// One thing measured several times.
pub(super) struct Series {
    pub(super) name: String,
    pub(super) unit: &'static str,
    pub(super) values: Vec<f64>,
}

/// How two series compare.
pub(super) struct Ratio {
    pub(super) name: String,
    pub(super) value: f64,
    /// What the project promises itself, in words such as `at most 2`.
    pub(super) aim: &'static str,
}

impl Series {
    pub(super) fn new(name: impl Into<String>, unit: &'static str) -> Self {
        Self {
            name: name.into(),
            unit,
            values: Vec::new(),
        }
    }

    pub(super) fn median(&self) -> f64 {
        let mut values = self.values.clone();
        values.sort_by(f64::total_cmp);
        match values.len() {
            0 => f64::NAN,
            n if n % 2 == 1 => values[n / 2],
            n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
        }
    }

    fn range(&self) -> (f64, f64) {
        let least = self.values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = self
            .values
            .iter()
            .copied()
            .fold(f64::NEG_INFINITY, f64::max);
        (least, most)
    }

    /// The ratio of two medians.
    pub(super) fn over(&self, other: &Self, name: impl Into<String>, aim: &'static str) -> Ratio {
        Ratio {
            name: name.into(),
            value: self.median() / other.median(),
            aim,
        }
    }
}

impl Section {
    pub(super) fn table(&self) -> String {
        let mut text = format!("{}\n", self.title);
        for series in &self.series {
            let (least, most) = series.range();
            let _ = writeln!(
                text,
                "  {:<52}{:>12} {:<6} ({} … {}, {} rounds)",
                series.name,
                number(series.median()),
                series.unit,
                number(least),
                number(most),
                series.values.len()
            );
        }
        for ratio in &self.ratios {
            let aim = if ratio.aim.is_empty() {
                String::new()
            } else {
                format!("  aim: {}", ratio.aim)
            };
            let _ = writeln!(text, "  {:<52}{:>11.2}×{aim}", ratio.name, ratio.value);
        }
        text
    }

    pub(super) fn json(&self) -> Value {
        let series = |series: &Series| json!({ "name": series.name, "unit": series.unit, "median": series.median(), "values": series.values });
        let ratio =
            |ratio: &Ratio| json!({ "name": ratio.name, "value": ratio.value, "aim": ratio.aim });
        json!({
            "title": self.title,
            "series": self.series.iter().map(series).collect::<Vec<_>>(),
            "ratios": self.ratios.iter().map(ratio).collect::<Vec<_>>(),
        })
    }
}

/// Three digits that matter.
fn number(value: f64) -> String {
    match value.abs() {
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        let series = |values: &[f64]| Series {
            values: values.to_vec(),
            ..Series::new("x", "s")
        };
        assert!((series(&[3.0, 1.0, 2.0]).median() - 2.0).abs() < f64::EPSILON);
        assert!((series(&[4.0, 1.0, 2.0, 3.0]).median() - 2.5).abs() < f64::EPSILON);
        assert!(series(&[]).median().is_nan());
    }
}
