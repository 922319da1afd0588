//! How a test of a running node is run: on a runtime of its own, one at a time. Two storms at once on a small machine
//! would measure each other, so the tests of one program take turns.

use anyhow::Result;
use std::{
    future::Future,
    io::Write,
    sync::{Mutex, OnceLock},
};

static TURN: Mutex<()> = Mutex::new(());

/// Runs one test when its turn has come.
pub fn alone(test: impl Future<Output = Result<()>>) -> Result<()> {
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(test)
}

/// The binary under test: the one cargo built, unless `TURNPIKE_BIN` names another (a release build, an installed one).
pub fn program(built: &'static str) -> &'static str {
    static OTHER: OnceLock<Option<String>> = OnceLock::new();
    OTHER.get_or_init(|| std::env::var("TURNPIKE_BIN").ok()).as_deref().unwrap_or(built)
}

/// Prints a figure where it is seen even when the test passes.
pub fn figure(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "    {text}");
}

/// Makes each `async fn(program, Kind) -> Result<()>` a test on SQLite and one on PostgreSQL.
#[macro_export]
macro_rules! on_both_databases {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(#[test]
            fn $test() -> $crate::Result<()> {
                $crate::run::alone(super::$test($crate::run::program(env!("CARGO_BIN_EXE_turnpike")), $crate::database::Kind::Sqlite))
            })*
        }
        mod postgres {
            $(#[test]
            fn $test() -> $crate::Result<()> {
                $crate::run::alone(super::$test($crate::run::program(env!("CARGO_BIN_EXE_turnpike")), $crate::database::Kind::Postgres))
            })*
        }
    };
}

/// Makes each `async fn(program) -> Result<()>` a test.
#[macro_export]
macro_rules! on_a_node {
    ($($test:ident),* $(,)?) => {
        mod node {
            $(#[test]
            fn $test() -> $crate::Result<()> {
                $crate::run::alone(super::$test($crate::run::program(env!("CARGO_BIN_EXE_turnpike"))))
            })*
        }
    };
}
