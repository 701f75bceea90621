//! Connections whose other end does not read: they are cut, so that what waits to be sent to nobody
//! holds no memory, no place among the subscribers and no reader's turn.

use std::io::{Error, ErrorKind, IoSlice, Result};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Sleep, sleep};

/// A listener whose connections are cut when nothing of what is to be sent was taken for so long.
pub(crate) struct Watchful {
    listener: TcpListener,
    patience: Duration,
}

impl Watchful {
    pub(crate) fn new(listener: TcpListener, patience: Duration) -> Watchful {
        Watchful { listener, patience }
    }

    /// The next connection, and the address of its other end.
    pub(crate) async fn accept(&self) -> (Watched<TcpStream>, SocketAddr) {
        let (stream, address) = loop {
            match self.listener.accept().await {
                Ok(accepted) => break accepted,
                // One that went away before it was taken is no trouble; without a file for the next, wait
                // until one is closed.
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    sleep(PAUSE).await;
                }
            }
        };
        // Answers come in pieces; waiting to fill a packet would add 40 ms to some of them.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection sends its packets late");
        }
        (Watched::new(stream, self.patience), address)
    }
}

/// The pause after a connection that could not be taken.
const PAUSE: Duration = Duration::from_millis(100);

/// A connection, and since when nothing of what is to be sent was taken.
pub(crate) struct Watched<S> {
    stream: S,
    patience: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl<S: AsyncWrite + Unpin> Watched<S> {
    pub(crate) fn new(stream: S, patience: Duration) -> Watched<S> {
        Watched { stream, patience, waiting: None }
    }

    /// The outcome of a write, or the end of patience with one that does not come to an end.
    fn watch<T>(&mut self, context: &mut Context<'_>, outcome: Poll<Result<T>>) -> Poll<Result<T>> {
        if outcome.is_ready() {
            self.waiting = None;
            return outcome;
        }
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(self.patience)));
        ready!(waiting.as_mut().poll(context));
        metrics::counter!("cuulong_stalled_connections_total").increment(1);
        Poll::Ready(Err(Error::new(ErrorKind::TimedOut, "the other end does not read")))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch(context, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.watch(context, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_flush(context);
        self.watch(context, outcome)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::Watched;

    #[tokio::test]
    async fn who_does_not_read_is_cut_off_and_who_reads_slowly_is_not() {
        let patience = Duration::from_millis(400);
        let (here, mut there) = duplex(16);
        let mut watched = Watched::new(here, patience);
        let reading = tokio::spawn(async move {
            // A byte now and then, for longer than the patience in all.
            for _ in 0..20 {
                tokio::time::sleep(Duration::from_millis(40)).await;
                there.read_exact(&mut [0; 1]).await.unwrap();
            }
            there
        });
        watched.write_all(&[0; 36]).await.unwrap();
        let there = reading.await.unwrap();
        let error = watched.write_all(&[0; 64]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        drop(there);
    }
}
