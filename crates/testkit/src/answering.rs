//! An HTTP server on loopback whose answers a function makes from the request: for stand-ins that keep a state.

use crate::upstream::{Play, Seen, perform, read_request};
use anyhow::Result;
use bytes::BytesMut;
use std::{net::SocketAddr, sync::Arc};
use tokio::{
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
};

/// A running one; it ends when dropped.
#[derive(Debug)]
pub struct Answering {
    address: SocketAddr,
    accepting: AbortHandle,
}

impl Answering {
    /// Starts one that answers by `answer`, which is given its address too.
    pub async fn start(answer: impl Fn(SocketAddr, &Seen) -> Play + Send + Sync + 'static) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let answer = Arc::new(answer);
        let accepting = async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let answer = answer.clone();
                connections.spawn(async move { serve(stream, |seen| answer(address, seen)).await });
                while connections.try_join_next().is_some() {}
            }
        };
        let accepting = tokio_util::task::TaskTracker::new().spawn(accepting).abort_handle();
        Ok(Self { address, accepting })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(mut stream: TcpStream, answer: impl Fn(&Seen) -> Play) -> Result<()> {
    let _ = stream.set_nodelay(true);
    let mut buffer = BytesMut::with_capacity(8 * 1024);
    while let Some(seen) = read_request(&mut stream, &mut buffer).await? {
        if !perform(&mut stream, &answer(&seen)).await? {
            return Ok(());
        }
    }
    Ok(())
}

/// `application/x-www-form-urlencoded`, read and written by hand so that nobody's library is also its judge.
pub mod form {
    /// Reads names and values.
    pub fn read(text: &str) -> Vec<(String, String)> {
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (plain(name), plain(value))
        };
        text.split('&').filter(|pair| !pair.is_empty()).map(pair).collect()
    }

    /// Writes names and values.
    pub fn write(pairs: &[(String, String)]) -> String {
        let all: Vec<String> = pairs.iter().map(|(name, value)| format!("{}={}", coded(name), coded(value))).collect();
        all.join("&")
    }

    fn plain(text: &str) -> String {
        let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
        while let Some((first, after)) = rest.split_first() {
            let code = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
            let code = code.filter(|_| *first == b'%').and_then(|two| u8::from_str_radix(two, 16).ok());
            bytes.push(code.unwrap_or(if *first == b'+' { b' ' } else { *first }));
            rest = after.get(if code.is_some() { 2 } else { 0 }..).unwrap_or_default();
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn coded(text: &str) -> String {
        let code = |byte: u8| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        };
        text.bytes().map(code).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::form;

    #[test]
    fn a_form_is_read_as_it_is_written() {
        let pairs =
            vec![("line_items[0][name]".to_owned(), "Credit of 1 USD & 5 %".to_owned()), ("é".into(), "".into())];
        assert_eq!(form::read(&form::write(&pairs)), pairs);
        assert_eq!(form::read("a=1+2&b"), vec![("a".to_owned(), "1 2".to_owned()), ("b".into(), String::new())]);
    }
}
