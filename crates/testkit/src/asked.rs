//! What a person sees of a filled database, asked over HTTP as the console asks: server functions in a session, pages as
//! HTML, the management API's lists and sums. Each is asked several times; the middle one is held to the goal.

use crate::{http::Request, run::figure};
use anyhow::{Context, Result, ensure};
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

/// Somebody signed in.
#[derive(Debug, Clone)]
pub struct Session {
    address: SocketAddr,
    cookie: String,
}

impl Session {
    /// Signs in.
    pub async fn start(address: SocketAddr, email: &str, password: &str) -> Result<Self> {
        let form = format!("email={}&password={password}", email.replace('@', "%40"));
        let request = Request::new("POST", "/fn/sign_in").form(form).header("origin", &format!("http://{address}"));
        let answer = request.send(address).await?;
        let cookie = answer.head.header("set-cookie").with_context(|| format!("no session: {}", answer.text()))?;
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        Ok(Self { address, cookie })
    }

    /// Looks at a tenant from here on.
    pub async fn step_into(&self, tenant: &str) -> Result<()> {
        let request = Request::new("POST", "/fn/step_into").form(format!("tenant={tenant}"));
        let request = request.header("origin", &format!("http://{}", self.address)).header("cookie", &self.cookie);
        let answer = request.send(self.address).await?;
        ensure!(answer.status() < 400, "stepping in: {} {}", answer.status(), answer.text());
        Ok(())
    }

    /// A page or a server function.
    pub fn get(&self, path: &str) -> Request {
        // A server function that is asked for HTML sends its caller back to the page.
        let accept = if path.starts_with("/fn/") { "application/json" } else { "text/html" };
        Request::new("GET", path).header("cookie", &self.cookie).header("accept", accept)
    }
}

/// What is asked, and what it is called in the table.
#[derive(Debug)]
pub struct Ask {
    /// For people.
    pub name: String,
    /// The request.
    pub request: Request,
}

/// How long one of them took.
#[derive(Debug)]
pub struct Took {
    /// What.
    pub name: String,
    /// The middle one.
    pub median: Duration,
    /// The slowest.
    pub worst: Duration,
    /// Bytes of the answer.
    pub bytes: usize,
    /// What was answered, where it was not 200.
    pub refused: Option<String>,
}

impl Took {
    fn kept(&self, goal: Duration) -> bool {
        self.refused.is_none() && self.median <= goal
    }
}

/// Asks each so many times, one after the other.
pub async fn measure(address: SocketAddr, asks: &[Ask], times: usize) -> Result<Vec<Took>> {
    let mut all = Vec::new();
    for ask in asks {
        let (mut taken, mut bytes, mut refused) = (Vec::new(), 0, None);
        for _ in 0..times.max(1) {
            let begun = Instant::now();
            let answer = ask.request.send(address).await?;
            taken.push(begun.elapsed());
            bytes = answer.body.len();
            if answer.status() != 200 {
                let begins: String = answer.text().chars().take(300).collect();
                refused = Some(format!("{} {begins}", answer.status()));
                break;
            }
        }
        taken.sort_unstable();
        let (median, worst) = (taken[taken.len() / 2], taken[taken.len() - 1]);
        all.push(Took { name: ask.name.clone(), median, worst, bytes, refused });
    }
    Ok(all)
}

/// A word for a goal that is kept or not.
pub fn verdict(kept: bool) -> &'static str {
    if kept { "PASS" } else { "FAIL" }
}

/// Prints the table, slowest first; the names of those over the goal.
pub fn table(mut all: Vec<Took>, goal: Duration) -> Vec<String> {
    all.sort_by_key(|took| std::cmp::Reverse(took.median));
    figure(&format!("{:<58} {:>8} {:>8} {:>9}", "", "p50", "max", "KiB"));
    for took in &all {
        let Took { name, median, worst, bytes, refused } = took;
        let ms = |time: &Duration| time.as_secs_f64() * 1_000.0;
        let (p50, max, size) = (ms(median), ms(worst), bytes / 1024);
        let (word, more) = (verdict(took.kept(goal)), refused.as_deref().unwrap_or_default());
        figure(format!("{name:<58} {p50:>5.0} ms {max:>5.0} ms {size:>9}  {word} {more}").trim_end());
    }
    let over: Vec<_> = all.iter().filter(|took| !took.kept(goal)).map(|took| took.name.clone()).collect();
    figure(&format!("{} asked, {} over {} ms", all.len(), over.len(), goal.as_millis()));
    over
}

/// What came of reading a usage file.
#[derive(Debug, Default)]
pub struct File {
    /// To its first byte.
    pub first_byte: Duration,
    /// To its last.
    pub whole: Duration,
    /// Its rows.
    pub rows: u64,
    /// Their sum, in nano-USD.
    pub total: i128,
    /// Resident KiB of the process before, and the most while it was read.
    pub resident: (u64, u64),
}

/// Reads a usage file to its end, keeping none of it.
pub async fn file(address: SocketAddr, request: &Request, pid: u32) -> Result<File> {
    let mut read = File { resident: (resident(pid)?, 0), ..File::default() };
    let begun = Instant::now();
    let mut open = request.open(address).await?;
    ensure!(open.head.status == 200, "usage.csv: {}", open.head.status);
    let (mut rest, mut column, mut pieces) = (Vec::new(), None, 0_u64);
    while let Some(piece) = open.piece().await? {
        if read.first_byte.is_zero() {
            read.first_byte = begun.elapsed();
        }
        rest.extend_from_slice(&piece);
        let end = rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        for line in std::str::from_utf8(&rest[..end])?.lines() {
            let mut cells = line.split(',');
            match column {
                None => column = Some(cells.position(|name| name == "cost_usd").context("no column cost_usd")?),
                Some(column) => {
                    read.total += crate::amount::nano(cells.nth(column).context("a short line")?)?;
                    read.rows += 1;
                }
            }
        }
        rest.drain(..end);
        pieces += 1;
        if pieces % 64 == 0 {
            read.resident.1 = read.resident.1.max(resident(pid)?);
        }
    }
    read.whole = begun.elapsed();
    read.resident.1 = read.resident.1.max(resident(pid)?);
    Ok(read)
}

/// Resident KiB of a process.
fn resident(pid: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse()?)
}
