//! A proxy between a node and a server that it depends on, which can break or slow the way.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What the proxy does with connections, those that are open included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Bytes pass.
    Open,
    /// Every piece of bytes waits so long.
    Slow(Duration),
    /// Connections are taken, and no byte passes.
    Silent,
    /// Connections are ended.
    Cut,
}

/// A proxy on loopback. It ends when it is dropped.
pub struct Proxy {
    address: SocketAddr,
    way: Arc<watch::Sender<Way>>,
    serving: JoinHandle<()>,
}

impl Proxy {
    /// A proxy before a server.
    pub async fn before(server: SocketAddr) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let way = Arc::new(watch::Sender::new(Way::Open));
        let ways = way.clone();
        let serving = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *ways.borrow() == Way::Cut {
                    continue;
                }
                let Ok(server) = TcpStream::connect(server).await else { continue };
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                tokio::spawn(pass(from_client, to_server, ways.subscribe()));
                tokio::spawn(pass(from_server, to_client, ways.subscribe()));
            }
        });
        Proxy { address, way, serving }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes what it does.
    pub fn set(&self, way: Way) {
        self.way.send_replace(way);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.set(Way::Cut);
        self.serving.abort();
    }
}

async fn pass(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    mut way: watch::Receiver<Way>,
) {
    let mut bytes = vec![0_u8; 64 << 10];
    loop {
        let read = tokio::select! {
            read = from.read(&mut bytes) => read,
            _ = way.wait_for(|way| *way == Way::Cut) => return,
        };
        let Ok(many @ 1..) = read else { return };
        let now = *way.borrow();
        match now {
            Way::Open => {}
            Way::Slow(pause) => tokio::time::sleep(pause).await,
            Way::Silent => {
                if way.wait_for(|way| *way != Way::Silent).await.is_err() {
                    return;
                }
            }
            Way::Cut => return,
        }
        if to.write_all(&bytes[..many]).await.is_err() {
            return;
        }
    }
}
