//! The six platforms, and what each goes through.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use seaworthy_definition::Definition;
use seaworthy_testkit::emulator::Emulator;

use crate::drift;
use crate::leftovers;
use crate::network::{self, Network};
use crate::objects::Objects;
use crate::place::Place;
use crate::policies;
use crate::states::States;
use crate::trust;

/// A definition of the renderer's tests, in an account of its own.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// Its file, without its end.
    file: &'static str,
    /// Which environments are applied, side by side.
    environments: &'static [&'static str],
    /// What is written otherwise: production is protected, and what is protected is not destroyed.
    edits: &'static [(&'static str, &'static str)],
    /// Whether pods have security groups of their own.
    pods_have_groups: bool,
}

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "smallest",
        file: "smallest",
        environments: &["production"],
        edits: &[("production: {", "production: { protected: false,")],
        pods_have_groups: true,
    },
    Case {
        name: "node_groups",
        file: "node-groups",
        environments: &["production"],
        edits: &[("  production:\n", "  production:\n    protected: false\n")],
        pods_have_groups: true,
    },
    Case {
        name: "karpenter",
        file: "karpenter",
        environments: &["development"],
        edits: &[],
        pods_have_groups: true,
    },
    Case {
        name: "auto_mode",
        file: "auto",
        environments: &["development"],
        edits: &[],
        pods_have_groups: false,
    },
    Case {
        name: "aurora_and_waf",
        file: "aurora",
        environments: &["production"],
        edits: &[("  production:\n", "  production:\n    protected: false\n")],
        pods_have_groups: true,
    },
    Case {
        name: "two_deployments",
        file: "two-deployments",
        environments: &["blue", "green"],
        edits: &[],
        pods_have_groups: false,
    },
];

/// The accounts that the definitions name.
const ACCOUNTS: [&str; 2] = ["111111111111", "222222222222"];

impl Case {
    /// Everything that must hold of it.
    pub(crate) fn run(&self) {
        let account = Emulator::shared().account();
        let text = self.text(account.id());
        let places: Vec<Place> = self
            .environments
            .iter()
            .map(|environment| Place::new(&text, environment, account.clone()))
            .collect();
        let mut clock = Clock::new(self.name);

        // What the account shares is the first one's work; the others begin when it is there.
        std::thread::scope(|scope| {
            let mut runs = Vec::new();
            for place in &places {
                let run = scope.spawn(|| place.apply());
                place.wait_for_own_roots(|| run.is_finished());
                runs.push(run);
            }
            for run in runs {
                run.join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            }
        });
        clock.lap("apply");
        std::thread::scope(|scope| {
            let runs: Vec<_> = places
                .iter()
                .map(|place| scope.spawn(|| drift::judge(self.name, place)))
                .collect();
            for run in runs {
                run.join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            }
        });
        clock.lap("plan");
        for place in &places {
            self.judge(&text, place);
        }
        clock.lap("judge");
        for (number, place) in places.iter().enumerate() {
            let planted = leftovers::plant(place);
            place.destroy(&planted);
            // What stands beside it is still whole.
            if let Some(next) = places.get(number + 1) {
                drift::judge(self.name, next);
            }
        }
        leftovers::nothing_is_left(&places[0].client());
        clock.lap("destroy");
        eprintln!("{}: {}", self.name, clock.told());
    }

    /// What the states say of an environment.
    fn judge(&self, text: &str, place: &Place) {
        let (definition, _) = Definition::read("seaworthy.yaml", text.as_bytes());
        let (base, _) = definition.resolve(None);
        let states = States::of(place);
        trust::judge(&states, &base, place);
        policies::judge(&states, place);
        let databases: Vec<String> = base.databases.keys().map(ToString::to_string).collect();
        if !databases.is_empty() {
            let objects = Objects::of(place, &states);
            let network = Network::of(&states, &objects);
            network::judge(&network, &base, self.pods_have_groups);
        }
    }

    fn text(&self, account: &str) -> String {
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../render/tests/platforms")
            .join(format!("{}.yaml", self.file));
        let mut text =
            fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        for named in ACCOUNTS {
            text = text.replace(named, account);
        }
        for (from, to) in self.edits {
            assert!(text.contains(from), "{}: no `{from}`", self.name);
            text = text.replace(from, to);
        }
        text
    }
}

/// How long each step took.
struct Clock {
    last: Instant,
    laps: Vec<(&'static str, Duration)>,
}

impl Clock {
    fn new(name: &str) -> Self {
        eprintln!("{name}: begins");
        Self {
            last: Instant::now(),
            laps: Vec::new(),
        }
    }

    fn lap(&mut self, step: &'static str) {
        self.laps.push((step, self.last.elapsed()));
        self.last = Instant::now();
    }

    fn told(&self) -> String {
        let laps: Vec<String> = self
            .laps
            .iter()
            .map(|(step, took)| format!("{step} {} s", took.as_secs()))
            .collect();
        laps.join(", ")
    }
}
