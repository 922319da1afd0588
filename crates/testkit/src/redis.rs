//! A real Redis of a test's own, from the installed binary, on a free port, that keeps nothing on disk.

use crate::{postgres::signal, wait::until};
use anyhow::{Context, Result};
use rustix::process::Signal;
use std::{net::TcpListener, process::Stdio, time::Duration};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::{Child, Command},
};

const LIMIT: Duration = Duration::from_secs(20);

/// A running server; it ends when dropped.
#[derive(Debug)]
pub struct Redis {
    dir: TempDir,
    port: u16,
    server: Option<Child>,
}

impl Redis {
    /// Starts one.
    pub async fn start() -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut this = Self { dir: TempDir::with_prefix("turnpike-redis-")?, port, server: None };
        this.resume().await?;
        Ok(this)
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Starts it (again), empty, and waits until it answers.
    pub async fn resume(&mut self) -> Result<()> {
        let child = Command::new("redis-server")
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .current_dir(self.dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("redis-server is not installed: scripts/setup.sh redis")?;
        self.server = Some(child);
        until("Redis to answer", LIMIT, async || Ok(self.ping().await.ok())).await
    }

    async fn ping(&self) -> Result<()> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
        stream.write_all(b"PING\r\n").await?;
        let mut answer = [0; 7];
        stream.read_exact(&mut answer).await?;
        anyhow::ensure!(&answer == b"+PONG\r\n");
        Ok(())
    }

    /// Kills it: connections break, nothing answers on the port.
    pub async fn away(&mut self) -> Result<()> {
        if let Some(mut child) = self.server.take() {
            signal(child.id(), Signal::KILL)?;
            child.wait().await?;
        }
        Ok(())
    }
}
