//! The byte streams a pool connects over: TCP, TLS over TCP, or a pipe to the sandbox inside the process.

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use hyper_util::{
    client::legacy::connect::{Connected, Connection},
    rt::TokioIo,
};
use std::{
    io,
    mem::MaybeUninit,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::{io::DuplexStream, net::TcpStream};
use tokio_rustls::client::TlsStream;

/// Bytes read at once, one less than hyper's first read buffer. A read that fills its buffer doubles the next one, and a
/// small piece of a stream that waits for a slow caller keeps the whole buffer it was read into: several wait at a time.
const READ: usize = (8 << 10) - 1;

/// A connected stream.
pub enum UpstreamStream {
    /// Plain TCP.
    Tcp(TokioIo<TcpStream>),
    /// TLS.
    Tls(Box<TokioIo<TlsStream<TcpStream>>>),
    /// To the sandbox.
    Memory(TokioIo<DuplexStream>),
}

impl Connection for UpstreamStream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

macro_rules! on_each {
    ($self:ident, $io:ident => $call:expr) => {
        match $self.get_mut() {
            Self::Tcp(io) => {
                let $io = Pin::new(io);
                $call
            }
            Self::Tls(io) => {
                let $io = Pin::new(io.as_mut());
                $call
            }
            Self::Memory(io) => {
                let $io = Pin::new(io);
                $call
            }
        }
    };
}

impl Read for UpstreamStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, mut buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let mut room = [const { MaybeUninit::uninit() }; READ];
        let most = buf.remaining().min(READ);
        let mut part = ReadBuf::uninit(room.get_mut(..most).unwrap_or_default());
        ready!(on_each!(self, io => io.poll_read(cx, part.unfilled())))?;
        buf.put_slice(part.filled());
        Poll::Ready(Ok(()))
    }
}

impl Write for UpstreamStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        on_each!(self, io => io.poll_write(cx, buf))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_each!(self, io => io.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_each!(self, io => io.poll_shutdown(cx))
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Tcp(io) => io.is_write_vectored(),
            Self::Tls(io) => io.is_write_vectored(),
            Self::Memory(io) => io.is_write_vectored(),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        on_each!(self, io => io.poll_write_vectored(cx, bufs))
    }
}
