//! Requests on whose length two servers could disagree.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{Proxy, Server};

/// Keeps every byte that reaches it; answers once per connection.
async fn recorder() -> (Server, Arc<Mutex<String>>) {
    let record = Arc::new(Mutex::new(String::new()));
    let kept = Arc::clone(&record);
    let server = Server::raw(move |mut stream| {
        let kept = Arc::clone(&kept);
        async move {
            let mut bytes = vec![0; 4096];
            let mut answered = false;
            while let Ok(n @ 1..) = stream.read(&mut bytes).await {
                kept.lock()
                    .expect("whole")
                    .push_str(&String::from_utf8_lossy(&bytes[..n]));
                if !answered {
                    answered = true;
                    let _ = stream
                        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
                        .await;
                }
            }
        }
    })
    .await;
    (server, record)
}

#[tokio::test]
async fn ambiguous_lengths_are_refused() {
    for (what, head) in [
        ("two lengths", "content-length: 5\r\ncontent-length: 6\r\n"),
        ("a list of two lengths", "content-length: 5, 6\r\n"),
        ("a signed length", "content-length: +5\r\n"),
        ("no number", "content-length: 5x\r\n"),
        ("a hexadecimal number", "content-length: 0x5\r\n"),
        ("beyond 64 bits", "content-length: 18446744073709551617\r\n"),
        ("an unknown coding", "transfer-encoding: cargo\r\n"),
        (
            "chunked, but not last",
            "transfer-encoding: chunked, identity\r\n",
        ),
        ("a space before the colon", "content-length : 5\r\n"),
        ("a folded header", "x: y\r\n transfer-encoding: chunked\r\n"),
        (
            "a bare carriage return",
            "x: y\rtransfer-encoding: chunked\r\n",
        ),
        ("a zero byte", "x: y\0\r\n"),
    ] {
        let (server, record) = recorder().await;
        let proxy = Proxy::to(&server);
        let heard = proxy
            .say(format!("POST / HTTP/1.1\r\nhost: a\r\n{head}\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n"))
            .await;
        assert!(heard.starts_with("HTTP/1.1 400 "), "{what}: {heard}");
        assert_eq!(heard.matches("HTTP/1.1 ").count(), 1, "{what}: {heard}");
        assert_eq!(*record.lock().expect("whole"), "", "{what}");
    }
}

#[tokio::test]
async fn length_and_chunked_together_cannot_hide_a_request() {
    for head in [
        "content-length: 4\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 4\r\n",
        "Content-Length: 100\r\nTransfer-Encoding:\tchunked\r\n",
    ] {
        let (server, record) = recorder().await;
        let proxy = Proxy::to(&server);
        let heard = proxy
            .say(format!("POST / HTTP/1.1\r\nhost: a\r\n{head}\r\n5\r\ncargo\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n"))
            .await;
        // Refused, or taken as chunked alone with the connection closed behind it (RFC 9112, 6.1).
        let record = record.lock().expect("whole").clone();
        assert!(!record.contains("smuggled"), "{head}: {record}");
        assert!(!record.contains("content-length"), "{head}: {record}");
        assert_eq!(heard.matches("HTTP/1.1 ").count(), 1, "{head}: {heard}");
    }
}

#[tokio::test]
async fn http_1_0_cannot_be_chunked() {
    let (server, record) = recorder().await;
    let heard = Proxy::to(&server)
        .say("POST / HTTP/1.0\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n")
        .await;
    assert!(heard.contains(" 400 "), "{heard}");
    assert_eq!(*record.lock().expect("whole"), "");
}

#[tokio::test]
async fn broken_chunks_do_not_reach_the_end() {
    for chunks in [
        "x\r\ncargo\r\n0\r\n\r\n",
        "5\r\ncargocargo\r\n0\r\n\r\n",
        "-5\r\ncargo\r\n0\r\n\r\n",
        "ffffffffffffffffff\r\n",
    ] {
        let (server, record) = recorder().await;
        let proxy = Proxy::to(&server);
        let mut client = proxy.connect().await;
        let request =
            format!("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n{chunks}");
        client.write_all(request.as_bytes()).await.expect("room");
        let mut heard = Vec::new();
        let _ = client.read_to_end(&mut heard).await;
        assert!(
            !record.lock().expect("whole").ends_with("0\r\n\r\n"),
            "{chunks:?}"
        );
    }
}

#[tokio::test]
async fn there_is_one_host() {
    let (server, record) = recorder().await;
    let proxy = Proxy::to(&server);
    for (head, reason) in [
        ("host: a\r\nhost: b\r\n", "more than one `Host`"),
        ("x: y\r\n", "needs a `Host`"),
        ("host: a b\r\n", "is not a host name"),
        ("host: a/b\r\n", "is not a host name"),
        ("host: user@a\r\n", "cannot hold a user name"),
        ("host: a, b\r\n", "is not a host name"),
    ] {
        let heard = proxy.say(format!("GET / HTTP/1.1\r\n{head}\r\n")).await;
        assert!(heard.starts_with("HTTP/1.1 400 "), "{head}: {heard}");
        assert!(heard.contains(reason), "{head}: {heard}");
    }
    assert_eq!(*record.lock().expect("whole"), "");
}

#[tokio::test]
async fn calling_a_length_hop_by_hop_does_not_remove_it() {
    let (server, record) = recorder().await;
    Proxy::to(&server)
        .say("POST / HTTP/1.1\r\nhost: a\r\nconnection: close, content-length, host\r\ncontent-length: 5\r\n\r\ncargo")
        .await;
    let record = record.lock().expect("whole").clone();
    assert!(
        record.contains("content-length: 5\r\n") && record.contains("host: a\r\n"),
        "{record}"
    );
    assert!(!record.contains("transfer-encoding"), "{record}");
    assert!(record.ends_with("\r\n\r\ncargo"), "{record}");
}
