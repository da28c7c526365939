//! A rolling restart under load loses no request.

use std::time::{Duration, Instant};

use seaworthy_testkit::load::{OpenLoop, Target, open_loop};

use crate::platform::Platform;

/// Requests a second, and for how long: 11 000 in all.
const RATE: f64 = 220.0;
const LENGTH: Duration = Duration::from_secs(50);
/// How long before the end of the load the last restart may begin.
const ROOM: Duration = Duration::from_secs(20);

#[test]
fn no_request_fails_while_services_are_restarted() {
    let platform = Platform::example("counter");
    platform.up(&[]);
    let address = platform.gateway().parse().expect("an address");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (report, restarts) = std::thread::scope(|scope| {
        let restarting = scope.spawn(|| {
            let begun = Instant::now();
            let mut restarts = 0;
            for service in ["api", "web"].iter().cycle().take(6) {
                // On a busy machine fewer fit: one that ends after the load shows nothing.
                if begun.elapsed() + ROOM > LENGTH {
                    break;
                }
                std::thread::sleep(Duration::from_millis(1_500));
                let before = platform.processes(service);
                platform.run(&["restart", service]).code(0);
                assert_ne!(platform.processes(service), before);
                restarts += 1;
            }
            (restarts, Instant::now())
        });
        let report = runtime.block_on(open_loop(
            &Target::get(address, "/send"),
            OpenLoop::new(RATE, LENGTH),
        ));
        let loaded_until = Instant::now();
        let (restarts, restarted_at) = restarting.join().expect("every restart worked");
        assert!(
            restarted_at < loaded_until,
            "a restart happened without load"
        );
        (report, restarts)
    });
    eprintln!("{report}");
    assert!(
        restarts >= 2,
        "each service restarts at least once: {restarts}"
    );
    assert!(report.requests() >= 10_000, "{report}");
    assert_eq!(report.failed(), 0, "{report}");
}
