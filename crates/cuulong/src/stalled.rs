//! Connections whose other end does not read, or a byte now and then: they are cut, so that what waits to
//! be sent to nobody holds no memory, no place among the subscribers and no reader's turn.

use std::io::{Error, ErrorKind, IoSlice, Result};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use serve::http::pace::Pace;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, Sleep, sleep};

/// A listener whose connections are cut when what is to be sent is taken too slowly.
pub(crate) struct Watchful {
    listener: TcpListener,
    pace: Pace,
}

impl Watchful {
    pub(crate) fn new(listener: TcpListener, pace: Pace) -> Watchful {
        Watchful { listener, pace }
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
        (Watched::new(stream, self.pace.clone()), address)
    }
}

/// The pause after a connection that could not be taken.
const PAUSE: Duration = Duration::from_millis(100);

/// A connection, and how fast what is to be sent is taken.
pub(crate) struct Watched<S> {
    stream: S,
    pace: Pace,
    /// Runs while the other end is waited for.
    timer: Option<Pin<Box<Sleep>>>,
}

impl<S: AsyncWrite + Unpin> Watched<S> {
    pub(crate) fn new(stream: S, pace: Pace) -> Watched<S> {
        Watched { stream, pace, timer: None }
    }

    /// The outcome of a write, or the end of patience with one that does not come to an end.
    fn watch<T>(
        &mut self,
        context: &mut Context<'_>,
        outcome: Poll<Result<T>>,
        taken: impl Fn(&T) -> usize,
    ) -> Poll<Result<T>> {
        if let Poll::Ready(outcome) = outcome {
            let taken = outcome.as_ref().map_or(0, taken);
            self.pace.passes(taken, Instant::now());
            self.timer = None;
            return Poll::Ready(outcome);
        }
        self.pace.waits(Instant::now());
        loop {
            let left = self.pace.left(Instant::now());
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(left)));
            ready!(timer.as_mut().poll(context));
            self.timer = None;
            if self.pace.is_too_slow(Instant::now()) {
                metrics::counter!("cuulong_stalled_connections_total").increment(1);
                return Poll::Ready(Err(Error::new(ErrorKind::TimedOut, "the other end does not read")));
            }
        }
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
        self.watch(context, outcome, |taken| *taken)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.watch(context, outcome, |taken| *taken)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_flush(context);
        self.watch(context, outcome, |()| 0)
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

    use super::{Pace, Watched};

    /// Sends to a reader that takes so many bytes every 40 ms; whether it is cut off.
    async fn check(bytes: usize, is_cut: bool) {
        let (here, mut there) = duplex(16);
        let mut watched = Watched::new(here, Pace::new(Duration::from_millis(400), 50));
        let reading = tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(40)).await;
                if there.read_exact(&mut vec![0; bytes]).await.is_err() {
                    return;
                }
            }
        });
        // For longer than the patience in all.
        let written = watched.write_all(&vec![0; bytes * 30 + 16]).await;
        match is_cut {
            true => assert_eq!(written.unwrap_err().kind(), ErrorKind::TimedOut),
            false => written.unwrap(),
        }
        reading.abort();
    }

    #[tokio::test]
    async fn who_reads_a_byte_now_and_then_is_cut_off_and_who_reads_slowly_is_not() {
        // 25, and 200, bytes a second.
        check(1, true).await;
        check(8, false).await;
    }

    #[tokio::test]
    async fn who_does_not_read_is_cut_off() {
        let (here, there) = duplex(16);
        let mut watched = Watched::new(here, Pace::new(Duration::from_millis(100), 1));
        let error = watched.write_all(&[0; 64]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        drop(there);
    }
}
