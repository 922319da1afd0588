//! A real PostgreSQL of a test's own: `initdb` into a temporary directory from the installed binaries, a free port, no
//! fsync (the machine does not lose power in a test). PostgreSQL refuses root, so as root it runs as `postgres`.

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// How long a start or a stop may take.
const LIMIT: Duration = Duration::from_secs(30);

/// A running server; it ends when dropped.
#[derive(Debug)]
pub struct Postgres {
    binaries: PathBuf,
    dir: PathBuf,
    /// Removes the directory, where it is not to be kept.
    _removed: Option<TempDir>,
    settings: &'static [&'static str],
    port: u16,
    server: parking_lot::Mutex<Option<Child>>,
    databases: AtomicU64,
}

impl Postgres {
    /// Makes a cluster and starts it.
    pub async fn start() -> Result<Self> {
        let dir = TempDir::with_prefix("turnpike-pg-")?;
        Self::of(dir.path().to_owned(), Some(dir), &["shared_buffers=64MB"]).await
    }

    /// Starts the cluster in a directory that is kept, with these settings; makes it where there is none.
    pub async fn at(dir: &Path, settings: &'static [&'static str]) -> Result<Self> {
        std::fs::create_dir_all(dir)?;
        Self::of(dir.to_owned(), None, settings).await
    }

    async fn of(dir: PathBuf, removed: Option<TempDir>, settings: &'static [&'static str]) -> Result<Self> {
        let binaries = binaries()?;
        if is_root() {
            let chown = Command::new("chown").arg("postgres").arg(&dir).status().await?;
            ensure!(chown.success(), "chown of the cluster's directory failed");
        }
        if !dir.join("data").exists() {
            let made = as_postgres(&binaries.join("initdb"))
                .args(["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C", "-U", "postgres", "-D"])
                .arg(dir.join("data"))
                .current_dir(&dir)
                .output()
                .await?;
            ensure!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        }
        let this = Self {
            binaries,
            dir,
            _removed: removed,
            settings,
            port: TcpListener::bind("127.0.0.1:0")?.local_addr()?.port(),
            server: parking_lot::Mutex::new(None),
            databases: AtomicU64::new(0),
        };
        this.resume().await?;
        Ok(this)
    }

    /// Starts the server (again) and waits until it answers.
    pub async fn resume(&self) -> Result<()> {
        let log = std::fs::File::options().create(true).append(true).open(self.dir.join("log"))?;
        let child = as_postgres(&self.binaries.join("postgres"))
            .arg("-D")
            .arg(self.dir.join("data"))
            .arg("-k")
            .arg(&self.dir)
            .args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"])
            .args(["-c", "max_connections=200"])
            .args(self.settings.iter().flat_map(|setting| ["-c", *setting]))
            .current_dir(&self.dir)
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        *self.server.lock() = Some(child);
        crate::wait::until("PostgreSQL to answer", LIMIT, async || {
            Ok(self.sql("postgres", "SELECT 1").await.ok().map(|_| ()))
        })
        .await
    }

    /// Stops it at once, as a crash of the server would: connections break, nothing answers on the port.
    pub async fn away(&self) -> Result<()> {
        let child = self.server.lock().take();
        if let Some(mut child) = child {
            signal(child.id(), Signal::QUIT)?;
            tokio::time::timeout(LIMIT, child.wait()).await.context("PostgreSQL did not stop")??;
        }
        Ok(())
    }

    /// Stops the server and its workers in their tracks: connections stay open and nothing is answered.
    pub fn freeze(&self) -> Result<()> {
        self.signal_all(Signal::STOP)
    }

    /// Lets a frozen server go on.
    pub fn thaw(&self) -> Result<()> {
        self.signal_all(Signal::CONT)
    }

    fn signal_all(&self, what: Signal) -> Result<()> {
        let parent = self.server.lock().as_ref().and_then(Child::id).context("PostgreSQL is not running")?;
        let children = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"))?;
        signal(Some(parent), what)?;
        for child in children.split_whitespace() {
            let _ = signal(child.parse().ok(), what);
        }
        Ok(())
    }

    /// Makes an empty database and returns its URL.
    pub async fn database(&self) -> Result<String> {
        let name = format!("t{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}")).await?;
        Ok(self.url(&name))
    }

    /// The URL of a database in it.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Writes everything to its files now.
    pub async fn checkpoint(&self) -> Result<()> {
        self.sql("postgres", "CHECKPOINT").await.map(|_| ())
    }

    /// Where its files are.
    pub fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    async fn sql(&self, database: &str, text: &str) -> Result<String> {
        let port = self.port.to_string();
        let output = Command::new(self.binaries.join("psql"))
            .args(["-h", "127.0.0.1", "-p", &port, "-U", "postgres", "-d", database, "-XAtc", text])
            .output()
            .await?;
        ensure!(output.status.success(), "psql: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = self.thaw();
        let Some(child) = self.server.lock().take() else { return };
        // QUIT, and a bounded wait, so that its own children and shared memory go too.
        if signal(child.id(), Signal::QUIT).is_ok() {
            let gone = self.dir.join("data/postmaster.pid");
            for _ in 0..200 {
                if !gone.exists() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }
}

/// Sends a signal to a process we started.
pub fn signal(id: Option<u32>, what: Signal) -> Result<()> {
    let id = id.context("the process has already ended")?;
    let pid = Pid::from_raw(i32::try_from(id)?).context("no such process id")?;
    Ok(kill_process(pid, what)?)
}

/// Whether this process is root's.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn as_postgres(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
    command
}

/// The folder of the newest installed server, or of `TURNPIKE_TEST_PG_BIN`.
fn binaries() -> Result<PathBuf> {
    if let Some(dir) = std::env::var_os("TURNPIKE_TEST_PG_BIN") {
        return Ok(dir.into());
    }
    let mut found: Vec<(u32, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten() {
        let version = entry.file_name().to_string_lossy().parse().unwrap_or(0);
        found.push((version, entry.path().join("bin")));
    }
    found.retain(|(_, dir)| dir.join("initdb").exists());
    match found.into_iter().max() {
        Some((_, dir)) => Ok(dir),
        None => bail!("no PostgreSQL server is installed; set TURNPIKE_TEST_PG_BIN to the folder of its binaries"),
    }
}
