//! The API server of the tests validates, admits, and leaves nothing behind.

use seaworthy_testkit::cluster::ApiServer;

#[test]
fn a_server_judges_strictly_and_ends_with_its_value() {
    let server = ApiServer::start();

    let said = server.kubectl(&["get", "--raw=/version"]);
    assert!(said.output.contains("\"gitVersion\": \"v1.36."), "{said:?}");

    let namespace = "apiVersion: v1
kind: Namespace
metadata:
  name: strict
  labels:
    pod-security.kubernetes.io/enforce: restricted
";
    let said = server.apply(namespace);
    assert!(said.success, "{said:?}");

    let said = server.apply(&namespace.replace("  labels:", "  label:"));
    assert!(!said.success, "a typing error is accepted: {said:?}");
    assert!(said.talk.contains("label"), "{said:?}");

    let said = server.apply(
        "apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata:
  name: alb
spec:
  controllerName: gateway.k8s.aws/alb
",
    );
    assert!(!said.success, "a kind without CRD is accepted: {said:?}");
    server.install_crds(&["gateway-api"]);
    let said = server.apply(
        "apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata:
  name: alb
spec:
  controllerName: gateway.k8s.aws/alb
",
    );
    assert!(said.success, "{said:?}");

    let port = server.port();
    drop(server);
    assert!(
        std::net::TcpStream::connect(("127.0.0.1", port)).is_err(),
        "the server still listens"
    );
}
