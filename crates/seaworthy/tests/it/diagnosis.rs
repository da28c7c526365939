//! What `up` says when something does not work: what, why, the last lines, what to do. It never waits for a time-out.

use std::time::{Duration, Instant};

use crate::platform::{Platform, free_port, until};

/// A service in Python that listens on `port` at `address`.
fn server(address: &str, port: &str) -> String {
    format!(
        "import os, http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(404 if self.path == '/missing' else 200)
        self.end_headers()
        self.wfile.write(b'hello')
    def log_message(self, *args): pass
family = __import__('socket').AF_INET6 if ':' in '{address}' else __import__('socket').AF_INET
class Server(http.server.ThreadingHTTPServer):
    address_family = family
print('starting', flush=True)
Server(('{address}', int({port})), Handler).serve_forever()
"
    )
}

fn definition(service: &str) -> String {
    format!("platform: shop\nservices:\n  web:\n{service}    route: shop.example.com\n")
}

fn fails_soon(platform: &Platform) -> crate::platform::Printed {
    let began = Instant::now();
    let printed = platform.try_up(&[]).code(1);
    assert!(
        began.elapsed() < Duration::from_secs(20),
        "it took {:?}",
        began.elapsed()
    );
    printed
}

#[test]
fn names_the_port_that_the_process_really_listens_on() {
    let port = free_port().to_string();
    let platform = Platform::with(&[
        (
            "seaworthy.yaml",
            &definition("    run: [python3, app.py]\n    port: 8000\n"),
        ),
        ("app.py", &server("127.0.0.1", &port)),
    ]);
    fails_soon(&platform)
        .says(&format!(
            "`web` listens on port {port}, but its port `http` is 8000 in the definition"
        ))
        .says("let the program listen on the port in `PORT`")
        .says(&format!("ports: {{ http: {port} }}"))
        .says("| starting");
}

#[test]
fn takes_a_program_that_knows_only_its_declared_port() {
    let port = free_port().to_string();
    let platform = Platform::with(&[
        (
            "seaworthy.yaml",
            &definition(&format!("    run: [python3, app.py]\n    port: {port}\n")),
        ),
        ("app.py", &server("0.0.0.0", &port)),
    ]);
    platform
        .up(&[])
        .says("web does not read `PORT` and took its declared port");
    assert_eq!(platform.get("/"), (200, "hello".to_owned()));
    // Two cannot have the port at once, so a restart stops the old one first.
    let before = platform.processes("web");
    platform.run(&["restart", "web"]).code(0);
    assert_ne!(platform.processes("web"), before);
    assert_eq!(platform.get("/"), (200, "hello".to_owned()));
}

#[test]
fn reaches_a_program_that_listens_on_ipv6_loopback_only() {
    let platform = Platform::with(&[
        (
            "seaworthy.yaml",
            &definition("    run: [python3, app.py]\n    port: 8000\n"),
        ),
        ("app.py", &server("::1", "os.environ['PORT']")),
    ]);
    platform.up(&[]);
    assert_eq!(platform.get("/"), (200, "hello".to_owned()));
}

#[test]
fn says_that_the_probed_path_does_not_exist() {
    let platform = Platform::with(&[
        (
            "seaworthy.yaml",
            &definition(
                "    run: [python3, app.py]\n    port: 8000\n    probes: { readiness: /missing }\n",
            ),
        ),
        ("app.py", &server("127.0.0.1", "os.environ['PORT']")),
    ]);
    fails_soon(&platform)
        .says("the readiness probe of `web` asks for `/missing`, and the answer is 404")
        .says("add `/missing` to the program");
}

#[test]
fn says_that_the_command_does_not_exist() {
    let platform = Platform::with(&[(
        "seaworthy.yaml",
        &definition("    run: [pyhton3, app.py]\n    port: 8000\n"),
    )]);
    fails_soon(&platform)
        .says("the command `pyhton3` of `web` does not exist")
        .says("install `pyhton3`, or change `run:` of `web`");
}

#[test]
fn says_that_a_file_is_not_executable() {
    let platform = Platform::with(&[
        (
            "seaworthy.yaml",
            &definition("    run: [./app.sh]\n    port: 8000\n"),
        ),
        ("app.sh", "#!/bin/sh\nexit 0\n"),
    ]);
    fails_soon(&platform)
        .says("may not be run")
        .says("chmod +x");
}

#[test]
fn says_that_an_interpreter_is_missing() {
    let platform = Platform::with(&[
        (
            "seaworthy.yaml",
            &definition("    run: [./app]\n    port: 8000\n"),
        ),
        ("app", "#!/opt/no/such/interpreter\n"),
    ]);
    platform.make_executable("app");
    fails_soon(&platform)
        .says("its first line names `/opt/no/such/interpreter`, which does not exist here");
}

#[test]
fn says_that_a_program_is_for_another_processor() {
    let platform = Platform::with(&[(
        "seaworthy.yaml",
        &definition("    run: [./app]\n    port: 8000\n"),
    )]);
    // The first 20 bytes of an ELF file for 64-bit RISC-V.
    let header: &[u8] = &[
        0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 243, 0,
    ];
    let mut program = header.to_vec();
    program.resize(4096, 0);
    std::fs::write(platform.folder.join("app"), program).expect("a file");
    platform.make_executable("app");
    fails_soon(&platform)
        .says("is not for this machine")
        .says(&format!(
            "it was built for riscv64, and this machine is {}",
            std::env::consts::ARCH
        ));
}

#[test]
fn shows_the_last_words_of_a_crash_loop() {
    let platform = Platform::with(&[
        (
            "seaworthy.yaml",
            &definition("    run: [python3, app.py]\n    port: 8000\n"),
        ),
        ("app.py", "import settings_that_do_not_exist\n"),
    ]);
    fails_soon(&platform)
        .says("`web` exited with status 1")
        .says("| ModuleNotFoundError: No module named 'settings_that_do_not_exist'")
        .says("seaworthy logs web");
    // The lines are still there when nothing runs any more.
    let logs = platform.run(&["logs", "web"]).code(0);
    assert_eq!(
        logs.stdout.matches("ModuleNotFoundError").count(),
        3,
        "three attempts:\n{}",
        logs.stdout
    );
}

#[test]
fn says_who_has_the_gateways_port() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port().to_string();
    let platform = Platform::with(&[
        (
            "seaworthy.yaml",
            &definition("    run: [python3, app.py]\n    port: 8000\n"),
        ),
        ("app.py", &server("127.0.0.1", "os.environ['PORT']")),
    ]);
    platform
        .run(&["up", "--detach", "--port", &port])
        .code(1)
        .says(&format!("the gateway cannot listen on port {port}"))
        .says(&format!("(process {})", std::process::id()))
        .says("seaworthy up --port");
}

#[test]
fn shows_why_a_build_failed() {
    let platform = Platform::with(&[(
        "seaworthy.yaml",
        &definition(
            "    build: { context: ., command: [sh, -c, 'echo no compiler for you >&2; exit 3'] }\n    run: [python3, app.py]\n    port: 8000\n",
        ),
    )]);
    fails_soon(&platform)
        .says("the build of `web` exited with status 3")
        .says("| no compiler for you");
}

#[test]
fn says_what_a_container_needs_where_none_can_run() {
    let platform = Platform::with(&[(
        "seaworthy.yaml",
        &definition(
            "    image: registry.example.com/web@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n    port: 8000\n",
        ),
    )]);
    let nowhere = platform.data().join("empty-path");
    std::fs::create_dir_all(&nowhere).expect("a folder");
    let output = platform
        .command(&["up", "--detach", "--port", &free_port().to_string()])
        .env("PATH", &nowhere)
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("`web` is an image, and no container engine runs here"),
        "{said}"
    );
    assert!(said.contains("say with `run:` how `web` starts"), "{said}");
}

#[test]
fn a_failed_migration_stops_everything_and_shows_its_output() {
    let platform = Platform::with(&[
        (
            "seaworthy.yaml",
            "platform: shop
services:
  web:
    run: [python3, app.py]
    migrate: [sh, -c, 'echo relation orders is missing >&2; exit 7']
    port: 8000
    env: { DATABASE_URL: \"${orders.url}\" }
databases:
  orders: { engine: postgres, version: 18 }
",
        ),
        ("app.py", &server("127.0.0.1", "os.environ['PORT']")),
    ]);
    fails_soon(&platform)
        .says("`migrate` of `web` exited with status 7")
        .says("| relation orders is missing");
    platform
        .run(&["ps"])
        .code(4)
        .says("the platform is not running");
}

#[test]
fn a_full_disk_is_named_first() {
    let platform = Platform::with(&[
        (
            "seaworthy.yaml",
            &definition("    run: [python3, app.py]\n    port: 8000\n"),
        ),
        ("app.py", &server("127.0.0.1", "os.environ['PORT']")),
    ]);
    // A disk of 32 MiB of its own, in a mount namespace of its own that ends with the command.
    let small = platform.data().join("small");
    std::fs::create_dir_all(&small).expect("a folder");
    let script = format!(
        "mount -t tmpfs -o size=32m,mode=755 none {small} && exec {program} up --detach --port {port}",
        small = small.display(),
        program = env!("CARGO_BIN_EXE_seaworthy"),
        port = free_port(),
    );
    let seaworthy = platform.command(&[]);
    let mut command = std::process::Command::new("unshare");
    command
        .args(["--mount", "--map-root-user", "sh", "-c", &script])
        .current_dir(&platform.folder);
    for (name, value) in seaworthy.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    let output = command
        .env("SEAWORTHY_DATA", &small)
        .output()
        .expect("unshare is part of util-linux");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("the disk is nearly full"), "{said}");
    assert!(said.contains("SEAWORTHY_DATA"), "{said}");
}

#[test]
fn a_service_that_crashes_later_is_started_again_and_said_so() {
    let platform = Platform::with(&[
        (
            "seaworthy.yaml",
            &definition("    run: [python3, app.py]\n    port: 8000\n"),
        ),
        ("app.py", &server("127.0.0.1", "os.environ['PORT']")),
    ]);
    platform.up(&[]);
    let before = platform.processes("web");
    crate::platform::signal(before[0], "KILL");
    until("a new process answers", Duration::from_secs(10), || {
        let now = platform.processes("web");
        !now.is_empty() && now != before && platform.get("/").0 == 200
    });
    let status = platform.status();
    assert_eq!(status["services"][0]["replicas"][0]["restarts"], 1);
}

/// No container engine runs where these tests run, so a script plays its part: it answers `info`, keeps what it was
/// asked, and runs the service itself. What is shown is what we ask of an engine, not what one does.
#[test]
fn an_image_is_run_by_an_engine_with_the_declared_variables_and_removed_in_the_end() {
    let platform = Platform::with(&[
        (
            "seaworthy.yaml",
            &definition(
                "    image: registry.example.com/web:1.2.3\n    port: 8000\n    env: { GREETING: hello you }\n",
            ),
        ),
        ("app.py", &server("127.0.0.1", "os.environ['PORT']")),
        (
            "bin/docker",
            "#!/bin/sh\necho \"$@ [$GREETING]\" >> asked.txt\ncase $1 in run) exec python3 app.py;; esac\n",
        ),
    ]);
    platform.make_executable("bin/docker");
    let path = format!(
        "{}:{}",
        platform.folder.join("bin").display(),
        std::env::var("PATH").expect("a PATH")
    );
    let run = |arguments: &[&str]| {
        let output = platform
            .command(arguments)
            .env("PATH", &path)
            .output()
            .expect("it starts");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    run(&["up", "--detach", "--port", &free_port().to_string()]);
    assert_eq!(platform.get("/"), (200, "hello".to_owned()));
    run(&["down"]);
    let asked = platform.read("asked.txt");
    let started = asked
        .lines()
        .find(|line| line.starts_with("run "))
        .expect("it was run");
    assert!(
        started.contains("--rm --network host --name seaworthy-"),
        "{started}"
    );
    assert!(
        started.contains("--env PORT --env GREETING"),
        "no value on the command line: {started}"
    );
    assert!(
        started.ends_with("registry.example.com/web:1.2.3 [hello you]"),
        "{started}"
    );
    let name = started
        .split("--name ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next())
        .expect("a name");
    assert!(
        asked
            .lines()
            .any(|line| line.starts_with(&format!("rm --force {name}"))),
        "{asked}"
    );
}
