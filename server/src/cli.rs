//! The command line. Every command reads the same configuration.

use clap::{Args, Parser, Subcommand};
use std::{net::SocketAddr, path::PathBuf};

/// An AI API relay with its console.
#[derive(Debug, Parser)]
#[command(name = "turnpike", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// A TOML file; `turnpike config default` prints every key.
    #[arg(long, global = true, env = "TURNPIKE_CONFIG")]
    pub config: Option<PathBuf>,
    /// Where the journal, the node's id and the SQLite database are; comes before `data_dir`.
    #[arg(long, global = true)]
    pub data_dir: Option<PathBuf>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the relay, the management API and the console.
    Serve(ServeArgs),
    /// Serve the sandbox provider as a process of its own.
    Sandbox {
        /// Where to listen.
        #[arg(long, default_value = "127.0.0.1:8090")]
        listen: SocketAddr,
    },
    /// Make admins and management tokens.
    #[command(subcommand)]
    Admin(AdminCommand),
    /// Bring the database to this version.
    Migrate,
    /// Look at the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print the management API's OpenAPI document.
    Openapi,
    /// Compare journal, usage and ledger: "difference 0", or exit 1 and what differs.
    Reconcile,
}

/// `turnpike serve`
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Where to listen; comes before `server.listen`.
    #[arg(long)]
    pub listen: Option<SocketAddr>,
    /// Make a first tenant with $10, a key and a priced sandbox channel. Only on loopback and in an empty data directory.
    #[arg(long)]
    pub quickstart: bool,
}

/// `turnpike admin …`
#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    /// Make an admin who signs in with a password.
    Create {
        /// Their e-mail address.
        #[arg(long)]
        email: String,
        /// Read the password from standard input; otherwise one is made and printed.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Make a management token and print it, once.
    Token {
        /// What it is for.
        #[arg(long)]
        name: String,
        /// Refuse everything but GET.
        #[arg(long)]
        read_only: bool,
    },
}

/// `turnpike config …`
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check the configuration and say what is wrong with it.
    Check,
    /// Print the commented default.
    Default,
}
