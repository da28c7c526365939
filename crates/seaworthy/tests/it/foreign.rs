//! Folders that are not ours: services written as somebody writes them in ten minutes, in other languages.

use std::process::Command;

use crate::platform::Platform;

/// A request with curl, as their author would try it.
fn post(address: &str, path: &str, body: &str) {
    let url = format!("http://{address}{path}");
    let output = Command::new("curl")
        .args(["-sS", "--fail", "-X", "POST", "--data", body, &url])
        .output();
    let output = output.expect("curl is installed");
    assert!(
        output.status.success(),
        "POST {url}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_python_service_on_the_wrong_port_is_told_the_right_one_and_then_keeps_its_data() {
    let platform = Platform::copy_of("python");
    platform
        .try_up(&[])
        .code(1)
        .says("`guestbook` listens on port 5000, but its port `http` is 8000 in the definition")
        .says("ports: { http: 5000 }");
    // The first of the two hints.
    let app = platform.read("app.py");
    platform.write(
        "app.py",
        &app.replace(
            "app.run(port=5000)",
            "app.run(port=int(os.environ[\"PORT\"]))",
        ),
    );
    platform.up(&[]);
    post(&platform.gateway(), "/", "I was here");
    assert_eq!(platform.get("/"), (200, "I was here".to_owned()));
    platform.run(&["down"]).code(0);
    platform.up(&[]);
    assert_eq!(platform.get("/"), (200, "I was here".to_owned()));
}

#[test]
fn a_node_service_with_a_database() {
    let platform = Platform::copy_of("node");
    platform.up(&["--replicas", "2"]);
    post(&platform.gateway(), "/?title=paint", "");
    assert_eq!(platform.get("/"), (200, "[\"paint\"]".to_owned()));
    platform.run(&["restart", "todo"]).code(0);
    assert_eq!(platform.get("/"), (200, "[\"paint\"]".to_owned()));
}

#[test]
fn a_go_service_without_one() {
    let platform = Platform::copy_of("go");
    platform.up(&[]);
    let (status, body) = platform.get("/");
    assert_eq!(status, 200);
    assert!(body.starts_with("20"), "{body}");
}

#[test]
fn the_starters_run_at_once() {
    for (starter, path) in [("hello", "/"), ("counter", "/")] {
        let platform = Platform::with(&[]);
        std::fs::create_dir(platform.folder.join("new")).expect("a folder");
        platform
            .run(&["new", starter, "new"])
            .code(0)
            .says("run it with");
        // Nothing is overwritten.
        platform
            .run(&["new", starter, "new"])
            .code(4)
            .says("is not an empty folder");
        let platform = Platform::in_folder(platform, "new");
        platform.up(&[]);
        assert_eq!(platform.get(path).0, 200, "{starter}");
    }
}
