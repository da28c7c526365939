//! Secrets that are written out, settings for development, health handlers, shutdowns.

use seaworthy_facts::code::Program;

use crate::program;

fn leaks(program: &Program) -> Vec<&str> {
    program.leaks.iter().map(|leak| &*leak.variable).collect()
}

#[test]
fn a_secret_is_followed_into_a_log() {
    let go = program(
        "a.go",
        r#"package a
func f() {
    pw := os.Getenv("DB_PASSWORD")
    url := fmt.Sprintf("postgres://app:%s@db/app", pw)
    log.Printf("connecting to %s", url)
}"#,
    );
    assert_eq!(leaks(&go), ["DB_PASSWORD"]);
    assert_eq!(go.leaks[0].through.len(), 2);
    let python = program(
        "a.py",
        "import os\nkey = os.environ['API_KEY']\nlogger.info(f'key {key}')\nprint('key: %s' % key)\n",
    );
    assert_eq!(leaks(&python), ["API_KEY", "API_KEY"]);
    let javascript = program(
        "a.js",
        "const t = process.env.AUTH_TOKEN;\nconsole.log(`token ${t}`);\n",
    );
    assert_eq!(leaks(&javascript), ["AUTH_TOKEN"]);
    let rust = program(
        "a.rs",
        "fn f() { let s = std::env::var(\"JWT_SECRET\").unwrap(); println!(\"secret {s}\"); tracing::info!(\"{}\", s); }",
    );
    assert_eq!(leaks(&rust), ["JWT_SECRET", "JWT_SECRET"]);
    let java = program(
        "A.java",
        "class A { void f() { String p = System.getenv(\"DB_PASSWORD\"); log.info(\"p=\" + p); } }",
    );
    assert_eq!(leaks(&java), ["DB_PASSWORD"]);
    let csharp = program(
        "A.cs",
        "var p = Environment.GetEnvironmentVariable(\"DB_PASSWORD\");\nConsole.WriteLine($\"p {p}\");",
    );
    assert_eq!(leaks(&csharp), ["DB_PASSWORD"]);
}

#[test]
fn what_hides_a_secret_or_is_none_is_no_leak() {
    for (path, text) in [
        (
            "a.go",
            "package a\nfunc f() { pw := os.Getenv(\"DB_PASSWORD\"); log.Printf(\"%d\", len(pw)); log.Println(mask(pw)) }",
        ),
        (
            "a.go",
            "package a\nfunc f() { u := os.Getenv(\"DB_USER\"); log.Println(u) }",
        ),
        (
            "a.go",
            "package a\nfunc f() { if os.Getenv(\"API_KEY\") == \"\" { log.Fatal(\"API_KEY is not set\") } }",
        ),
        (
            "a.py",
            "import os\nkey = os.environ['API_KEY']\nprint('ok')\nprint(bool(key))\n",
        ),
        (
            "a.js",
            "const t = process.env.AUTH_TOKEN; console.log(t ? 'set' : 'not set');",
        ),
        ("a.js", "const t = process.env.TOKEN_TTL; console.log(t);"),
        (
            "a.py",
            "import os\nkey = os.environ['API_KEY']\nsend(key)\nlogger.info(hashlib.sha256(key).hexdigest())\n",
        ),
    ] {
        assert!(program(path, text).leaks.is_empty(), "{text}");
    }
}

#[test]
fn settings_of_development_and_secrets_in_the_text() {
    let django = program(
        "app/settings.py",
        "INSTALLED_APPS = []\nDEBUG = True\nALLOWED_HOSTS = []\nSECRET_KEY = 'k3$9vd+2b!x(e7_4rm@q8z&w0n5t^y1u'\nEMAIL_FILE_PATH = '/tmp'\n",
    );
    assert_eq!(django.debug.len(), 2);
    assert_eq!(django.secrets.len(), 1);
    assert!(django.secrets[0].value.is_none());
    assert_eq!(django.state.len(), 1);
    let right = program(
        "app/settings.py",
        "import os\nINSTALLED_APPS = []\nDEBUG = os.environ.get('DEBUG') == '1'\nALLOWED_HOSTS = ['shop.example']\nSECRET_KEY = os.environ['SECRET_KEY']\nPASSWORD_HASHERS = ['django.contrib.auth.hashers.Argon2']\n",
    );
    assert!(right.debug.is_empty() && right.secrets.is_empty() && right.state.is_empty());
    for placeholder in [
        "changeme-please",
        "your-secret-key-here",
        "test",
        "X-Api-Key-Header",
        "/run/secrets/api_key",
        "restic_s3_access_key",
    ] {
        let text = format!("const apiKey = '{placeholder}';");
        assert!(program("a.js", &text).secrets.is_empty(), "{placeholder}");
    }
}

#[test]
fn a_health_handler_that_asks_nothing() {
    let text = |handler: &str| {
        format!(
            "package a\ntype App struct {{ conn *pgx.Conn }}\nfunc main() {{ conn, _ := pgx.Connect(ctx, os.Getenv(\"DSN\")); http.HandleFunc(\"/ready\", ready) }}\nfunc ready(w http.ResponseWriter, r *http.Request) {{ {handler} }}"
        )
    };
    let ignores = program(
        "a.go",
        &text("w.WriteHeader(http.StatusOK); fmt.Fprintln(w, \"OK\")"),
    );
    assert_eq!(ignores.health_ignores.len(), 1);
    assert!(ignores.health_ignores[0].shared.is_some());
    let asks = program(
        "a.go",
        &text("if err := conn.Ping(r.Context()); err != nil { w.WriteHeader(503) }"),
    );
    assert!(asks.health_ignores.is_empty());
    let unknown = program(
        "a.go",
        &text("if !checker.Healthy() { w.WriteHeader(503) }"),
    );
    assert!(unknown.health_ignores.is_empty());
}

#[test]
fn a_shutdown_that_kills() {
    let text = |condition: &str| {
        format!(
            "package a\nfunc main() {{ go func() {{ err := server.ListenAndServe()\nif {condition} {{ log.Fatal(err) }} }}()\n<-stop\nserver.Shutdown(ctx) }}"
        )
    };
    assert_eq!(program("a.go", &text("err != nil")).shutdowns.len(), 1);
    assert!(
        program("a.go", &text("err != nil && err != http.ErrServerClosed"))
            .shutdowns
            .is_empty()
    );
    assert!(
        program(
            "a.go",
            "package a\nfunc main() { log.Fatal(http.ListenAndServe(\":80\", nil)) }"
        )
        .shutdowns
        .is_empty()
    );
}
