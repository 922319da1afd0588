//! A chaos proxy: stands before an upstream, a PostgreSQL or a Redis, passes bytes on, and breaks what goes through it as it is
//! told, at any moment.

use anyhow::{Context, Result};
use parking_lot::Mutex;
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{AbortHandle, JoinSet},
};

/// What happens to what goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// Nothing.
    Fair,
    /// Connections are reset, new ones at once.
    Reset,
    /// Bytes are taken and none is given; new connections are accepted.
    BlackHole,
    /// Nothing moves until the weather changes.
    Stall,
    /// So many bytes a second, each way.
    Throttle(u32),
    /// Each answer ends after so many bytes.
    CutAfter(u64),
}

/// A running proxy; it ends when dropped, with all its connections.
#[derive(Debug)]
pub struct Chaos {
    address: SocketAddr,
    weather: watch::Sender<Weather>,
    connections: Arc<AtomicU64>,
    target: Arc<Mutex<SocketAddr>>,
    accepting: AbortHandle,
}

impl Chaos {
    /// Before this address.
    pub async fn before(target: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (weather, seen) = watch::channel(Weather::Fair);
        let (connections, target) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(target)));
        let accepting = accept(listener, seen, connections.clone(), target.clone());
        let accepting = tokio_util::task::TaskTracker::new().spawn(accepting).abort_handle();
        Ok(Self { address, weather, connections, target, accepting })
    }

    /// Before the PostgreSQL of this URL, and the URL that leads through it.
    pub async fn before_postgres(url: &str) -> Result<(Self, String)> {
        let (scheme, rest) = url.split_once("://").context("no scheme")?;
        let (user, rest) = rest.split_once('@').context("no user")?;
        let (host, database) = rest.split_once('/').context("no database")?;
        let target = host.replace("localhost", "127.0.0.1").parse().with_context(|| format!("no address in {url}"))?;
        let chaos = Self::before(target).await?;
        let through = format!("{scheme}://{user}@{}/{database}", chaos.address());
        Ok((chaos, through))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on, for running connections too.
    pub fn weather(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }

    /// How many connections came.
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::SeqCst)
    }

    /// New connections go there.
    pub fn target(&self, target: SocketAddr) {
        *self.target.lock() = target;
    }
}

impl Drop for Chaos {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(
    listener: TcpListener,
    weather: watch::Receiver<Weather>,
    count: Arc<AtomicU64>,
    target: Arc<Mutex<SocketAddr>>,
) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        count.fetch_add(1, Ordering::SeqCst);
        let (weather, target) = (weather.clone(), *target.lock());
        connections.spawn(async move {
            let _ = carry(client, target, weather).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn carry(client: TcpStream, target: SocketAddr, mut weather: watch::Receiver<Weather>) -> Result<()> {
    if *weather.borrow() == Weather::Reset {
        client.set_zero_linger()?;
        return Ok(());
    }
    let server = TcpStream::connect(target).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let (up, down) = (weather.clone(), weather.clone());
    let reset = async {
        // A sender that is gone changes nothing any more.
        if weather.wait_for(|weather| *weather == Weather::Reset).await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let done = tokio::select! {
        () = reset => false,
        _ = pass(&mut from_client, &mut to_server, up, false) => true,
        _ = pass(&mut from_server, &mut to_client, down, true) => true,
    };
    let client = to_client.reunite(from_client)?;
    if !done {
        client.set_zero_linger()?;
    }
    Ok(())
}

async fn pass(
    from: &mut (impl AsyncReadExt + Unpin),
    to: &mut (impl AsyncWriteExt + Unpin),
    mut weather: watch::Receiver<Weather>,
    answers: bool,
) -> Result<()> {
    let mut buffer = [0; 16 << 10];
    let mut passed = 0;
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return Ok(to.shutdown().await?);
        }
        let mut bytes = buffer.get(..read).unwrap_or_default();
        weather.wait_for(|weather| *weather != Weather::Stall).await?;
        let now = *weather.borrow();
        match now {
            Weather::BlackHole => continue,
            Weather::CutAfter(most) if answers => {
                let left = usize::try_from(most.saturating_sub(passed)).unwrap_or(usize::MAX);
                if left < bytes.len() {
                    to.write_all(bytes.get(..left).unwrap_or_default()).await?;
                    return Ok(to.shutdown().await?);
                }
            }
            Weather::Throttle(rate) => {
                // A tenth of a second's worth at a time.
                for piece in bytes.chunks((rate as usize / 10).max(1)) {
                    to.write_all(piece).await?;
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                bytes = &[];
            }
            _ => {}
        }
        passed += bytes.len() as u64;
        to.write_all(bytes).await?;
    }
}
