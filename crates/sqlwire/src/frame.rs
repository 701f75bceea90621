//! Messages on the connection (PostgreSQL 15 §55.2, §55.7): bounded when they are read, sent on in
//! small portions when they are written, so that a slow client holds little.

use std::io;
use std::time::Duration;

use model::Lang;
use tokio::io::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, ReadHalf, WriteHalf,
};
use tokio::time::timeout;

use crate::Limits;
use crate::error::{Failed, Refusal};

/// The longest message of a client, bytes.
const MAX_MESSAGE: usize = 4 << 20;
/// The longest message of a client that has not signed in.
const MAX_BEFORE: usize = 10_000;
/// How much is written before it is sent on.
const PORTION: usize = 32 << 10;

/// A connection, in plain text or in TLS.
pub(crate) trait Socket: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + 'static> Socket for T {}

/// A client's connection.
pub(crate) struct Wire {
    reader: BufReader<ReadHalf<Box<dyn Socket>>>,
    writer: WriteHalf<Box<dyn Socket>>,
    out: Vec<u8>,
    idle: Duration,
    stalled: Duration,
}

/// A message of a client.
pub(crate) struct Message {
    pub(crate) kind: u8,
    pub(crate) body: Vec<u8>,
}

impl Wire {
    pub(crate) fn new(socket: Box<dyn Socket>, limits: &Limits) -> Wire {
        let (reader, writer) = tokio::io::split(socket);
        let reader = BufReader::with_capacity(8 << 10, reader);
        Wire { reader, writer, out: Vec::new(), idle: limits.idle, stalled: limits.stalled }
    }

    /// The socket again, for TLS; nothing that has been read may be left in between.
    pub(crate) fn into_socket(self) -> Option<Box<dyn Socket>> {
        if !self.reader.buffer().is_empty() {
            return None;
        }
        Some(self.reader.into_inner().unsplit(self.writer))
    }

    /// The first message, which has no kind.
    pub(crate) async fn first(&mut self) -> Result<Vec<u8>, Failed> {
        let length = self.length(MAX_BEFORE).await?;
        self.body(length).await
    }

    /// The next message; what has been written is sent before waiting.
    pub(crate) async fn next(&mut self, is_known: bool) -> Result<Message, Failed> {
        self.flush().await?;
        let kind = timeout(self.idle, self.reader.read_u8()).await.map_err(|_| idle())??;
        let most = if is_known { MAX_MESSAGE } else { MAX_BEFORE };
        let length = self.length(most).await?;
        Ok(Message { kind, body: self.body(length).await? })
    }

    async fn length(&mut self, most: usize) -> Result<usize, Failed> {
        let length = timeout(self.idle, self.reader.read_u32()).await.map_err(|_| idle())??;
        let length = (length as usize).checked_sub(4);
        match length {
            Some(length) if length <= most => Ok(length),
            Some(length) => {
                let message = format!("a message of {length} bytes is too long: {most} are taken");
                Err(Refusal::new("54000", message).fatal().into())
            }
            None => Err(Refusal::protocol("the length of a message is wrong").into()),
        }
    }

    /// The body grows as its bytes come: a length that is only claimed takes no memory.
    async fn body(&mut self, length: usize) -> Result<Vec<u8>, Failed> {
        let mut body = Vec::new();
        let mut rest = (&mut self.reader).take(length as u64);
        timeout(self.idle, rest.read_to_end(&mut body)).await.map_err(|_| idle())??;
        if body.len() < length {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        Ok(body)
    }

    /// Resolves when the client has gone. What it has sent meanwhile stays to be read.
    pub(crate) async fn gone(&mut self) {
        if self.reader.buffer().is_empty() {
            match self.reader.fill_buf().await {
                Ok([]) | Err(_) => return,
                Ok(_) => {}
            }
        }
        std::future::pending().await
    }

    /// Tells the client the value of a setting (ParameterStatus).
    pub(crate) fn told(&mut self, name: &str, value: &str) {
        let start = self.begin(b'S');
        put_text(self.out(), name);
        put_text(self.out(), value);
        self.end(start);
    }

    /// Begins a message; its bytes are appended to what this gives, and [`Wire::end`] ends it.
    pub(crate) fn begin(&mut self, kind: u8) -> usize {
        self.out.push(kind);
        self.out.extend_from_slice(&[0; 4]);
        self.out.len() - 4
    }

    /// What is to be sent.
    pub(crate) fn out(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// Ends a message that began there.
    pub(crate) fn end(&mut self, start: usize) {
        let length = u32::try_from(self.out.len() - start).unwrap_or(u32::MAX);
        self.out[start..start + 4].copy_from_slice(&length.to_be_bytes());
    }

    /// A whole message.
    pub(crate) fn message(&mut self, kind: u8, body: &[u8]) {
        let start = self.begin(kind);
        self.out.extend_from_slice(body);
        self.end(start);
    }

    /// Sends what there is when it has become a portion.
    pub(crate) async fn relieve(&mut self) -> Result<(), Failed> {
        if self.out.len() >= PORTION {
            self.flush().await?;
        }
        Ok(())
    }

    /// Sends what there is.
    pub(crate) async fn flush(&mut self) -> Result<(), Failed> {
        for portion in self.out.chunks(PORTION) {
            let sent = timeout(self.stalled, self.writer.write_all(portion)).await;
            sent.map_err(|_| stalled())??;
        }
        self.out.clear();
        self.out.shrink_to(2 * PORTION);
        timeout(self.stalled, self.writer.flush()).await.map_err(|_| stalled())??;
        Ok(())
    }

    /// Tells a refusal, in a language.
    pub(crate) fn refuse(&mut self, refusal: &Refusal, lang: Lang) {
        let start = self.begin(b'E');
        let severity = if refusal.is_fatal { "FATAL" } else { "ERROR" };
        let message = refusal.message.sentence(lang);
        let hint = refusal.hint.as_ref().map(|hint| hint.sentence(lang));
        let position = refusal.position.map(|at| at.to_string());
        let fields = [
            (b'S', Some(severity)),
            (b'V', Some(severity)),
            (b'C', Some(refusal.state)),
            (b'M', Some(message.as_str())),
            (b'H', hint.as_deref()),
            (b'P', position.as_deref()),
        ];
        for (field, text) in fields {
            if let Some(text) = text {
                self.out.push(field);
                put_text(&mut self.out, text);
            }
        }
        self.out.push(0);
        self.end(start);
    }

    /// One byte, the answer to a request for TLS.
    pub(crate) async fn byte(&mut self, byte: u8) -> Result<(), Failed> {
        self.out.push(byte);
        self.flush().await
    }
}

/// The end of a client that does not read.
fn stalled() -> io::Error {
    metrics::counter!("cuulong_sql_stalled_total").increment(1);
    io::ErrorKind::TimedOut.into()
}

fn idle() -> Failed {
    Refusal::new("57P05", "the connection stood without a word for too long").fatal().into()
}

/// A text with the zero that ends it.
pub(crate) fn put_text(out: &mut Vec<u8>, text: &str) {
    out.extend(text.bytes().map(|byte| if byte == 0 { b' ' } else { byte }));
    out.push(0);
}

/// Reads the fields of a message.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    pub(crate) fn bytes(&mut self, count: usize) -> Result<&'a [u8], Refusal> {
        let (bytes, rest) = self.0.split_at_checked(count).ok_or_else(short)?;
        self.0 = rest;
        Ok(bytes)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Refusal> {
        Ok(self.bytes(1)?[0])
    }

    pub(crate) fn i16(&mut self) -> Result<i16, Refusal> {
        let bytes = self.bytes(2)?;
        Ok(i16::from_be_bytes([bytes[0], bytes[1]]))
    }

    pub(crate) fn i32(&mut self) -> Result<i32, Refusal> {
        let bytes = self.bytes(4)?;
        Ok(i32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    pub(crate) fn i64(&mut self) -> Result<i64, Refusal> {
        let (high, low) = (self.i32()?, self.i32()?);
        Ok((i64::from(high) << 32) | i64::from(low.cast_unsigned()))
    }

    /// A text that a zero ends.
    pub(crate) fn text(&mut self) -> Result<&'a str, Refusal> {
        let end = self.0.iter().position(|byte| *byte == 0).ok_or_else(short)?;
        let text = self.bytes(end)?;
        self.byte()?;
        std::str::from_utf8(text)
            .map_err(|_| Refusal::new("22021", "a text is not UTF-8").hint("set client_encoding to UTF8"))
    }

    /// How many there are of what follows.
    pub(crate) fn count(&mut self) -> Result<usize, Refusal> {
        usize::try_from(self.i16()?).map_err(|_| Refusal::protocol("a count is below zero"))
    }
}

fn short() -> Refusal {
    Refusal::protocol("a message is shorter than what it tells")
}
