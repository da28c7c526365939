//! What of a request reaches the service, and what of the answer reaches the client.

use http::{Method, Request, Response};
use http_body_util::Full;
use seaworthy_gateway::{Pool, Route, RouteTable, Routes};

use crate::support::{Proxy, Server, full};

#[tokio::test]
async fn the_service_learns_who_asked_for_what_and_how() {
    let proxy = Proxy::to(&Server::echoing_heads().await);
    let request = Request::get("/").header("host", "Counter.Example.com:8443");
    let answer = proxy.ask(request).await;
    assert_eq!(answer.echoed("host"), "Counter.Example.com:8443");
    assert_eq!(answer.echoed("x-forwarded-for"), "127.0.0.1");
    assert_eq!(answer.echoed("x-forwarded-proto"), "http");
    assert_eq!(
        answer.echoed("x-forwarded-host"),
        "Counter.Example.com:8443"
    );
    assert_eq!(answer.echoed("x-request-id").len(), 36);
}

#[tokio::test]
async fn forwarded_for_is_appended_and_the_rest_is_not_believed() {
    let server = Server::echoing_heads().await;
    let proxy = Proxy::to(&server);
    let request = Request::get("/")
        .header("host", "a.example")
        .header("x-forwarded-for", "203.0.113.7")
        .header("x-forwarded-for", "198.51.100.2, 192.0.2.1")
        .header("x-forwarded-proto", "gopher")
        .header("x-forwarded-host", "evil.example");
    let answer = proxy.ask(request).await;
    assert_eq!(
        answer.echoed("x-forwarded-for"),
        "203.0.113.7, 198.51.100.2, 192.0.2.1, 127.0.0.1"
    );
    assert_eq!(answer.echoed("x-forwarded-proto"), "http");
    assert_eq!(answer.echoed("x-forwarded-host"), "a.example");
}

#[tokio::test]
async fn a_request_keeps_its_id_and_its_trace() {
    let server = Server::echoing_heads().await;
    let proxy = Proxy::to(&server);
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let request = Request::get("/")
        .header("x-request-id", "abc-123")
        .header("traceparent", trace)
        .header("tracestate", "vendor=1");
    let answer = proxy.ask(request).await;
    assert_eq!(answer.echoed("x-request-id"), "abc-123");
    assert_eq!(answer.echoed("traceparent"), trace);
    assert_eq!(answer.echoed("tracestate"), "vendor=1");
}

#[tokio::test]
async fn an_id_that_could_break_a_log_line_is_replaced() {
    let server = Server::echoing_heads().await;
    let proxy = Proxy::to(&server);
    for id in ["a b", &"x".repeat(129)] {
        let answer = proxy
            .ask(Request::get("/").header("x-request-id", id))
            .await;
        assert_eq!(answer.echoed("x-request-id").len(), 36, "{id}");
    }
}

#[tokio::test]
async fn between_services_nothing_is_added() {
    let server = Server::echoing_heads().await;
    let proxy = Proxy::of_service(&server);
    let request = Request::get("/").header("x-forwarded-proto", "https");
    let answer = proxy.ask(request).await;
    assert_eq!(answer.echoed("x-forwarded-proto"), "https");
    for name in ["x-forwarded-for", "x-forwarded-host", "x-request-id"] {
        assert_eq!(answer.echoed(name), "", "{name}");
    }
}

#[tokio::test]
async fn what_is_meant_for_the_next_hop_goes_no_further() {
    let server = Server::http(|request: Request<_>| async move {
        let names: Vec<_> = request.headers().keys().map(ToString::to_string).collect();
        Response::builder()
            .header("connection", "x-internal")
            .header("x-internal", "1")
            .header("keep-alive", "timeout=5")
            .header("proxy-authenticate", "Basic")
            .header("x-kept", "1")
            .body(full(names.join(" ")))
            .expect("a response")
    })
    .await;
    let proxy = Proxy::to(&server);
    let request = Request::get("/")
        .header("connection", "keep-alive, X-Secret")
        .header("x-secret", "1")
        .header("keep-alive", "timeout=5")
        .header("proxy-connection", "keep-alive")
        .header("proxy-authorization", "Basic eA==")
        .header("te", "gzip")
        .header("upgrade", "h2c")
        .header("http2-settings", "AAMAAABkAARAAAAAAAIAAAAA")
        .header("x-kept", "1");
    let answer = proxy.ask(request).await;
    let got: Vec<_> = answer.body.split(' ').collect();
    for name in [
        "x-secret",
        "keep-alive",
        "connection",
        "proxy-connection",
        "proxy-authorization",
        "te",
        "upgrade",
    ] {
        assert!(!got.contains(&name), "{name} reached the service");
    }
    assert!(got.contains(&"x-kept"));
    for name in [
        "x-internal",
        "keep-alive",
        "connection",
        "proxy-authenticate",
    ] {
        assert_eq!(answer.header(name), "", "{name} reached the client");
    }
    assert_eq!(answer.header("x-kept"), "1");
}

#[tokio::test]
async fn path_and_query_arrive_byte_for_byte() {
    let server = Server::echoing_heads().await;
    let proxy = Proxy::to(&server);
    for path in [
        "/%2e%2e/secret",
        "/a//b///c",
        "/a/./b/../c",
        "/%41%7e~?q=%20+&x=a%2Fb&&",
        "/?",
        "/a;b=c,d:e@f!$&'()*",
        "/a?b?c=http://x/",
        "/%zz",
        "/{a}|b\"",
        "/\u{fc}\u{2713}?\u{fc}",
    ] {
        let heard = proxy
            .say(format!(
                "GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
            ))
            .await;
        assert!(
            heard.contains(&format!("\r\n\r\nGET {path}\n")),
            "{path}: {heard}"
        );
    }
}

#[tokio::test]
async fn absolute_form_names_the_host() {
    let server = Server::echoing_heads().await;
    let proxy = Proxy::to(&server);
    let heard = proxy
        .say("GET http://real.example/x?y HTTP/1.1\r\nhost: other.example\r\nconnection: close\r\n\r\n")
        .await;
    assert!(heard.contains("\r\n\r\nGET /x?y\n"), "{heard}");
    assert!(heard.contains("\nhost: real.example\n"), "{heard}");
    assert!(
        heard.contains("\nx-forwarded-host: real.example\n"),
        "{heard}"
    );
}

#[tokio::test]
async fn options_of_the_server_as_a_whole_passes() {
    let server = Server::raw(|mut stream| async move {
        let head = crate::support::read_head(&mut stream).await;
        let line = head.lines().next().unwrap_or_default().to_owned();
        let answer = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{line}");
        let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, answer.as_bytes()).await;
    })
    .await;
    let proxy = Proxy::to(&server);
    let heard = proxy
        .say("OPTIONS * HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        .await;
    assert!(
        heard.ends_with("OPTIONS * HTTP/1.1\r\n0\r\n\r\n") || heard.contains("OPTIONS * HTTP/1.1"),
        "{heard}"
    );
}

#[tokio::test]
async fn hosts_and_paths_lead_to_their_services() {
    let (web, api, shop) = (
        Server::saying("web").await,
        Server::saying("api").await,
        Server::saying("shop").await,
    );
    let pool = |name, server: &Server| {
        let pool = Pool::new(name);
        pool.add("1", server.addr);
        pool.set_ready("1", true);
        pool
    };
    let (web, api, shop) = (pool("web", &web), pool("api", &api), pool("shop", &shop));
    let table = RouteTable::builder()
        .route(Route::to(&web).host("app.example"))
        .route(Route::to(&api).host("app.example").path_prefix("/api"))
        .route(Route::to(&shop).host("*.shops.example"));
    let proxy = Proxy::serving(web, Routes::Table(table.build().expect("a table")));
    for (host, path, expected) in [
        ("app.example", "/", "web"),
        ("app.example.localhost:8080", "/api/x?y=/", "api"),
        ("APP.example", "/apis", "web"),
        ("harbour.shops.example", "/", "shop"),
    ] {
        let answer = proxy.ask(Request::get(path).header("host", host)).await;
        assert_eq!(answer.body, expected, "{host}{path}");
    }
    let moved = RouteTable::builder().route(Route::to(&shop).host("app.example"));
    assert!(
        proxy
            .listener
            .replace_routes(moved.build().expect("a table"))
    );
    let answer = proxy
        .ask(Request::get("/").header("host", "app.example"))
        .await;
    assert_eq!(answer.body, "shop");
}

#[tokio::test]
async fn answers_without_a_body_stay_without_one() {
    let server = Server::http(|request: Request<_>| async move {
        let (status, length) = match request.uri().path() {
            "/204" => (204, None),
            "/304" => (304, Some("1234")),
            _ => (200, Some("1234")),
        };
        let mut response = Response::builder().status(status).header("etag", "\"1\"");
        if let Some(length) = length {
            response = response.header("content-length", length);
        }
        response.body(full("")).expect("a response")
    })
    .await;
    let proxy = Proxy::to(&server);
    // On one connection: a body where none belongs would break the request after it.
    let heard = proxy
        .say(
            "HEAD / HTTP/1.1\r\nhost: a\r\n\r\nGET /204 HTTP/1.1\r\nhost: a\r\n\r\n\
             GET /304 HTTP/1.1\r\nhost: a\r\n\r\nHEAD /x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
        )
        .await;
    let heads: Vec<_> = heard.trim_end().split("\r\n\r\n").collect();
    assert_eq!(heads.len(), 4, "{heard}");
    assert!(heads[0].starts_with("HTTP/1.1 200") && heads[0].contains("content-length: 1234"));
    assert!(heads[1].starts_with("HTTP/1.1 204") && !heads[1].contains("content-length"));
    assert!(heads[2].starts_with("HTTP/1.1 304"), "{heard}");
    assert!(heads[3].starts_with("HTTP/1.1 200"), "{heard}");
    assert_eq!(heard.matches("transfer-encoding").count(), 0, "{heard}");
}

#[tokio::test]
async fn any_method_and_its_body_pass() {
    let server = Server::http(|request: Request<hyper::body::Incoming>| async move {
        let method = request.method().to_string();
        let body = http_body_util::BodyExt::collect(request.into_body())
            .await
            .expect("a body");
        Response::new(full([method.as_bytes(), b" ", &body.to_bytes()].concat()))
    })
    .await;
    let proxy = Proxy::to(&server);
    for method in [
        "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND",
    ] {
        let request = Request::builder().method(method).uri("/");
        let answer = proxy.ask_with(request, Full::from("cargo")).await;
        assert_eq!(answer.body, format!("{method} cargo"));
    }
    let answer = proxy
        .ask(Request::builder().method(Method::POST).uri("/"))
        .await;
    assert_eq!(answer.body, "POST ");
}

#[tokio::test]
async fn repeated_headers_stay_apart() {
    let server = Server::http(|request: Request<_>| async move {
        let cookies = request.headers().get_all("x-many").iter().count();
        Response::builder()
            .header("set-cookie", "a=1")
            .header("set-cookie", "b=2")
            .body(full(cookies.to_string()))
            .expect("a response")
    })
    .await;
    let proxy = Proxy::to(&server);
    let answer = proxy
        .ask(
            Request::get("/")
                .header("x-many", "1")
                .header("x-many", "2"),
        )
        .await;
    assert_eq!(answer.body, "2");
    assert_eq!(answer.headers.get_all("set-cookie").iter().count(), 2);
}
