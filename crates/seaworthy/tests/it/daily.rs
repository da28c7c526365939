//! The verbs of every day: look, read, restart, change, connect, run one service by hand, end.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

use crate::platform::{Platform, get, lives, until};

const APP: &str = "import json, os, signal, sys, http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({'name': os.environ.get('NAME'), 'pid': os.getpid(), 'variables': sorted(os.environ)})
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body.encode())
    def log_message(self, format, *args):
        print(format % args, flush=True)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
http.server.ThreadingHTTPServer(('127.0.0.1', int(os.environ['PORT'])), Handler).serve_forever()
";

const TWO_SERVICES: &str = "platform: shop
services:
  orders:
    run: [python3, app.py]
    port: 8000
    env: { NAME: orders, DATABASE_URL: \"${shop-data.url}\" }
  web:
    run: [python3, app.py]
    port: 8000
    env: { NAME: web, ORDERS_URL: \"${orders.url}\" }
    route: shop.example.com
databases:
  shop-data: { engine: postgres, version: 18 }
";

fn shop() -> Platform {
    Platform::with(&[("seaworthy.yaml", TWO_SERVICES), ("app.py", APP)])
}

#[test]
fn a_day_with_a_platform() {
    let platform = shop();
    let up = platform.up(&[]);
    assert!(up.stdout.contains("public"), "{}", up.stdout);
    let gateway = platform.gateway();

    // ps: the public address comes first.
    let ps = platform.run(&["ps"]).code(0).stdout;
    assert!(ps.trim_start().starts_with("public"), "{ps}");
    assert!(
        ps.contains("orders-1") && ps.contains("PostgreSQL 18"),
        "{ps}"
    );

    // The service gets what is declared, PORT, and nothing of the shell's own.
    let (status, body) = platform.get("/");
    assert_eq!(status, 200);
    let variables =
        serde_json::from_str::<serde_json::Value>(&body).expect("JSON")["variables"].to_string();
    assert!(
        variables.contains("\"PORT\"") && variables.contains("ORDERS_URL"),
        "{variables}"
    );
    assert!(
        !variables.contains("SEAWORTHY") && !variables.contains("CARGO_PKG"),
        "{variables}"
    );

    // logs
    until("the line is in the log", Duration::from_secs(10), || {
        let logs = platform.run(&["logs", "web"]).code(0).stdout;
        logs.contains("web-1 | \"GET / HTTP/1.1\" 200")
    });
    let json = platform
        .run(&["logs", "web", "--format", "json", "--tail", "1"])
        .code(0)
        .stdout;
    let line: serde_json::Value = serde_json::from_str(json.trim()).expect("a line of JSON");
    assert_eq!(
        (line["service"].as_str(), line["replica"].as_u64()),
        (Some("web"), Some(1))
    );
    platform
        .run(&["logs", "wbe"])
        .code(2)
        .says("there is no service `wbe`");

    // psql, as the owner
    let sql = "select current_user";
    let psql = platform
        .run(&["psql", "shop-data", "--", "-Atc", sql])
        .code(0);
    assert_eq!(psql.stdout.trim(), "shop_data_owner");

    // env, for a shell
    let env = platform.run(&["env", "orders"]).code(0).stdout;
    assert!(env.starts_with("PORT="), "{env}");
    assert!(env.contains("DATABASE_URL=postgres://orders:"), "{env}");
    let run = platform
        .run(&["env", "orders", "--", "sh", "-c", "echo $NAME"])
        .code(0);
    assert_eq!(run.stdout.trim(), "orders");

    // restart: another process, and nothing else is touched
    let (orders, web) = (platform.processes("orders"), platform.processes("web"));
    platform.run(&["restart", "orders"]).code(0);
    assert_ne!(platform.processes("orders"), orders);
    assert_eq!(platform.processes("web"), web);

    // up again: only what changed is restarted
    let orders = platform.processes("orders");
    platform.write(
        "seaworthy.yaml",
        &TWO_SERVICES.replace("NAME: web", "NAME: window"),
    );
    platform
        .up(&[])
        .says("orders is unchanged")
        .says("replaced web");
    assert_eq!(platform.processes("orders"), orders);
    assert!(platform.get("/").1.contains("\"name\": \"window\""));

    // a broken definition changes nothing
    platform.write("seaworthy.yaml", &TWO_SERVICES.replace("route:", "ruote:"));
    platform.try_up(&[]).code(3).says("ruote");
    assert_eq!(platform.get("/").0, 200);
    platform.write("seaworthy.yaml", TWO_SERVICES);

    // replicas, and the address stays
    platform.up(&["--replicas", "2"]);
    assert_eq!(platform.processes("web").len(), 2);
    let answers: std::collections::BTreeSet<String> =
        (0..10).map(|_| platform.get("/").1).collect();
    assert_eq!(answers.len(), 2, "both replicas answer");

    // down keeps the data, up finds it and the same addresses
    platform
        .run(&[
            "psql",
            "shop-data",
            "--",
            "-qc",
            "create table kept (n int); insert into kept values (42)",
        ])
        .code(0);
    let processes = [platform.processes("web"), platform.processes("orders")].concat();
    platform.run(&["down"]).code(0);
    assert!(
        processes.iter().all(|pid| !lives(*pid)),
        "something still runs"
    );
    platform.run(&["ps"]).code(4);
    platform.up(&[]);
    assert_eq!(platform.gateway(), gateway);
    let kept = platform
        .run(&["psql", "shop-data", "--", "-Atc", "select n from kept"])
        .code(0);
    assert_eq!(kept.stdout.trim(), "42");

    // and wipe does not
    platform.run(&["down", "--wipe"]).code(0);
    platform.run(&["down"]).code(0).says("there is no data");
}

#[test]
fn one_service_runs_by_hand_while_the_rest_runs_here() {
    let platform = shop();
    platform
        .up(&["--without", "web"])
        .says("seaworthy env web -- COMMAND");
    let (status, body) = platform.get("/");
    assert_eq!(status, 503);
    assert!(body.contains("runs outside of seaworthy"), "{body}");

    let mut by_hand = platform
        .command(&["env", "web", "--", "python3", "app.py"])
        .stdout(Stdio::null())
        .spawn()
        .expect("it starts");
    until("traffic reaches it", Duration::from_secs(10), || {
        platform.get("/").0 == 200
    });
    assert!(
        platform
            .get("/")
            .1
            .contains(&format!("\"pid\": {}", by_hand.id()))
    );
    by_hand.kill().expect("it is ours");
    by_hand.wait().expect("it ended");

    // Without the flag the platform takes it over again.
    platform.up(&[]);
    assert_eq!(platform.get("/").0, 200);
}

#[test]
fn a_service_knows_the_other_by_its_stable_address() {
    let platform = shop();
    platform.up(&[]);
    let url = platform.run(&["env", "web"]).code(0).stdout;
    let orders = url
        .lines()
        .find_map(|line| line.strip_prefix("ORDERS_URL=http://"))
        .expect("it is declared")
        .to_owned();
    assert!(get(&orders, "/").1.contains("\"name\": \"orders\""));
    platform.run(&["restart", "orders"]).code(0);
    assert!(get(&orders, "/").1.contains("\"name\": \"orders\""));
}

#[test]
fn a_removed_service_is_stopped_and_a_new_one_started() {
    let platform = shop();
    platform.up(&[]);
    let web = platform.processes("web");
    let renamed = TWO_SERVICES.replace("  web:\n", "  window:\n");
    platform.write("seaworthy.yaml", &renamed);
    platform
        .up(&[])
        .says("started window")
        .says("stopped web, which the definition no longer has");
    assert!(web.iter().all(|pid| !lives(*pid)));
    assert_eq!(platform.get("/").0, 200);
}

#[test]
fn ctrl_c_ends_everything_in_order() {
    let platform = shop();
    let mut up = platform.up_in_foreground(&["--port", &crate::platform::free_port().to_string()]);
    let stderr = BufReader::new(up.stderr.take().expect("piped"));
    let stdout = BufReader::new(up.stdout.take().expect("piped"));
    let reading = std::thread::spawn(move || {
        stderr
            .lines()
            .map_while(Result::ok)
            .collect::<Vec<String>>()
    });
    let mut lines = stdout.lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("is up")), "it came up");
    let processes = [platform.processes("web"), platform.processes("orders")].concat();
    assert_eq!(processes.len(), 2);
    crate::platform::signal(u64::from(up.id()), "INT");
    assert_eq!(up.wait().expect("it ends").code(), Some(0));
    let said = reading.join().expect("read to the end");
    assert!(
        said.iter().any(|line| line.contains("stopped everything")),
        "{said:?}"
    );
    assert!(processes.iter().all(|pid| !lives(*pid)));
    assert!(seaworthy_of(&platform).is_empty(), "postgres still runs");
}

/// Processes that work on this platform's data.
fn seaworthy_of(platform: &Platform) -> Vec<String> {
    let data = platform.data().display().to_string();
    std::fs::read_dir("/proc")
        .expect("proc")
        .filter_map(Result::ok)
        .filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok())
        .map(|bytes| String::from_utf8_lossy(&bytes).replace('\0', " "))
        .filter(|command| command.contains(&data))
        .collect()
}

#[test]
fn seeds_once_and_migrates_before_it_starts() {
    let definition = TWO_SERVICES.replace(
        "    env: { NAME: orders,",
        "    migrate: [sh, -c, 'echo migrate >> order.txt']\n    seed: [sh, -c, 'echo seed >> order.txt']\n    env: { NAME: orders,",
    );
    let platform = Platform::with(&[("seaworthy.yaml", &definition), ("app.py", APP)]);
    platform.up(&[]);
    assert_eq!(platform.read("order.txt"), "migrate\nseed\n");
    platform.run(&["restart", "orders"]).code(0);
    assert_eq!(
        platform.read("order.txt"),
        "migrate\nseed\n",
        "nothing new was built"
    );
    platform.run(&["down"]).code(0);
    platform.up(&[]);
    assert_eq!(
        platform.read("order.txt"),
        "migrate\nseed\nmigrate\n",
        "the data is seeded already"
    );
}

#[test]
fn watch_replaces_what_changed_and_applies_the_definition() {
    let platform = shop();
    platform.up(&["--watch"]);
    let web = platform.processes("web");
    platform.write(
        "seaworthy.yaml",
        &TWO_SERVICES.replace("NAME: web", "NAME: window"),
    );
    until(
        "the new definition is applied",
        Duration::from_secs(20),
        || platform.processes("web") != web && platform.get("/").1.contains("window"),
    );
    platform.write("app.py", &APP.replace("'name'", "'called'"));
    until("the new code answers", Duration::from_secs(20), || {
        platform.get("/").1.contains("\"called\": \"window\"")
    });
}

#[test]
fn data_of_an_older_postgresql_moves_to_a_newer_one_only_when_asked() {
    let older = TWO_SERVICES.replace("version: 18", "version: 15");
    let platform = Platform::with(&[("seaworthy.yaml", &older), ("app.py", APP)]);
    platform.up(&[]);
    let sql = "create table kept (n int); insert into kept values (42)";
    platform
        .run(&["psql", "shop-data", "--", "-qc", sql])
        .code(0);
    platform.run(&["down"]).code(0);

    platform.write("seaworthy.yaml", TWO_SERVICES);
    platform
        .try_up(&[])
        .code(1)
        .says("this platform's data was made by PostgreSQL 15")
        .says("seaworthy up --upgrade");
    platform
        .up(&["--upgrade"])
        .says("moved the data of PostgreSQL 15 to 18");
    let kept = platform.run(&["psql", "shop-data", "--", "-Atc", "select n from kept"]);
    assert_eq!(kept.code(0).stdout.trim(), "42");
    assert_eq!(
        platform.get("/").0,
        200,
        "the services' passwords still hold"
    );
    platform.run(&["down"]).code(0);

    // And never back, not even to the data that is still there.
    platform.write("seaworthy.yaml", &older);
    platform
        .try_up(&[])
        .code(1)
        .says("an older version cannot read a newer one's data");
}

#[test]
fn down_does_not_wait_for_a_restart_that_never_ends() {
    const NEVER_READY: &str = "import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(503 if self.path == '/ready' and os.path.exists('sick') else 200)
        self.end_headers()
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(('127.0.0.1', int(os.environ['PORT'])), Handler).serve_forever()
";
    let definition = "platform: shop
services:
  web:
    run: [python3, app.py]
    port: 8000
    probes: { startup: /, readiness: /ready }
    route: shop.example.com
";
    let platform = Platform::with(&[("seaworthy.yaml", definition), ("app.py", NEVER_READY)]);
    platform.up(&[]);
    platform.write("sick", "");
    let mut restart = platform
        .command(&["restart", "web"])
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("it starts");
    until("the new replica starts", Duration::from_secs(10), || {
        platform.processes("web").len() == 2
    });
    let began = std::time::Instant::now();
    platform.run(&["down"]).code(0);
    assert!(
        began.elapsed() < Duration::from_secs(20),
        "{:?}",
        began.elapsed()
    );
    assert_ne!(restart.wait().expect("it ends").code(), Some(0));
}

#[test]
fn a_fixed_program_comes_up_after_a_failed_watch() {
    let broken = APP.replace("import json", "import jsonn");
    let platform = Platform::with(&[("seaworthy.yaml", TWO_SERVICES), ("app.py", &broken)]);
    platform
        .try_up(&["--watch"])
        .code(1)
        .says("No module named");
    platform.write("app.py", APP);
    until("the fixed program answers", Duration::from_secs(20), || {
        platform.status()["ready"] == true && platform.get("/").0 == 200
    });
}

#[test]
fn a_port_that_cannot_be_had_changes_nothing() {
    let platform = shop();
    platform.up(&[]);
    let gateway = platform.gateway();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("bound").port().to_string();
    platform
        .run(&["up", "--port", &port])
        .code(1)
        .says("the gateway cannot listen on port");
    assert_eq!(get(&gateway, "/").0, 200, "the old address still answers");
    platform.run(&["up"]).code(0);
    assert_eq!(platform.gateway(), gateway);
    // One that can be had is taken, and the old one let go.
    let other = crate::platform::free_port().to_string();
    platform.run(&["up", "--port", &other]).code(0);
    assert_eq!(platform.gateway(), format!("127.0.0.1:{other}"));
    assert!(crate::platform::try_get(&gateway, "/").is_err());
}

#[test]
fn a_platform_whose_folder_is_gone_can_be_ended() {
    let platform = shop();
    let folder = platform.folder.join("inner");
    std::fs::create_dir(&folder).expect("a folder");
    for file in ["seaworthy.yaml", "app.py"] {
        std::fs::copy(platform.folder.join(file), folder.join(file)).expect("a copy");
    }
    let port = crate::platform::free_port().to_string();
    platform
        .run(&["up", "--detach", "--port", &port, "./inner"])
        .code(0);
    std::fs::remove_dir_all(&folder).expect("it was ours");
    platform.run(&["ps", "./inner"]).code(0);
    platform.run(&["down", "--wipe", "./inner"]).code(0);
    platform
        .run(&["ps", "./inner"])
        .code(1)
        .says("is no folder");
}
