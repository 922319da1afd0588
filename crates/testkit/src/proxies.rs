//! Proxies on loopback: HTTP (CONNECT) and SOCKS 5, each with a user and a password, that count what went through them and
//! remember where it was to go.

use anyhow::{Context, Result, ensure};
use parking_lot::Mutex;
use std::{net::SocketAddr, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
};

/// Which kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `CONNECT host:port`, RFC 9110 9.3.6, with basic authentication.
    Http,
    /// RFC 1928, with RFC 1929.
    Socks5,
}

/// Who may use it.
pub const USER: (&str, &str) = ("me", "p@ss word");

/// A running proxy; it ends when dropped. Whatever name it is asked for, it goes to `target`.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    accepting: AbortHandle,
}

impl Proxy {
    /// Starts one.
    pub async fn start(kind: Kind, target: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let asked = Arc::new(Mutex::new(Vec::new()));
        let told = asked.clone();
        let accepting = async move {
            let mut running = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let told = told.clone();
                running.spawn(async move {
                    let _ = serve(kind, stream, target, &told).await;
                });
            }
        };
        let accepting = tokio_util::task::TaskTracker::new().spawn(accepting).abort_handle();
        Ok(Self { address, asked, accepting })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it was asked to go, each time.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(kind: Kind, mut stream: TcpStream, target: SocketAddr, asked: &Mutex<Vec<String>>) -> Result<()> {
    let wanted = match kind {
        Kind::Http => http(&mut stream).await?,
        Kind::Socks5 => socks(&mut stream).await?,
    };
    asked.lock().push(wanted);
    let mut onward = TcpStream::connect(target).await?;
    copy_bidirectional(&mut stream, &mut onward).await?;
    Ok(())
}

async fn http(stream: &mut TcpStream) -> Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head)?;
    // me:p@ss word
    if !head.contains("Basic bWU6cEBzcyB3b3Jk") {
        stream.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n").await?;
        anyhow::bail!("no user");
    }
    stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await?;
    Ok(head.split(' ').nth(1).context("a target")?.to_owned())
}

async fn socks(stream: &mut TcpStream) -> Result<String> {
    ensure!(stream.read_u8().await? == 5);
    let mut methods = vec![0; usize::from(stream.read_u8().await?)];
    stream.read_exact(&mut methods).await?;
    ensure!(methods.contains(&2), "no user");
    stream.write_all(&[5, 2]).await?;
    ensure!(stream.read_u8().await? == 1);
    let (user, password) = (text(stream).await?, text(stream).await?);
    let right = (user.as_str(), password.as_str()) == USER;
    stream.write_all(&[1, u8::from(!right)]).await?;
    ensure!(right, "a wrong user");
    let mut request = [0; 4];
    stream.read_exact(&mut request).await?;
    let host = match request {
        [5, 1, 0, 1] => {
            let mut address = [0; 4];
            stream.read_exact(&mut address).await?;
            std::net::Ipv4Addr::from(address).to_string()
        }
        [5, 1, 0, 3] => text(stream).await?,
        other => anyhow::bail!("asked for {other:?}"),
    };
    let port = stream.read_u16().await?;
    stream.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 0]).await?;
    Ok(format!("{host}:{port}"))
}

async fn text(stream: &mut TcpStream) -> Result<String> {
    let mut bytes = vec![0; usize::from(stream.read_u8().await?)];
    stream.read_exact(&mut bytes).await?;
    Ok(String::from_utf8(bytes)?)
}
