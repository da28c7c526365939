//! After `101 Switching Protocols`: bytes both ways, whatever they mean.

use std::{sync::Arc, time::Duration};

use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::io::{
    AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader, ReadHalf, WriteHalf, copy_buf, split,
};

use crate::{exchange::Exchange, phase::Phase, proxy::Context};

const BUFFER: usize = 16 * 1024;
/// For a client to close after the replica did.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Carries bytes until both sides have closed, one failed, or the listener ends. The exchange, and
/// with it the replica's count of what is in flight, lasts as long.
///
/// There is no idle limit: a quiet WebSocket is an ordinary WebSocket.
pub(crate) async fn carry(
    client: OnUpgrade,
    replica: OnUpgrade,
    mut exchange: Exchange,
    context: Arc<Context>,
) {
    let both = async {
        if let Ok((client, replica)) = tokio::try_join!(client, replica) {
            both_ways(client, replica).await;
        }
    };
    tokio::select! {
        () = both => {}
        () = context.phases.reached(Phase::Cut) => {}
    }
    // However it ended: for the protocol inside that may well be a proper end.
    exchange.complete();
}

async fn both_ways(client: Upgraded, replica: Upgraded) {
    let (from_client, to_client) = split(TokioIo::new(client));
    let (from_replica, to_replica) = split(TokioIo::new(replica));
    let mut up = std::pin::pin!(one_way(from_client, to_replica));
    let mut down = std::pin::pin!(one_way(from_replica, to_client));
    tokio::select! {
        // Some protocols (`docker attach`) close one direction and go on reading the other.
        closed = &mut up => if closed.is_ok() {
            let _ = down.await;
        },
        // A client that keeps its side open after that would hold up the replica's drain.
        closed = &mut down => if closed.is_ok() {
            let _ = tokio::time::timeout(LAST_WORDS, up).await;
        },
    }
}

async fn one_way<T>(from: ReadHalf<T>, mut to: WriteHalf<T>) -> std::io::Result<()>
where
    T: AsyncRead + AsyncWrite,
{
    copy_buf(&mut BufReader::with_capacity(BUFFER, from), &mut to).await?;
    to.shutdown().await
}
