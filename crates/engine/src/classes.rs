//! One table of error classes: whether another candidate is tried, and what is held against the one that failed. Which class an
//! error is of is each dialect's to say (`protocol::error::classify`).

use protocol::error::Class;

/// Whether another candidate is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Another {
    /// The caller gets the answer.
    No,
    /// One of a model that stands in; without one the caller gets the answer.
    StandIn,
    /// At once.
    Yes,
}

/// What is held against whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// Nothing: the upstream is well.
    Nothing,
    /// It counts in the breaker of credential and model.
    Breaker,
    /// Credential and model cool until the reset.
    Cooldown,
    /// The credential, whatever the model: left alone after one, off after two.
    Credential,
    /// The model on that credential is not asked for.
    Model,
}

/// One row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Of which class.
    pub class: Class,
    /// Its word in records, events and the API.
    pub word: &'static str,
    /// Whether another is tried.
    pub another: Another,
    /// What is held against it.
    pub blame: Blame,
}

const fn row(class: Class, word: &'static str, another: Another, blame: Blame) -> Row {
    Row { class, word, another, blame }
}

/// The table.
pub const TABLE: [Row; 7] = [
    row(Class::Caller, "caller", Another::No, Blame::Nothing),
    row(Class::ContextLength, "context_length", Another::StandIn, Blame::Nothing),
    row(Class::Credential, "credential", Another::Yes, Blame::Credential),
    row(Class::Rate, "rate", Another::Yes, Blame::Cooldown),
    row(Class::Transient, "transient", Another::Yes, Blame::Breaker),
    row(Class::ModelMissing, "model_missing", Another::Yes, Blame::Model),
    row(Class::Policy, "policy", Another::No, Blame::Nothing),
];

/// A class's row.
pub fn of(class: Class) -> &'static Row {
    const OTHER: &Row = &row(Class::Transient, "transient", Another::Yes, Blame::Breaker);
    TABLE.iter().find(|row| row.class == class).unwrap_or(OTHER)
}
