//! S3: addresses an admin may be tricked into, or a thief may choose, and a trap that counts whoever comes.

use anyhow::Result;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tokio::{net::TcpListener, task::AbortHandle};

/// Listeners on every address of this machine, IPv4 and IPv6, at one port.
#[derive(Debug)]
pub struct Trap {
    port: u16,
    connections: Arc<AtomicU64>,
    listening: Vec<AbortHandle>,
}

impl Trap {
    /// Sets it.
    pub async fn set() -> Result<Self> {
        let first = TcpListener::bind("0.0.0.0:0").await?;
        let port = first.local_addr()?.port();
        let mut listeners = vec![first];
        // Where the machine has no IPv6 there is nothing to listen on, and nothing to be reached.
        listeners.extend(TcpListener::bind(("::1", port)).await.ok());
        let connections = Arc::new(AtomicU64::new(0));
        let tracker = tokio_util::task::TaskTracker::new();
        let listening = listeners.into_iter().map(|listener| {
            let connections = connections.clone();
            let accept = async move {
                while listener.accept().await.is_ok() {
                    connections.fetch_add(1, Ordering::SeqCst);
                }
            };
            tracker.spawn(accept).abort_handle()
        });
        Ok(Self { port, listening: listening.collect(), connections })
    }

    /// The port it listens at.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Who came.
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Trap {
    fn drop(&mut self) {
        self.listening.iter().for_each(AbortHandle::abort);
    }
}

/// Hosts that are this machine or its surroundings, in every spelling a URL parser or a resolver may take.
const HOSTS: [&str; 46] = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "2130706433",
    "0x7f000001",
    "0x7f.0x0.0x0.0x1",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.1.",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "foo.localhost",
    "ip6-localhost",
    "ip6-loopback",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "0.0.0.0",
    "0",
    "[::]",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "%31%32%37.0.0.1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "100.64.0.1",
    "192.0.0.1",
    "198.18.0.1",
    "169.254.169.254",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "[fe80::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "metadata.google.internal",
    "metadata",
    "vm.local",
];

/// At least 60 base URLs that must not be connected to; those that can reach this machine lead to `port`.
pub fn urls(port: u16) -> Vec<String> {
    let mut urls: Vec<String> = HOSTS.iter().map(|host| format!("http://{host}:{port}/v1")).collect();
    if let Ok(name) = std::fs::read_to_string("/etc/hostname") {
        urls.push(format!("http://{}:{port}/v1", name.trim()));
    }
    urls.extend([
        format!("https://127.0.0.1:{port}/v1"),
        format!("http://user:password@127.0.0.1:{port}/v1"),
        format!("http://api.openai.com@127.0.0.1:{port}/v1"),
        format!("http://127.0.0.1:{port}#@api.openai.com/v1"),
        format!("http://127.0.0.1:{port}?api.openai.com/v1"),
        format!("http://127.0.0.1:{port}\\@api.openai.com/v1"),
        format!("http:/127.0.0.1:{port}/v1"),
        format!("http:127.0.0.1:{port}/v1"),
        format!("//127.0.0.1:{port}/v1"),
        format!("127.0.0.1:{port}/v1"),
        format!(" http://127.0.0.1:{port}/v1"),
        format!("http://127.0.0.1:{port}/v1\r\nhost: api.openai.com"),
        format!("ht\ttp://127.0.0.1:{port}/v1"),
        format!("gopher://127.0.0.1:{port}/"),
        format!("ftp://127.0.0.1:{port}/"),
        format!("unix:/127.0.0.1:{port}"),
        "file:///etc/passwd".to_owned(),
        "http://".to_owned(),
        "http:///v1".to_owned(),
    ]);
    urls
}
