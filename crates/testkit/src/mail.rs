//! A mail server that takes everything and keeps it.

use anyhow::Result;
use parking_lot::Mutex;
use std::{net::SocketAddr, sync::Arc};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::AbortHandle,
};

/// A running one; it ends when dropped.
#[derive(Debug)]
pub struct MailServer {
    address: SocketAddr,
    mails: Arc<Mutex<Vec<String>>>,
    accepting: AbortHandle,
}

impl MailServer {
    /// Starts one.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let mails = Arc::new(Mutex::new(Vec::new()));
        let kept = mails.clone();
        let accepting = async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = serve(stream, &kept).await;
            }
        };
        let accepting = tokio_util::task::TaskTracker::new().spawn(accepting).abort_handle();
        Ok(Self { address, mails, accepting })
    }

    /// Its address, as a client writes it.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// What came, envelope and headers included.
    pub fn mails(&self) -> Vec<String> {
        self.mails.lock().clone()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(stream: TcpStream, mails: &Mutex<Vec<String>>) -> Result<()> {
    let (from, mut to) = stream.into_split();
    let mut lines = BufReader::new(from).lines();
    to.write_all(b"220 testkit\r\n").await?;
    let mut mail = String::new();
    while let Some(line) = lines.next_line().await? {
        let word = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
        mail.push_str(&line);
        mail.push('\n');
        let answer: &[u8] = match word.as_str() {
            "EHLO" | "HELO" => b"250 testkit\r\n",
            "DATA" => {
                to.write_all(b"354 go on\r\n").await?;
                while let Some(line) = lines.next_line().await? {
                    if line == "." {
                        break;
                    }
                    mail.push_str(&line);
                    mail.push('\n');
                }
                mails.lock().push(std::mem::take(&mut mail));
                b"250 taken\r\n"
            }
            "QUIT" => {
                to.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => b"250 ok\r\n",
        };
        to.write_all(answer).await?;
    }
    Ok(())
}
