//! Frames from the socket: bounded, and never half read when something else happens meanwhile.

use std::io;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadHalf};

use crate::decode::{Bad, Frame, measured};

/// The longest packet of a client that has not signed in.
pub(crate) const MOST_BEFORE: usize = 32 << 10;
/// The longest packet of a client.
pub(crate) const MOST: usize = 256 << 10;
/// Bytes that are read at a time.
const PORTION: usize = 8 << 10;

/// A connection, in plain text or in TLS.
pub(crate) trait Socket: AsyncRead + AsyncWrite + Unpin + Send + Sync + 'static {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + Sync + 'static> Socket for T {}

/// Why no frame came.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoFrame {
    /// The bytes are none.
    #[error(transparent)]
    Bad(#[from] Bad),
    /// The client has gone.
    #[error(transparent)]
    Gone(#[from] io::Error),
}

/// Reads frames.
pub(crate) struct Frames {
    socket: ReadHalf<Box<dyn Socket>>,
    buffer: BytesMut,
}

impl Frames {
    pub(crate) fn new(socket: ReadHalf<Box<dyn Socket>>) -> Frames {
        Frames { socket, buffer: BytesMut::new() }
    }

    /// The next frame. What has been read stays when this is dropped; a length that is only claimed
    /// takes no memory.
    pub(crate) async fn next(&mut self, most: usize) -> Result<Frame, NoFrame> {
        loop {
            if let Some((head, length)) = measured(&self.buffer, most)?
                && self.buffer.len() >= head + length
            {
                let first = self.buffer[0];
                self.buffer.advance(head);
                return Ok(Frame { head: first, body: self.buffer.split_to(length).freeze() });
            }
            self.buffer.reserve(PORTION);
            if self.socket.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
        }
    }
}
