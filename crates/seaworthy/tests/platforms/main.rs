//! Six platforms to AWS and back: the program as it is typed, the real OpenTofu and provider, and an emulator.
//!
//! Each is rendered, applied from nothing, planned again (nothing may be left to change but what `drift.toml` lists), and
//! judged by what its states say: who reaches the database, whom the roles trust, what the policies allow. Then what
//! controllers make is planted beside it, and all of it is destroyed, with the proof that nothing is left.
//!
//! Most of the time is the provider's own waiting, so all run at once, whatever the number of processors. What the
//! emulator does not prove stands in its own header; what it does not have is in the modules' tests.

#![expect(
    clippy::print_stderr,
    reason = "the durations of the steps are told to whoever runs this"
)]

mod case;
mod drift;
mod leftovers;
mod network;
mod objects;
mod place;
mod policies;
mod states;
mod trust;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(case::CASES.len());
    let trials = case::CASES
        .iter()
        .map(|case| {
            Trial::test(
                format!("platform_{}_goes_to_aws_and_back", case.name),
                || {
                    case.run();
                    Ok(())
                },
            )
        })
        .chain(drift::trials())
        .chain(network::trials())
        .chain(trust::trials())
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}
