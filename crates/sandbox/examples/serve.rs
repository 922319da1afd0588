//! Serves the sandbox alone on a port of the loopback, for suites that run against it without a relay.

use std::io::Write as _;
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let listener = TcpListener::bind(address).await?;
    writeln!(std::io::stdout(), "http://{}", listener.local_addr()?)?;
    sandbox::serve(listener, std::future::pending()).await;
    Ok(())
}
