//! Named places where money changes hands, at which tests make things go wrong: an error, a panic, a death of the process, a
//! stall. Only in builds with the feature `faults`, which only tests switch on: the release binary has none of this
//! (`scripts/build.sh` looks).
//!
//! A test that runs the whole binary names a file in `FAULT_FILE`. Whoever reaches the point written there renames the file
//! (so that it happens once, and the test sees that it did) and does what it says. A test in this process sets
//! [`Point::sometimes_fails`].

use domain::ports::{HoldRefused, JournalFailed};
use std::{
    io,
    path::PathBuf,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

/// By this the release build is searched for fault points.
const MARK: &str = "turnpike was built with fault points";
/// How long a stall lasts, unless the file says otherwise.
const STALL: Duration = Duration::from_secs(3);

macro_rules! points {
    ($($(#[doc = $doc:literal])+ $point:ident $name:literal,)+) => {
        /// A place where something may go wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Point { $($(#[doc = $doc])+ $point,)+ }

        impl Point {
            /// All there are.
            pub const ALL: &[Self] = &[$(Self::$point,)+];

            /// As the control file names it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$point => $name,)+ }
            }
        }
    };
}

points! {
    /// Money is taken from the lease, its `open` record not queued.
    HoldBeforeOpen "hold.before_open",
    /// The `open` record is queued, the hold not given.
    HoldAfterOpen "hold.after_open",
    /// A request ended; nothing of that is queued.
    SettleBeforeRecord "settle.before_record",
    /// Its end is written; the caller has not seen the end of the answer.
    SettleAfterRecord "settle.after_record",
    /// The journal's writer has taken records over and not written them.
    JournalBeforeWrite "journal.before_write",
    /// They are written and not synced.
    JournalBeforeSync "journal.before_sync",
    /// They are as durable as they have to be, and nobody was told.
    JournalBeforeAnswer "journal.before_answer",
    /// A segment is full, the next one not begun.
    JournalRollOver "journal.roll_over",
    /// The drain has read a batch.
    DrainBeforeBegin "drain.before_begin",
    /// Its transaction is open and empty.
    DrainAfterBegin "drain.after_begin",
    /// Usage rows are in it, nothing else.
    DrainAfterRows "drain.after_rows",
    /// All of it is in it.
    DrainBeforeCommit "drain.before_commit",
    /// It is committed, and this node does not know.
    DrainAfterCommit "drain.after_commit",
    /// A segment is posted to its end and not put away.
    SegmentComplete "segment.complete",
    /// Money is drawn from a wallet in a transaction that is open.
    DrawBeforeCommit "draw.before_commit",
    /// That is committed, and this node does not know.
    DrawAfterCommit "draw.after_commit",
    /// Money is given back in a transaction that is open.
    ReturnBeforeCommit "return.before_commit",
    /// That is committed, and this node does not know.
    ReturnAfterCommit "return.after_commit",
    /// Leases are renewed in a transaction that is open.
    RenewBeforeCommit "renew.before_commit",
    /// That is committed, and this node does not know.
    RenewAfterCommit "renew.after_commit",
    /// A start of this node is about to read where an earlier one had got to.
    ReplayBeforeRead "replay.before_read",
    /// It has worked out the ends of the requests that died, and posted none.
    ReplayBeforePost "replay.before_post",
    /// A dead epoch's lease is closed in a transaction that is open.
    CloseBeforeCommit "close.before_commit",
    /// That is committed.
    CloseAfterCommit "close.after_commit",
}

/// What goes wrong at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The step answers with its error.
    Error,
    /// The task or thread panics.
    Panic,
    /// The process dies at once.
    Kill,
    /// Nothing happens for so long.
    Stall(Duration),
}

impl Action {
    fn parse(text: &str) -> Option<Self> {
        match text.split_once(' ').unwrap_or((text, "")) {
            ("error", _) => Some(Self::Error),
            ("panic", _) => Some(Self::Panic),
            ("kill", _) => Some(Self::Kill),
            ("stall", ms) => Some(Self::Stall(ms.parse().map_or(STALL, Duration::from_millis))),
            _ => None,
        }
    }
}

/// The error of a step that was told to fail.
#[derive(Debug, Clone, Copy)]
pub struct Fault(Point);

impl From<Fault> for crate::Error {
    fn from(_: Fault) -> Self {
        Self::Unavailable(None)
    }
}

impl From<Fault> for io::Error {
    fn from(fault: Fault) -> Self {
        Self::other(fault.0.name())
    }
}

impl From<Fault> for HoldRefused {
    fn from(_: Fault) -> Self {
        Self::JournalFull
    }
}

impl From<Fault> for JournalFailed {
    fn from(_: Fault) -> Self {
        Self
    }
}

/// For each point, how many passes there are to a failed one; 0: none fails.
static CHANCES: [AtomicU32; Point::ALL.len()] = [const { AtomicU32::new(0) }; Point::ALL.len()];

impl Point {
    /// From now on about one pass in `passes` fails with an error, in this process; 0: none.
    pub fn sometimes_fails(self, passes: u32) {
        if let Some(chance) = CHANCES.get(self as usize) {
            chance.store(passes, Ordering::Relaxed);
        }
    }

    /// What is to happen here and now, if anything.
    fn action(self) -> Option<Action> {
        let passes = CHANCES.get(self as usize).map_or(0, |chance| chance.load(Ordering::Relaxed));
        if passes > 0 && rand::random_range(0..passes) == 0 {
            return Some(Action::Error);
        }
        let path = control()?;
        let text = std::fs::read_to_string(path).ok()?;
        let (point, action) = text.trim().split_once(' ')?;
        if point != self.name() {
            return None;
        }
        let action = Action::parse(action)?;
        // One of those who are here at the same time succeeds.
        std::fs::rename(path, path.with_extension("taken")).ok()?;
        tracing::warn!(point, ?action, "{MARK}");
        Some(action)
    }

    /// Passes this point.
    ///
    /// # Errors
    /// When it is told to.
    pub async fn pass(self) -> Result<(), Fault> {
        match self.action() {
            Some(Action::Stall(time)) => {
                tokio::time::sleep(time).await;
                Ok(())
            }
            other => self.at_once(other),
        }
    }

    /// The same on a thread of its own.
    ///
    /// # Errors
    /// When it is told to.
    pub fn pass_on_thread(self) -> Result<(), Fault> {
        match self.action() {
            Some(Action::Stall(time)) => {
                std::thread::sleep(time);
                Ok(())
            }
            other => self.at_once(other),
        }
    }

    #[expect(clippy::panic, reason = "what it is for")]
    fn at_once(self, action: Option<Action>) -> Result<(), Fault> {
        match action {
            Some(Action::Error) => Err(Fault(self)),
            Some(Action::Panic) => panic!("{}", self.name()),
            Some(Action::Kill) => die(),
            Some(Action::Stall(_)) | None => Ok(()),
        }
    }
}

/// As `kill -9`: an abort would write its memory to a file first, which takes seconds.
fn die() -> ! {
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    std::process::abort()
}

#[expect(clippy::disallowed_methods, reason = "no setting of the server: it is there in builds of tests only")]
fn control() -> Option<&'static PathBuf> {
    static FILE: OnceLock<Option<PathBuf>> = OnceLock::new();
    FILE.get_or_init(|| std::env::var_os("FAULT_FILE").map(PathBuf::from)).as_ref()
}
