//! A metric family: samples of one name, as Prometheus reads them.

use std::fmt::Write;

/// What a family's numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Goes up and down.
    Gauge,
    /// Only goes up.
    Counter,
}

/// Samples of one name.
#[derive(Debug, Clone)]
pub(super) struct Family {
    name: &'static str,
    help: &'static str,
    kind: Kind,
    samples: Vec<(String, f64)>,
}

impl Family {
    /// A gauge without samples, which is not shown.
    pub(super) fn gauge(name: &'static str, help: &'static str) -> Self {
        Self::new(name, help, Kind::Gauge)
    }

    /// A counter without samples, which is not shown.
    pub(super) fn counter(name: &'static str, help: &'static str) -> Self {
        Self::new(name, help, Kind::Counter)
    }

    fn new(name: &'static str, help: &'static str, kind: Kind) -> Self {
        Self {
            name,
            help,
            kind,
            samples: Vec::new(),
        }
    }

    /// Adds a sample.
    pub(super) fn add(&mut self, labels: &[(&str, &str)], value: f64) {
        let labels: Vec<String> = labels
            .iter()
            .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
            .collect();
        self.samples.push((labels.join(","), value));
    }

    /// Adds a sample, where there is one.
    pub(super) fn add_some(&mut self, labels: &[(&str, &str)], value: Option<f64>) {
        if let Some(value) = value {
            self.add(labels, value);
        }
    }

    /// The family in Prometheus' text format.
    pub(super) fn render(&self, text: &mut String) {
        if self.samples.is_empty() {
            return;
        }
        let (name, help) = (self.name, self.help);
        let kind = match self.kind {
            Kind::Gauge => "gauge",
            Kind::Counter => "counter",
        };
        // Writing to a String cannot fail.
        let _infallible = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in &self.samples {
            let _infallible = match labels.is_empty() {
                true => writeln!(text, "{name} {value}"),
                false => writeln!(text, "{name}{{{labels}}} {value}"),
            };
        }
    }
}

/// A label's value between quotation marks.
fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

/// A count as Prometheus keeps numbers.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts beyond 2^53 lose their last digits, as they do in Prometheus"
)]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_told_with_its_help_and_type_before_its_samples() {
        let mut family = Family::gauge("moodwire_jobs", "Jobs.");
        family.add(&[("kind", "collect"), ("state", "ready")], 3.0);
        family.add(&[], 0.25);
        let mut text = String::new();
        family.render(&mut text);
        assert_eq!(
            text,
            "# HELP moodwire_jobs Jobs.\n# TYPE moodwire_jobs gauge\n\
             moodwire_jobs{kind=\"collect\",state=\"ready\"} 3\nmoodwire_jobs 0.25\n"
        );
    }

    #[test]
    fn a_family_without_samples_is_not_told() {
        let mut text = String::new();
        Family::counter("a_total", "A.").render(&mut text);
        assert_eq!(text, "");
    }

    #[test]
    fn a_label_may_hold_anything() {
        assert_eq!(escaped("a\"b\\c\nd"), r#"a\"b\\c\nd"#);
    }
}
