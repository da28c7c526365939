//! Which rule takes which request, as a table.

use super::*;

fn table(routes: &[(&str, &str, &str)]) -> RouteTable {
    let mut builder = RouteTable::builder();
    for (host, path, pool) in routes {
        let mut route = Route::to(&Pool::new(pool));
        if *host != "*" {
            route = route.host(host);
        }
        route = match path.strip_prefix('=') {
            Some(exact) => route.path_exact(exact),
            None => route.path_prefix(path),
        };
        builder = builder.route(route);
    }
    builder.build().expect("a good table")
}

#[test]
fn the_most_specific_rule_answers() {
    let table = table(&[
        ("app.example.com", "/", "web"),
        ("app.example.com", "/api", "api"),
        ("app.example.com", "/api/v2", "api-v2"),
        ("app.example.com", "=/api/v2/health", "health"),
        ("*.example.com", "/", "tenants"),
        ("*.eu.example.com", "/", "eu"),
        ("*.example.com", "/only-here", "below"),
        ("orders.example.com", "/orders/", "orders"),
        ("localhost", "/", "web"),
        ("127.0.0.1", "/", "web"),
        ("[::1]", "/", "web"),
    ]);
    for (host, path, expected) in [
        ("app.example.com", "/", Some("web")),
        ("app.example.com", "/apis", Some("web")),
        ("app.example.com", "/api", Some("api")),
        ("app.example.com", "/api/", Some("api")),
        ("app.example.com", "/api/x", Some("api")),
        ("app.example.com", "/API", Some("web")),
        ("app.example.com", "/api/v2", Some("api-v2")),
        ("app.example.com", "/api/v2/health", Some("health")),
        ("app.example.com", "/api/v2/health/", Some("api-v2")),
        ("app.example.com", "/api/v22", Some("api")),
        ("APP.Example.COM:8080", "/", Some("web")),
        ("app.example.com.", "/", Some("web")),
        ("app.example.com.localhost:8080", "/api", Some("api")),
        ("x.example.com.localhost", "/", Some("tenants")),
        ("x.example.com", "/", Some("tenants")),
        ("x.y.example.com", "/", Some("tenants")),
        ("x.eu.example.com", "/", Some("eu")),
        ("x.eu.example.com", "/only-here", Some("eu")),
        ("x.example.com", "/only-here", Some("below")),
        ("orders.example.com", "/orders", Some("orders")),
        ("orders.example.com", "/orders/7", Some("orders")),
        // An exact host whose rules do not take the path leaves it to the wildcard.
        ("orders.example.com", "/", Some("tenants")),
        ("app.example.com", "/only-here", Some("web")),
        ("example.com", "/", None),
        ("notexample.com", "/", None),
        (".example.com", "/", None),
        ("localhost:3000", "/", Some("web")),
        ("127.0.0.1:3000", "/", Some("web")),
        ("[::1]:3000", "/", Some("web")),
        ("[::1]", "/", Some("web")),
        ("", "/", None),
        ("app.example.com", "*", Some("web")),
    ] {
        let found = table.find(host, path).map(|d| d.pool.name().to_string());
        assert_eq!(found.as_deref(), expected, "{host} {path}");
    }
}

#[test]
fn any_host_comes_last() {
    let table = table(&[("*", "/", "default"), ("app.example.com", "/api", "api")]);
    for (host, path, expected) in [
        ("app.example.com", "/api", "api"),
        ("app.example.com", "/", "default"),
        ("", "/", "default"),
        ("whatever", "/x", "default"),
    ] {
        let found = table.find(host, path).expect("a default");
        assert_eq!(&**found.pool.name(), expected, "{host} {path}");
    }
}

#[test]
fn a_localhost_rule_of_its_own_is_not_shortened() {
    let table = table(&[("app.localhost", "/", "local"), ("app", "/", "short")]);
    let found = table.find("app.localhost", "/").expect("a rule");
    assert_eq!(&**found.pool.name(), "local");
}

#[test]
fn tables_that_mean_nothing_are_refused() {
    let pool = Pool::new("web");
    let build = |routes: Vec<Route>| {
        let builder = routes
            .into_iter()
            .fold(RouteTable::builder(), RouteTableBuilder::route);
        builder.build().expect_err("a bad table").to_string()
    };
    for host in [
        "",
        "a b",
        "http://a",
        "a/b",
        "*",
        "a.*.b",
        "*a.b",
        "a..b",
        "a:80",
        "ü.example",
    ] {
        let error = build(vec![Route::to(&pool).host(host)]);
        assert!(error.contains("is not a host"), "{host}: {error}");
    }
    assert_eq!(
        build(vec![Route::to(&pool).path_prefix("api")]),
        "the path `api` of a route must begin with `/`"
    );
    assert_eq!(
        build(vec![
            Route::to(&pool).host("a.example").path_prefix("/x/"),
            Route::to(&pool).host("A.example").path_prefix("/x"),
        ]),
        "two routes take host `A.example` and path `/x/`; remove one"
    );
}
