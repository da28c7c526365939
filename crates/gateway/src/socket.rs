//! One TCP socket that three parties share: hyper owns its bytes, the pool of
//! idle connections asks whether it is still open, and the listener may say a
//! last word on it after hyper gave up.
//!
//! tokio's `TcpStream` can be read through a shared reference (`try_read`), so
//! this needs neither a duplicate descriptor nor unsafe code. Only one task at a
//! time polls a socket; the other parties make non-blocking calls.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, Bytes};
use rustix::net::{RecvFlags, Shutdown};
use tokio::{
    io::{AsyncRead, AsyncWrite, Interest, ReadBuf},
    net::TcpStream,
};

use crate::client::Client;

/// The reading and writing half that hyper gets.
pub(crate) struct Socket {
    stream: Arc<TcpStream>,
    /// Bytes read to tell HTTP/1 from HTTP/2, given back before the rest.
    prefix: Bytes,
    /// Who must hear that bytes arrived (a client's connection, to limit slow heads).
    client: Option<Arc<Client>>,
}

impl Socket {
    pub(crate) fn new(stream: Arc<TcpStream>) -> Self {
        Self {
            stream,
            prefix: Bytes::new(),
            client: None,
        }
    }

    /// Gives `prefix` before the stream's own bytes.
    pub(crate) fn after(self, prefix: Bytes) -> Self {
        Self { prefix, ..self }
    }

    pub(crate) fn of_client(stream: Arc<TcpStream>, prefix: Bytes, client: Arc<Client>) -> Self {
        Self {
            stream,
            prefix,
            client: Some(client),
        }
    }
}

/// Whether the peer of an idle connection neither closed it nor said anything.
///
/// Asks the kernel, not tokio: a close that arrived a microsecond ago is known
/// to the kernel before the event loop had a chance to tell its task.
pub(crate) fn is_quiet(stream: &TcpStream) -> bool {
    let mut byte = [0u8; 1];
    matches!(
        rustix::net::recv(stream, &mut byte, RecvFlags::PEEK | RecvFlags::DONTWAIT),
        Err(rustix::io::Errno::AGAIN)
    )
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.prefix.is_empty() {
            let n = self.prefix.len().min(buf.remaining());
            buf.put_slice(&self.prefix[..n]);
            self.prefix.advance(n);
            return Poll::Ready(Ok(()));
        }
        loop {
            ready!(self.stream.poll_read_ready(cx))?;
            match read_what_is_there(&self.stream, buf) {
                Ok(n) => {
                    if n > 0
                        && let Some(client) = &self.client
                    {
                        client.bytes_arrived();
                    }
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

/// Reads, and when the buffer was not filled, notes that the socket is empty now, which saves
/// asking it again. tokio does so when it owns the stream, but not for `try_read_buf`.
fn read_what_is_there(stream: &TcpStream, buf: &mut ReadBuf<'_>) -> io::Result<usize> {
    let mut read = Ok(0);
    // Saying `WouldBlock` clears the readiness that was seen before the read; bytes that
    // arrive after the read count as news.
    let _ = stream.try_io(Interest::READABLE, || {
        let mut room = &mut *buf;
        let len = room.remaining();
        read = stream.try_read_buf(&mut room);
        match read {
            Ok(n) if 0 < n && n < len => Err(io::ErrorKind::WouldBlock.into()),
            _ => Ok(()),
        }
    });
    read
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.stream.poll_write_ready(cx))?;
            match self.stream.try_write(buf) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return Poll::Ready(done),
            }
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.stream.poll_write_ready(cx))?;
            match self.stream.try_write_vectored(bufs) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return Poll::Ready(done),
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match rustix::net::shutdown(&*self.stream, Shutdown::Write) {
            // The peer was faster.
            Ok(()) | Err(rustix::io::Errno::NOTCONN) => Poll::Ready(Ok(())),
            Err(error) => Poll::Ready(Err(error.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// On one thread and without a pause, so that tokio cannot have heard of anything yet.
    #[tokio::test]
    async fn a_close_and_an_unasked_word_are_seen_at_once() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let addr = listener.local_addr().expect("an address");
        let connect = || TcpStream::connect(addr);

        let ours = connect().await.expect("a connection");
        let (theirs, _) = listener.accept().expect("a connection");
        assert!(is_quiet(&ours));
        drop(theirs);
        assert!(!is_quiet(&ours), "closed");

        let ours = connect().await.expect("a connection");
        let (mut theirs, _) = listener.accept().expect("a connection");
        theirs
            .write_all(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
            .expect("room");
        assert!(!is_quiet(&ours), "spoke");
    }
}
