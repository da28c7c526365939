//! Nothing is ever left behind, also when `seaworthy` itself is killed, and no data is lost.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::platform::{Platform, free_port, lives, try_get};

const DEFINITION: &str = "platform: shop
services:
  web:
    run: [python3, app.py]
    port: 8000
    migrate: [python3, migrate.py]
    env: { DATABASE_URL: \"${orders.url}\" }
    route: shop.example.com
databases:
  orders: { engine: postgres, version: 18 }
";

/// A service with a child of its own, as servers with worker processes have.
const APP: &str = "import os, subprocess, sys, http.server
child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b'here')
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(('127.0.0.1', int(os.environ['PORT'])), Handler).serve_forever()
";

/// Every process whose folder is the platform's, or whose arguments name its data.
fn left(platform: &Platform) -> Vec<String> {
    let data = platform.data().display().to_string();
    std::fs::read_dir("/proc")
        .expect("proc")
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u64>().ok())
        .filter(|pid| lives(*pid))
        .filter_map(|pid| {
            let command = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
            let command = String::from_utf8_lossy(&command).replace('\0', " ");
            let folder = std::fs::read_link(format!("/proc/{pid}/cwd")).unwrap_or_default();
            (command.contains(&data) || folder == platform.folder)
                .then(|| format!("{pid} {command}"))
        })
        .collect()
}

#[test]
fn twenty_kills_at_random_moments_leave_nothing_that_is_not_cleared_and_lose_no_data() {
    let platform = Platform::with(&[
        ("seaworthy.yaml", DEFINITION),
        ("app.py", APP),
        ("migrate.py", "import time; time.sleep(0.1)\n"),
    ]);
    platform.up(&[]);
    let psql = |sql: &str| {
        platform
            .run(&["psql", "orders", "--", "-Atqc", sql])
            .code(0)
            .stdout
            .trim()
            .to_owned()
    };
    psql("create table kept (n int)");
    platform.run(&["down"]).code(0);

    // A seed that is printed, so that a failure can be repeated.
    let mut state = u64::from(std::process::id()) << 20 | 0x5eed;
    eprintln!("seed {state}");
    let mut random = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let port = free_port().to_string();
    for round in 0..20 {
        let mut up = platform
            .command(&["up", "--port", &port])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("seaworthy starts");
        // From the very start to some time after it is ready, which takes about a second.
        std::thread::sleep(Duration::from_millis(random() % 2_000));
        up.kill().expect("SIGKILL arrives");
        up.wait().expect("it is dead");

        platform.run(&["up", "--detach", "--port", &port]).code(0);
        assert_eq!(
            try_get(&platform.gateway(), "/").expect("it answers").0,
            200,
            "round {round}"
        );
        assert_eq!(
            psql("select count(*) from kept"),
            round.to_string(),
            "round {round}: data was lost"
        );
        psql(&format!("insert into kept values ({round})"));
        let web = platform.processes("web");
        assert_eq!(web.len(), 1, "round {round}: {web:?}");
        // Killed again, now that all of it runs, and cleared by `down` this time.
        let supervisor = platform.status()["pid"].as_u64().expect("a process");
        crate::platform::signal(supervisor, "KILL");
        platform.run(&["down"]).code(0);
        let began = Instant::now();
        while !left(&platform).is_empty() && began.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(left(&platform), Vec::<String>::new(), "round {round}");
    }
}
