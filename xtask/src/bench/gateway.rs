//! What the gateway costs: the same request to the same process, with and without it.

use std::env;
use std::fs;

use seaworthy_testkit::load::Target;

use super::platform::Platform;
use super::report::{Section, Series};
use super::services::{load, milliseconds};
use super::{CLIENTS, Plan};
use crate::{Failure, tools};

pub(super) fn measure(plan: Plan) -> Result<Section, Failure> {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("seaworthy.yaml"), definition()?)?;
    let platform = Platform::new(folder.path(), tools::postgres::installation()?.bin())?;
    platform.up_until_answer("/")?;
    let direct = Target::get(platform.replica("constant")?, "/");
    let through = platform.public_target("/")?;

    let mut rate_direct = Series::new(format!("a constant handler, {CLIENTS} connections"), "1/s");
    let mut rate_through = Series::new("the same through the gateway", "1/s");
    let mut p99_direct = Series::new("a constant handler, p99", "ms");
    let mut p99_through = Series::new("the same through the gateway, p99", "ms");
    for round in 1..=plan.rounds {
        println!("gateway: round {round} of {}", plan.rounds);
        for (target, rate, p99) in [
            (&direct, &mut rate_direct, &mut p99_direct),
            (&through, &mut rate_through, &mut p99_through),
        ] {
            let mut report = load(target, plan)?;
            rate.values.push(report.rate());
            p99.values.push(milliseconds(report.percentile(99.0)));
        }
    }
    let ratios = vec![
        rate_through.over(&rate_direct, "through / without, rate", ""),
        p99_through.over(&p99_direct, "through / without, p99", ""),
    ];
    Ok(Section {
        title: "The gateway",
        series: vec![rate_direct, rate_through, p99_direct, p99_through],
        ratios,
    })
}

/// A platform of one service: this program's own constant handler.
fn definition() -> Result<String, Failure> {
    let program = env::current_exe()?;
    let program = program
        .to_str()
        .ok_or("the path of this program is not UTF-8")?;
    Ok(format!(
        "platform: constant\n\
         services:\n  \
           constant:\n    \
             run: [{program:?}, constant]\n    \
             ports: {{ http: 8080 }}\n    \
             probes: {{ readiness: {{ path: / }} }}\n    \
             route: {{ host: constant.example.com }}\n"
    ))
}
