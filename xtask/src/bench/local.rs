//! `seaworthy up examples/counter` against the PostgreSQL in it alone.

use std::time::Instant;

use super::Plan;
use super::plain_postgres::PlainPostgres;
use super::platform::Platform;
use super::report::{Section, Series};
use crate::{Failure, root, tools};

pub(super) fn measure(plan: Plan) -> Result<Vec<Section>, Failure> {
    let postgres = tools::postgres::installation()?;
    let platform = Platform::new(&root().join("examples/counter"), postgres.bin())?;
    // Once unmeasured: it builds the services, and warms the files of both contestants.
    platform.up_until_answer("/")?;
    platform.wipe()?;

    let mut up_cold = Series::new("up examples/counter, nothing there, to the first 200", "s");
    let mut plain_cold = Series::new(
        format!("initdb and start of PostgreSQL {}", postgres.version()),
        "s",
    );
    let mut up_warm = Series::new("up examples/counter, data there, to the first 200", "s");
    let mut plain_warm = Series::new("start of the same PostgreSQL, data there", "s");
    for round in 1..=plan.rounds {
        println!("local: round {round} of {}", plan.rounds);
        up_cold
            .values
            .push(platform.up_until_answer("/")?.as_secs_f64());
        let plain = PlainPostgres::new(postgres.bin())?;
        let start = Instant::now();
        plain.initdb()?;
        let running = plain.start()?;
        plain_cold.values.push(start.elapsed().as_secs_f64());

        platform.down()?;
        drop(running);
        up_warm
            .values
            .push(platform.up_until_answer("/")?.as_secs_f64());
        let start = Instant::now();
        let running = plain.start()?;
        plain_warm.values.push(start.elapsed().as_secs_f64());
        drop(running);
        platform.wipe()?;
    }
    let cold = up_cold.over(&plain_cold, "up / (initdb + start)", "at most 2");
    let warm = up_warm.over(&plain_warm, "up / start", "");
    Ok(vec![
        Section {
            title: "First start",
            series: vec![up_cold, plain_cold],
            ratios: vec![cold],
        },
        Section {
            title: "Start with data present",
            series: vec![up_warm, plain_warm],
            ratios: vec![warm],
        },
    ])
}
