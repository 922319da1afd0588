//! What each command does. Answers go to standard output, alone; everything else to standard error.

use crate::{
    api,
    cli::{AdminCommand, Cli, Command, ConfigCommand},
    config::{self, Config},
    logging, serve, wiring,
};
use anyhow::Context;
use domain::secret::Password;
use std::{
    io::{self, Read, Write},
    net::SocketAddr,
    process::ExitCode,
};
use store::{
    change::Actor,
    seal::random_secret,
    words::{Email, Name},
};
use tokio::net::TcpListener;

/// Runs a command.
///
/// # Errors
/// What went wrong, for a person.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    // The only place where the process's environment is read.
    let loaded = config::load(cli.config.as_deref(), std::env::vars()).map(|mut config| {
        config.data_dir = cli.data_dir.unwrap_or(config.data_dir);
        config
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match cli.command {
            Command::Config(ConfigCommand::Default) => say(config::DEFAULT.trim_end()),
            Command::Openapi => say(&api::openapi()),
            Command::Sandbox { listen } => run_sandbox(listen).await,
            Command::Config(ConfigCommand::Check) => {
                loaded?;
                say("the configuration is valid")
            }
            Command::Serve(args) => {
                let mut config = loaded?;
                config.server.listen = args.listen.unwrap_or(config.server.listen);
                logging::start(&config.telemetry)?;
                serve::serve(config, args.quickstart).await
            }
            Command::Admin(command) => admin(loaded?, command).await,
            Command::Migrate => {
                wiring::open_store(&loaded?).await?;
                say("the database is up to date")
            }
            Command::Reconcile => return reconcile(&loaded?).await,
        }?;
        Ok(ExitCode::SUCCESS)
    })
}

/// Writes a line to standard output.
///
/// # Errors
/// When nobody reads it any more.
pub fn say(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(io::stdout(), "{text}")?)
}

/// Writes a line to standard error; if that is closed there is nobody to tell.
pub fn say_error(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

async fn run_sandbox(listen: SocketAddr) -> anyhow::Result<()> {
    let listener = TcpListener::bind(listen).await.with_context(|| format!("listening on {listen}"))?;
    say(&format!("sandbox on http://{}", listener.local_addr()?))?;
    let mut stops = crate::signals::Stops::new()?;
    sandbox::serve(listener, async move { stops.next().await }).await;
    Ok(())
}

async fn admin(config: Config, command: AdminCommand) -> anyhow::Result<()> {
    let store = wiring::open_store(&config).await?;
    match command {
        AdminCommand::Create { email, password_stdin } => {
            let email = Email::parse(&email)?;
            let password = if password_stdin { password_from_stdin()? } else { Password::new(random_secret("")?) };
            store.users().create(&Actor::system(), &email, &password, true, None).await?;
            if password_stdin { Ok(()) } else { say(password.expose()) }
        }
        AdminCommand::Token { name, read_only } => {
            let (_, secret) = store.tokens().create(&Actor::system(), &Name::parse("name", &name)?, read_only).await?;
            say(secret.expose())
        }
    }
}

fn password_from_stdin() -> anyhow::Result<Password> {
    let mut text = String::new();
    io::stdin().take(4_096).read_to_string(&mut text)?;
    Ok(Password::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

async fn reconcile(config: &Config) -> anyhow::Result<ExitCode> {
    let db = wiring::connect(config).await?;
    let report = store::reconcile::reconcile(&db, &config.data_dir).await?;
    say(&report.to_string())?;
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
