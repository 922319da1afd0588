//! Closing the door without hitting anybody: a listening socket that is closed resets who is connected already and waits in the
//! kernel's queue, and a load balancer must not send a POST a second time after that. So everybody in the queue is let in first,
//! and nothing is done between finding it empty and closing.

use std::net::SocketAddr;
use tokio::net::{TcpListener, TcpStream};

/// Closes the door; gives who was still waiting at it.
pub fn close(listener: TcpListener) -> Vec<(TcpStream, SocketAddr)> {
    let Ok(listener) = listener.into_std() else { return Vec::new() };
    let mut accepted = Vec::new();
    while let Ok(one) = listener.accept() {
        accepted.push(one);
    }
    drop(listener);
    let connected = |(tcp, peer): (std::net::TcpStream, SocketAddr)| {
        tcp.set_nonblocking(true).ok()?;
        Some((TcpStream::from_std(tcp).ok()?, peer))
    };
    accepted.into_iter().filter_map(connected).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test]
    async fn who_waits_at_the_door_is_let_in_and_who_comes_later_is_refused() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut waiting = TcpStream::connect(address).await.unwrap();
        waiting.write_all(b"hello").await.unwrap();
        let mut let_in = close(listener);
        assert_eq!(let_in.len(), 1);
        let mut read = [0; 5];
        let_in[0].0.read_exact(&mut read).await.unwrap();
        assert_eq!(&read, b"hello");
        assert!(TcpStream::connect(address).await.is_err());
    }
}
