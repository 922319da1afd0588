//! The `turnpike` binary: an AI API relay with its console. This file reads the command line; `serve` wires the server.

mod api;
mod app;
mod billing;
mod cli;
mod commands;
mod config;
#[cfg(feature = "console")]
mod console;
mod drain;
mod egress;
mod gateway;
mod import;
mod in_array;
mod listener;
mod logging;
mod origin;
mod payments;
mod probes;
mod quickstart;
mod responses;
mod selling;
mod serve;
mod signals;
mod telemetry;
mod upstream;
mod watch;
mod web;
mod wiring;

use clap::Parser;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match commands::run(cli) {
        Ok(code) => code,
        Err(error) => {
            commands::say_error(&format!("turnpike: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
