//! L1: sockets that hold a server up: silent ones, heads that come byte by byte, bodies that come byte by byte. Each
//! waits for the server to end it and notes how long that took.

use anyhow::{Context, Result};
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

/// Between two bytes of a dribbler.
const DRIBBLE: Duration = Duration::from_secs(1);
/// When we stop waiting to be ended.
const PATIENCE: Duration = Duration::from_secs(40);

/// How a socket is slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Connects and says nothing.
    Silent,
    /// Sends its head a byte at a time.
    Head,
    /// Sends its head, then its body a byte at a time.
    Body,
}

/// Opens `count` slow sockets, a third each way; the time until the server had ended the last of each way.
pub async fn sockets(to: SocketAddr, secret: &str, count: usize) -> Result<Vec<(Way, Duration)>> {
    let mut all = JoinSet::new();
    for number in 0..count {
        let way = [Way::Silent, Way::Head, Way::Body][number % 3];
        let secret = secret.to_owned();
        // One after the other: a burst over the listen queue would leave sockets that only we believe connected.
        let stream = TcpStream::connect(to).await.context("a slow socket could not connect")?;
        // Spread over the time between two bytes: sockets of a thousand callers do not beat in time.
        let first = DRIBBLE.mul_f64(number as f64 / count as f64);
        all.spawn(async move { anyhow::Ok((way, one(stream, &secret, way, first).await?)) });
    }
    let mut ended = Vec::new();
    while let Some(one) = all.join_next().await {
        ended.push(one??);
    }
    Ok(ended)
}

async fn one(stream: TcpStream, secret: &str, way: Way, first: Duration) -> Result<Duration> {
    stream.set_nodelay(true)?;
    let begun = Instant::now();
    let (mut reading, mut writing) = stream.into_split();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {secret}\r\ncontent-type: application/json\r\n\
         content-length: 100000\r\n\r\n"
    );
    let dribble = async {
        let dribbled: &[u8] = match way {
            Way::Silent => &[],
            Way::Head => head.as_bytes(),
            Way::Body => {
                writing.write_all(head.as_bytes()).await?;
                &[b' '; 1_000]
            }
        };
        tokio::time::sleep(first).await;
        for byte in dribbled.chunks(1) {
            writing.write_all(byte).await?;
            tokio::time::sleep(DRIBBLE).await;
        }
        std::future::pending::<std::io::Result<()>>().await
    };
    let ended = async {
        let mut answer = [0; 4096];
        while reading.read(&mut answer).await.is_ok_and(|read| read > 0) {}
    };
    tokio::select! {
        () = ended => {}
        // A write that fails says the same: the server has ended it.
        _ = dribble => {}
        () = tokio::time::sleep(PATIENCE) => {}
    }
    Ok(begun.elapsed())
}

/// Lets this process hold as many sockets as the system allows.
pub fn raise_file_limit() -> Result<()> {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    Ok(setrlimit(Resource::Nofile, limit)?)
}
