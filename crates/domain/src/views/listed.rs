//! One page of a list that the server draws.

/// The page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// The newest first.
    pub lines: Vec<T>,
    /// What the page after it is asked with; `None`: there is none.
    pub next: Option<String>,
}
