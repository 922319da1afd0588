//! What the console asks of the server, answered by the store: one file an area, as `app::port` has them.

mod alerts;
mod bills;
mod channels;
mod home;
mod import;
mod keys;
mod lines;
mod margin;
mod models;
mod money_back;
mod payments;
mod requests;
mod routing;
mod search;
mod session;
mod tenants;
mod timeline;
mod usage;

use crate::api::{ApiState, problem::Problem};
use app::port::{Author, Failed};
use domain::{ports::Unavailable, views::Listed};
use store::{Actor, Error, Listing, Store};

/// The console's port on this server.
#[derive(Clone)]
pub struct ServerConsole {
    /// The main database.
    pub store: Store,
    /// What the management API works with.
    pub api: ApiState,
    /// How people reach this server, where the configuration says so.
    pub public_url: Option<String>,
}

/// Whatever else the store says, the page can only tell people to try again; the log has the rest.
fn away(error: &Error) {
    tracing::warn!(error = error as &dyn std::error::Error, "the console could not ask the store");
}

fn unavailable(error: Error) -> Unavailable {
    away(&error);
    Unavailable
}

/// What the store says, in the console's words.
fn failed(error: Error) -> Failed {
    match error {
        Error::NotFound(_) => Failed::NotFound,
        Error::Invalid { field, why } => Failed::Invalid { field: field.to_owned(), why: why.into_owned() },
        Error::Conflict(why) => Failed::Conflict(why.into_owned()),
        Error::Insufficient { available } => {
            Failed::Conflict(format!("no more than {available} USD can be taken away right now"))
        }
        Error::IdempotencyMismatch => {
            Failed::Conflict("this form was sent with other values before; load the page again".to_owned())
        }
        other => {
            away(&other);
            Failed::Unavailable
        }
    }
}

/// What the management API would refuse, in the console's words.
fn refused(problem: &Problem) -> Failed {
    match problem.status().as_u16() {
        404 => Failed::NotFound,
        409 => Failed::Conflict(problem.detail().to_owned()),
        500.. => Failed::Unavailable,
        _ => {
            let told = problem.detail().trim_end_matches('.');
            let named = told.strip_prefix("field `").and_then(|rest| rest.split_once("`: "));
            let (field, why) = named.unwrap_or(("The form", told));
            Failed::Invalid { field: field.to_owned(), why: why.to_owned() }
        }
    }
}

/// A page of the store as the console's.
fn listed<T, U>(listing: Listing<T>, line: impl Fn(T) -> U) -> Listed<U> {
    Listed { lines: listing.rows.into_iter().map(line).collect(), next: listing.next_cursor }
}

fn actor(by: Author) -> Actor {
    Actor::user(by.user, Some(by.from))
}

/// A point in time as pages carry it: RFC 3339, UTC.
fn time(us: i64) -> String {
    jiff::Timestamp::from_microsecond(us).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string()
}
