//! A way to the database that can fall silent: connections stay open, and nothing passes, as when a network is cut or a
//! server is stopped in its tracks.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf},
    sync::watch,
};
use tokio_util::task::TaskTracker;

/// The way. It ends with the test's runtime.
pub struct Silence {
    /// Where to connect.
    pub port: u16,
    silent: watch::Sender<bool>,
    _tasks: TaskTracker,
}

impl Silence {
    /// A way to this port of this machine.
    pub async fn before(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap().port();
        let (silent, listens) = watch::channel(false);
        let tasks = TaskTracker::new();
        let carriers = tasks.clone();
        tasks.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
                carriers.spawn(carry(from_client, to_server, listens.clone()));
                carriers.spawn(carry(from_server, to_client, listens.clone()));
            }
        });
        Self { port: own, silent, _tasks: tasks }
    }

    /// Falls silent, or speaks again.
    pub fn set(&self, silent: bool) {
        self.silent.send_replace(silent);
    }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut silent: watch::Receiver<bool>) {
    let mut buffer = [0; 8192];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if silent.wait_for(|silent| !silent).await.is_err() || to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
