//! nginx in front of several nodes, as operators put it: passive checks, and no POST is sent twice.

use anyhow::{Context, Result, ensure};
use std::{net::SocketAddr, net::TcpListener, process::Stdio};
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// A running nginx; it ends when dropped.
#[derive(Debug)]
pub struct Front {
    address: SocketAddr,
    dir: TempDir,
    _server: Child,
}

impl Front {
    /// Before these nodes.
    pub async fn before(nodes: &[SocketAddr]) -> Result<Self> {
        let dir = TempDir::with_prefix("turnpike-nginx-")?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let servers: String =
            nodes.iter().map(|node| format!("server {node} max_fails=1 fail_timeout=1s;\n")).collect();
        // `proxy_next_upstream error timeout` without `non_idempotent`: a POST that was sent is not sent again; one whose
        // connection was refused is.
        let configuration = format!(
            "daemon off; master_process off; pid nginx.pid; error_log stderr warn;\n\
             events {{ worker_connections 1024; }}\n\
             http {{\n access_log off; client_body_temp_path .; proxy_temp_path .; fastcgi_temp_path .; uwsgi_temp_path .; scgi_temp_path .;\n\
             upstream nodes {{\n{servers}keepalive 64;\n}}\n\
             server {{ listen {address}; location / {{ proxy_pass http://nodes; proxy_http_version 1.1; proxy_set_header Connection \"\";\n\
             proxy_buffering off; proxy_next_upstream error timeout; proxy_connect_timeout 1s; }} }}\n}}\n"
        );
        std::fs::write(dir.path().join("nginx.conf"), configuration)?;
        let program =
            ["/usr/sbin/nginx", "/usr/local/sbin/nginx"].into_iter().find(|path| std::path::Path::new(path).exists());
        let server = Command::new(program.unwrap_or("nginx"))
            .arg("-p")
            .arg(dir.path())
            .args(["-c", "nginx.conf", "-e", "stderr"])
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(dir.path().join("log"))?)
            .kill_on_drop(true)
            .spawn()
            .context("nginx is not installed: scripts/setup.sh nginx")?;
        let this = Self { address, dir, _server: server };
        crate::wait::until("nginx to answer", std::time::Duration::from_secs(10), async || {
            Ok(crate::http::Request::new("GET", "/healthz")
                .send(address)
                .await
                .ok()
                .filter(|answer| answer.status() == 200))
        })
        .await?;
        ensure!(!nodes.is_empty(), "nginx needs a node");
        Ok(this)
    }

    /// What it complained about.
    pub fn complaints(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}
