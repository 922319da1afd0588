//! Limits that several nodes count together. What counts them is a port; while it is away each node counts for itself.

use crate::channel::Limits;
use std::{future::Future, pin::Pin, time::Duration};

/// What is left of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// In a minute.
    pub limit: u32,
    /// Now.
    pub remaining: u32,
    /// Until the whole of it is there again.
    pub reset: Duration,
}

/// What one subject is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Whose: a word that is the same on every node.
    pub subject: String,
    /// Its limits.
    pub limits: Limits,
    /// Tokens counted up front.
    pub tokens: u64,
}

/// Which limit was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Met {
    /// Requests a minute; there is room after this.
    Requests(Duration),
    /// Tokens a minute; `None`: the request alone is more than the limit.
    Tokens(Option<Duration>),
    /// Requests at once.
    AtOnce,
}

/// Why nothing was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotTaken {
    /// The subject at this place is over a limit.
    Met(usize, Met),
    /// It cannot be asked.
    Away,
}

/// What was taken of every subject, all or nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// What is left, of requests and of tokens, by subject.
    pub left: Vec<[Option<Left>; 2]>,
    /// Places at once, to be given back: the subject and the place's name.
    pub places: Vec<(String, String)>,
}

/// An answer that is waited for.
pub type Waiting<'a> = Pin<Box<dyn Future<Output = Result<Taken, NotTaken>> + Send + 'a>>;

/// Counts for all nodes.
pub trait SharedLimits: std::fmt::Debug + Send + Sync + 'static {
    /// Takes of every subject, or of none.
    fn take<'a>(&'a self, wanted: &'a [Wanted]) -> Waiting<'a>;

    /// Tokens that were used beyond what was counted up front. Not waited for.
    fn owe(&self, wanted: &Wanted, tokens: u64);

    /// A place is given back. Not waited for.
    fn leave(&self, subject: &str, place: &str);
}
