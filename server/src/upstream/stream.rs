//! The byte streams a pool connects over: TCP, TLS over TCP, or a pipe to the sandbox inside the process.

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::{
    client::legacy::connect::{Connected, Connection},
    rt::TokioIo,
};
use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::{io::DuplexStream, net::TcpStream};
use tokio_rustls::client::TlsStream;

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
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        on_each!(self, io => io.poll_read(cx, buf))
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
