//! Showing the events of a run: spinners on a terminal, settled lines elsewhere, an event a line as JSON.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use seaworthy_local::{Address, AddressKind, Event, Failure, ReplicaPhase};

use crate::arguments::Format;
use crate::printer::{self, BOLD, CYAN, DIM, GREEN, RED, YELLOW};

/// Shows events.
pub(crate) struct Progress {
    format: Format,
    /// Spinners, where a person looks at a terminal.
    spinners: Option<MultiProgress>,
    running: HashMap<String, ProgressBar>,
    /// Failures that were told, so that none is told twice.
    told: Vec<Failure>,
    /// Whether it came up, and the output of services is what the user wants to see now.
    ready: bool,
    show_output: bool,
    platform: String,
}

/// What an event meant for the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    Nothing,
    Ready,
    GaveUp,
    Stopped,
}

impl Progress {
    pub(crate) fn new(platform: &str, format: Format, show_output: bool) -> Self {
        let spinners =
            (format == Format::Text && std::io::stderr().is_terminal()).then(MultiProgress::new);
        Self {
            format,
            spinners,
            running: HashMap::new(),
            told: Vec::new(),
            ready: false,
            show_output,
            platform: platform.to_owned(),
        }
    }

    /// Shows one event.
    pub(crate) fn show(&mut self, event: &Event) -> std::io::Result<Seen> {
        let seen = match event {
            Event::Ready { .. } => Seen::Ready,
            Event::GaveUp => Seen::GaveUp,
            Event::Stopped => Seen::Stopped,
            _ => Seen::Nothing,
        };
        if self.format == Format::Json {
            printer::json(event, false)?;
            return Ok(seen);
        }
        if matches!(event, Event::Step { .. } | Event::Ready { .. }) {
            // What fails again after another try is told again.
            self.told.clear();
        }
        match event {
            Event::Step { id, title } => self.begin(id, title),
            Event::Progress { id, detail } => self.detail(id, detail),
            Event::Done {
                id,
                title,
                milliseconds,
            } => self.done(id, title, *milliseconds),
            Event::Failed { id, failure } => self.failed(id.as_deref(), failure),
            Event::Note { message } => self.line(&format!("{CYAN}note{CYAN:#}: {message}")),
            Event::Replica {
                service,
                replica,
                state,
                reason,
            } => self.replica(service, *replica, *state, reason),
            Event::Output {
                service,
                replica,
                line,
            } if self.ready && self.show_output => {
                self.line(&output_line(service, *replica, line));
            }
            Event::Output { .. } | Event::GaveUp => {}
            Event::Ready {
                addresses,
                milliseconds,
            } => {
                self.clear();
                self.ready = true;
                printer::value(&ready_text(&self.platform, addresses, *milliseconds))?;
            }
            Event::Stopping => {
                self.show_output = false;
                self.begin("stop", "stopping everything");
            }
            Event::Stopped => self.done("stop", "stopped everything", 0),
        }
        Ok(seen)
    }

    fn begin(&mut self, id: &str, title: &str) {
        let Some(spinners) = &self.spinners else {
            return;
        };
        let bar = spinners.add(ProgressBar::new_spinner());
        let style = ProgressStyle::with_template(
            "  {spinner:.cyan} {prefix} {elapsed:.dim} {wide_msg:.dim}",
        );
        if let Ok(style) = style {
            bar.set_style(
                style.tick_strings(&["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏", " "]),
            );
        }
        bar.set_prefix(title.to_owned());
        bar.enable_steady_tick(Duration::from_millis(80));
        self.running.insert(id.to_owned(), bar);
    }

    fn detail(&self, id: &str, detail: &str) {
        if let Some(bar) = self.running.get(id) {
            bar.set_message(detail.to_owned());
        }
    }

    fn done(&mut self, id: &str, title: &str, milliseconds: u64) {
        if let Some(bar) = self.running.remove(id) {
            bar.finish_and_clear();
        }
        let time = if milliseconds == 0 {
            String::new()
        } else {
            format!(" {DIM}{}{DIM:#}", seconds(milliseconds))
        };
        self.line(&format!("  {GREEN}✓{GREEN:#} {title}{time}"));
    }

    fn failed(&mut self, id: Option<&str>, failure: &Failure) {
        if let Some(bar) = id.and_then(|id| self.running.remove(id)) {
            bar.finish_and_clear();
        }
        if self.told.contains(failure) {
            return;
        }
        self.told.push(failure.clone());
        if id.is_some() {
            self.line(&format!(
                "  {RED}✗{RED:#} {}",
                if failure.subject.is_empty() {
                    "failed"
                } else {
                    &failure.subject
                }
            ));
        }
        self.line(&printer::failure_text(failure));
    }

    fn replica(&self, service: &str, replica: u32, state: ReplicaPhase, reason: &str) {
        if let Some(bar) = self.running.get(&format!("start/{service}")) {
            bar.set_message(reason.to_owned());
        } else if self.ready
            && matches!(
                state,
                ReplicaPhase::NotReady | ReplicaPhase::BackOff | ReplicaPhase::Ready
            )
        {
            let reason = if reason.is_empty() {
                String::new()
            } else {
                format!(": {reason}")
            };
            let style = if state == ReplicaPhase::Ready {
                GREEN
            } else {
                YELLOW
            };
            self.line(&format!(
                "{style}{service}-{replica} is {}{style:#}{reason}",
                state.word()
            ));
        }
    }

    /// Prints a line above the spinners.
    fn line(&self, text: &str) {
        match &self.spinners {
            Some(spinners) => spinners.suspend(|| printer::say(text)),
            None => printer::say(text),
        }
    }

    fn clear(&mut self) {
        for (_, bar) in self.running.drain() {
            bar.finish_and_clear();
        }
    }
}

/// A line of a service's output with who said it.
pub(crate) fn output_line(service: &str, replica: u32, line: &str) -> String {
    let style = anstyle::Style::new().fg_color(Some(colour_of(service).into()));
    format!("{style}{service}-{replica}{style:#} {DIM}|{DIM:#} {line}")
}

/// A colour that a service keeps, by its name.
fn colour_of(service: &str) -> anstyle::AnsiColor {
    use anstyle::AnsiColor::{Blue, Cyan, Green, Magenta, Yellow};
    const COLOURS: [anstyle::AnsiColor; 5] = [Cyan, Yellow, Magenta, Green, Blue];
    let sum: usize = service.bytes().map(usize::from).sum();
    COLOURS[sum % COLOURS.len()]
}

fn ready_text(platform: &str, addresses: &[Address], milliseconds: u64) -> String {
    let mut text = format!(
        "\n{BOLD}{platform} is up{BOLD:#} {DIM}after {}{DIM:#}\n\n",
        seconds(milliseconds)
    );
    text.push_str(&address_table(addresses));
    text
}

/// The addresses of a platform, public ones first, as they were given.
pub(crate) fn address_table(addresses: &[Address]) -> String {
    let rows: Vec<Vec<String>> = addresses
        .iter()
        .map(|address| {
            let kind = match address.kind {
                AddressKind::Public => "public",
                AddressKind::Service => "service",
                AddressKind::Database => "database",
            };
            vec![
                format!("  {kind}"),
                address.name.clone(),
                address.url.clone(),
            ]
        })
        .collect();
    let mut text = printer::table(&rows);
    text.push('\n');
    text
}

fn seconds(milliseconds: u64) -> String {
    format!("{:.1} s", Duration::from_millis(milliseconds).as_secs_f64())
}
