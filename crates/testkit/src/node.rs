//! A node under test: the real binary with a data directory of its own, configured by its environment, killed and
//! restarted as a test likes. What it prints goes to a file that stays readable after its death.

use crate::{http::Request, postgres::signal, wait::until};
use anyhow::{Context, Result, anyhow, ensure};
use rustix::process::Signal;
use std::{
    collections::BTreeMap,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{ExitStatus, Output, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// The signal that asks a node to drain and end.
pub const TERM: Signal = Signal::TERM;

/// How long a node may take to be ready when nothing is measured.
const START_LIMIT: Duration = Duration::from_secs(30);

/// Within this a request is in `/usage` after its last byte (contract.md says 1 s; a busy test machine gets more, the
/// figure itself is asserted where it is the subject).
pub const POSTED: Duration = Duration::from_secs(20);

/// A node: its files, its settings and, while it runs, its process.
#[derive(Debug)]
pub struct Node {
    program: PathBuf,
    wrapper: Vec<String>,
    dir: TempDir,
    data: PathBuf,
    address: SocketAddr,
    settings: BTreeMap<String, String>,
    serve: Vec<String>,
    process: Option<Child>,
}

impl Node {
    /// A node of `program` that does not run yet. `database` is a URL, or `None` for SQLite in the data directory.
    pub fn new(program: &str, database: Option<&str>) -> Result<Self> {
        let dir = TempDir::with_prefix("turnpike-node-")?;
        let data = dir.path().join("data");
        std::fs::create_dir(&data)?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut this = Self {
            program: program.into(),
            wrapper: Vec::new(),
            data,
            dir,
            address,
            settings: BTreeMap::new(),
            serve: vec!["serve".to_owned()],
            process: None,
        };
        this.set("SERVER__LISTEN", &address.to_string());
        this.set("EGRESS__ALLOW_PRIVATE", "true");
        // A restart in a test is not behind a load balancer that needs time to notice.
        this.set("RELAY__DRAIN_GRACE_MS", "50");
        if let Some(url) = database {
            this.set("DATABASE__URL", url);
        }
        Ok(this)
    }

    /// Sets `TURNPIKE_<name>` for every process of this node from now on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.settings.insert(format!("TURNPIKE_{name}"), value.to_owned());
    }

    /// The settings of another node, but for where it listens, and its faults.
    pub fn set_as(&mut self, other: &Self) {
        let own = self.settings.clone();
        let new = |name: &str| name.starts_with("TURNPIKE_") && !own.contains_key(name);
        self.settings.extend(other.settings.clone().into_iter().filter(|(name, _)| new(name)));
    }

    /// From its next start on, a build for tests looks for faults to make (`store::faults`) where [`Node::fault`] writes them.
    pub fn with_faults(&mut self) {
        self.settings.insert("FAULT_FILE".to_owned(), self.fault_file().display().to_string());
    }

    /// Whoever passes this point next does this: `error`, `panic`, `kill` or `stall`.
    pub fn fault(&self, point: &str, action: &str) -> Result<()> {
        let taken = self.fault_file().with_extension("taken");
        if taken.exists() {
            std::fs::remove_file(taken)?;
        }
        // Written beside, so that nobody reads half of it.
        let beside = self.fault_file().with_extension("new");
        std::fs::write(&beside, format!("{point} {action}"))?;
        Ok(std::fs::rename(beside, self.fault_file())?)
    }

    /// Whether the last fault has happened.
    pub fn fault_happened(&self) -> bool {
        self.fault_file().with_extension("taken").exists()
    }

    fn fault_file(&self) -> PathBuf {
        self.dir.path().join("fault")
    }

    /// Whether it answers that it admits requests.
    pub async fn is_ready(&self) -> bool {
        Request::new("GET", "/readyz").send(self.address).await.is_ok_and(|answer| answer.status() == 200)
    }

    /// Runs the binary under another program (`taskset -c 0`, `prlimit --fsize=…`).
    pub fn wrap(&mut self, command: &[&str]) {
        self.wrapper = command.iter().map(|word| (*word).to_owned()).collect();
    }

    /// Serves with one more argument (`--quickstart`).
    pub fn serve_with(&mut self, argument: &str) {
        self.serve.push(argument.to_owned());
    }

    /// Uses another data directory than the temporary one.
    pub fn data_at(&mut self, dir: &Path) {
        self.data = dir.to_owned();
    }

    /// Where its data is.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process id while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().and_then(Child::id)
    }

    /// Everything it has printed, over all its lives.
    pub fn printed(&self) -> String {
        let bytes = std::fs::read(self.dir.path().join("printed")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut words = self.wrapper.iter();
        let mut command = match words.next() {
            Some(first) => {
                let mut command = Command::new(first);
                command.args(words).arg(&self.program);
                command
            }
            None => Command::new(&self.program),
        };
        command.args(arguments).env_clear().current_dir(self.dir.path());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("TURNPIKE_DATA_DIR", &self.data).envs(&self.settings).kill_on_drop(true);
        command
    }

    /// Starts it, and waits until it is ready; how long that took.
    pub async fn start(&mut self) -> Result<Duration> {
        let begun = Instant::now();
        let printed = std::fs::File::options().create(true).append(true).open(self.dir.path().join("printed"))?;
        let arguments: Vec<&str> = self.serve.iter().map(String::as_str).collect();
        let child =
            self.command(&arguments).stdin(Stdio::null()).stdout(printed.try_clone()?).stderr(printed).spawn()?;
        self.process = Some(child);
        let address = self.address;
        let process = self.process.as_mut().context("just started")?;
        let ready = until("the node to be ready", START_LIMIT, async || {
            if let Some(status) = process.try_wait()? {
                return Err(anyhow!("the node ended while starting: {status}"));
            }
            Ok(Request::new("GET", "/readyz").send(address).await.ok().filter(|answer| answer.status() == 200))
        })
        .await;
        ready.with_context(|| format!("it printed:\n{}", self.printed()))?;
        Ok(begun.elapsed())
    }

    /// Sends it a signal.
    pub fn signal(&self, what: Signal) -> Result<()> {
        signal(self.pid(), what)
    }

    /// Waits for its end, at most `limit`.
    pub async fn ended(&mut self, limit: Duration) -> Result<ExitStatus> {
        let mut child = self.process.take().context("the node does not run")?;
        Ok(tokio::time::timeout(limit, child.wait()).await.with_context(|| format!("no end within {limit:?}"))??)
    }

    /// `kill -9`, and waits for the end.
    pub async fn kill(&mut self) -> Result<()> {
        self.signal(Signal::KILL)?;
        self.ended(Duration::from_secs(10)).await.map(|_| ())
    }

    /// SIGTERM, and waits for the clean end of draining.
    pub async fn stop(&mut self) -> Result<()> {
        self.signal(Signal::TERM)?;
        let status = self.ended(Duration::from_secs(60)).await.with_context(|| self.printed())?;
        ensure!(status.success(), "ended with {status}:\n{}", self.printed());
        Ok(())
    }

    /// Runs another command of the binary on this node's configuration.
    pub async fn run(&self, arguments: &[&str]) -> Result<Output> {
        Ok(self.command(arguments).stdin(Stdio::null()).output().await?)
    }

    /// A management token, made by the command line.
    pub async fn token(&self) -> Result<String> {
        let output = self.run(&["admin", "token", "--name", "test"]).await?;
        ensure!(output.status.success(), "admin token: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// `turnpike reconcile` (M6): exit 0 and "difference 0".
    pub async fn reconcile(&self) -> Result<String> {
        let output = self.run(&["reconcile"]).await?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success() && text.lines().any(|line| line == "difference 0"),
            "reconcile: {text}{errors}"
        );
        Ok(text)
    }

    /// Waits until every request of this node has ended and is posted: `reconcile`, which reads the journal of the node it
    /// runs on, has nothing pending.
    pub async fn settled(&self) -> Result<()> {
        until("nothing to be pending", POSTED, async || Ok((pending(&self.reconcile().await?) == 0).then_some(())))
            .await
    }
}

/// The requests that a reconciliation names as pending (`pending 3 requests, …`).
fn pending(report: &str) -> u64 {
    let number = |rest: &str| rest.split_whitespace().next().and_then(|word| word.parse::<u64>().ok());
    report.split("pending ").skip(1).filter_map(number).sum()
}
