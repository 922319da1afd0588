//! nginx as a plain proxy: the floor every gateway is measured against, in the same run on the same core.

use crate::{GATEWAY_CORE, process};
use anyhow::{Context, Result, bail};
use std::{
    net::{SocketAddr, TcpListener},
    process::Stdio,
    time::Duration,
};
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// A running nginx.
#[derive(Debug)]
pub struct Nginx {
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
    _dir: TempDir,
}

impl Nginx {
    /// Starts one process that proxies to `upstream` over kept-alive connections and writes no log.
    pub async fn start(upstream: SocketAddr) -> Result<Self> {
        let dir = TempDir::with_prefix("turnpike-nginx-")?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let path = dir.path().display();
        let config = format!(
            "daemon off; master_process off; worker_processes 1; pid {path}/pid; error_log {path}/error.log crit;
events {{ worker_connections 4096; }}
http {{
  access_log off; tcp_nodelay on; keepalive_requests 1000000000; client_body_buffer_size 64k;
  client_body_temp_path {path}/a; proxy_temp_path {path}/b; fastcgi_temp_path {path}/c;
  uwsgi_temp_path {path}/d; scgi_temp_path {path}/e;
  upstream mock {{ server {upstream}; keepalive 256; keepalive_requests 1000000000; }}
  server {{ listen {address}; location / {{
    proxy_pass http://mock; proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_buffering off; }} }}
}}"
        );
        let file = dir.path().join("nginx.conf");
        std::fs::write(&file, config)?;
        let child = Command::new("taskset")
            .args(["-c", GATEWAY_CORE, program()?, "-p"])
            .arg(dir.path())
            .arg("-c")
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let connect = async || Ok(tokio::net::TcpStream::connect(address).await.ok().map(|_| ()));
        testkit::wait::until("nginx to listen", Duration::from_secs(10), connect).await?;
        Ok(Self { address, child, _dir: dir })
    }

    /// What it has used so far.
    pub fn used(&self) -> Result<process::Used> {
        process::used(self.child.id().context("nginx has ended")?)
    }
}

fn program() -> Result<&'static str> {
    for path in ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx"] {
        if std::path::Path::new(path).exists() {
            return Ok(path);
        }
    }
    bail!("nginx is not installed; the ratios need it in the same run")
}
