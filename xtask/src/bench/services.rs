//! The counter under load, against pgbench on the same row and against a handler that does nothing.

use std::thread;
use std::time::Duration;

use seaworthy_testkit::load::{ClosedLoop, Report, Target, closed_loop};

use super::constant::Constant;
use super::platform::Platform;
use super::report::{Section, Series};
use super::{CLIENTS, Plan, memory, pgbench};
use crate::{Failure, root, tools};

pub(super) fn measure(plan: Plan) -> Result<Vec<Section>, Failure> {
    let postgres = tools::postgres::installation()?;
    let program = pgbench::program()?;
    let platform = Platform::new(&root().join("examples/counter"), postgres.bin())?;
    platform.up_until_answer("/")?;
    let api = Target::get(platform.replica("api")?, "/");
    let variables = platform.variables("api")?;
    let constant = Constant::start()?;
    let handler = Target::get(constant.address, "/");

    thread::sleep(Duration::from_secs(2));
    let services = platform.services()?;
    let mut memories = Vec::new();
    for service in &services {
        memories.push(one(
            format!("{service}, idle"),
            memory::of_service(&platform, service)?,
        ));
    }

    let mut rate_api = Series::new(format!("counter-api, {CLIENTS} connections"), "1/s");
    let mut rate_pgbench = Series::new(format!("pgbench, {CLIENTS} clients, the same row"), "1/s");
    let mut rate_constant = Series::new(
        format!("a constant axum handler, {CLIENTS} connections"),
        "1/s",
    );
    let mut p99_api = Series::new("counter-api, p99", "ms");
    let mut p99_pgbench = Series::new("pgbench, p99", "ms");
    let mut p99_constant = Series::new("a constant axum handler, p99", "ms");
    for round in 1..=plan.rounds {
        println!("services: round {round} of {}", plan.rounds);
        let outcome = pgbench::run(&program, &variables, plan.load)?;
        rate_pgbench.values.push(outcome.rate);
        p99_pgbench.values.push(milliseconds(outcome.p99));
        let mut report = load(&api, plan)?;
        rate_api.values.push(report.rate());
        p99_api.values.push(milliseconds(report.percentile(99.0)));
        let mut report = load(&handler, plan)?;
        rate_constant.values.push(report.rate());
        p99_constant
            .values
            .push(milliseconds(report.percentile(99.0)));
    }
    // The whole way once, so that the web service and the gateway have worked too.
    load(&platform.public_target("/send")?, plan)?;
    for service in &services {
        memories.push(one(
            format!("{service}, after load"),
            memory::of_service(&platform, service)?,
        ));
    }

    let ratios = vec![
        rate_api.over(&rate_pgbench, "counter-api / pgbench, rate", "at least 3"),
        p99_api.over(&p99_pgbench, "counter-api / pgbench, p99", "at most 1"),
        rate_api.over(
            &rate_constant,
            "counter-api / constant handler, rate",
            "0.5, as the disk allows",
        ),
    ];
    let series = vec![
        rate_api,
        rate_pgbench,
        rate_constant,
        p99_api,
        p99_pgbench,
        p99_constant,
    ];
    Ok(vec![
        Section {
            title: "Increments",
            series,
            ratios,
        },
        Section {
            title: "Memory of the services",
            series: memories,
            ratios: Vec::new(),
        },
    ])
}

/// Runs a closed loop; a request that failed makes the measurement worthless.
pub(super) fn load(target: &Target, plan: Plan) -> Result<Report, Failure> {
    let shape = ClosedLoop {
        warm_up: plan.warm_up,
        ..ClosedLoop::new(CLIENTS, plan.load)
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let report = runtime.block_on(closed_loop(target, shape));
    if report.failed() > 0 || report.succeeded() == 0 {
        return Err(format!("the load did not go through: {report}").into());
    }
    Ok(report)
}

pub(super) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn one(name: String, mebibytes: f64) -> Series {
    Series {
        values: vec![mebibytes],
        ..Series::new(name, "MiB")
    }
}
