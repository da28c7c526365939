//! After `101 Switching Protocols`: bytes both ways, whatever they mean.

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::copy_bidirectional;
use tokio_util::sync::CancellationToken;

use crate::exchange::Exchange;

/// Carries bytes until both sides have closed, one failed, or `cut`. The exchange, and
/// with it the replica's count of what is in flight, lasts as long.
///
/// There is no idle limit: a quiet WebSocket is an ordinary WebSocket.
pub(crate) async fn carry(
    client: OnUpgrade,
    replica: OnUpgrade,
    mut exchange: Exchange,
    cut: CancellationToken,
) {
    let both = async {
        let (client, replica) = tokio::try_join!(client, replica).ok()?;
        let (mut client, mut replica) = (TokioIo::new(client), TokioIo::new(replica));
        copy_bidirectional(&mut client, &mut replica).await.ok()
    };
    tokio::select! {
        // However it ended: for the protocol inside that may well be a proper end.
        _ = both => {}
        () = cut.cancelled() => {}
    }
    exchange.complete();
}
