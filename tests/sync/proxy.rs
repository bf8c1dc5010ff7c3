//! A bad road: stands between a station and headquarters, reads whole HTTP messages, and loses, doubles, delays, cuts or
//! damages them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What happens to one request and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    /// The request never arrives.
    LoseRequest,
    /// The request arrives, the answer does not.
    LoseAnswer,
    /// The request breaks off on its way.
    CutRequest,
    /// The answer breaks off on its way.
    CutAnswer,
    /// One bit of the body turns over on the way there.
    FlipRequest,
    /// One bit of the body turns over on the way back.
    FlipAnswer,
    /// The request arrives twice.
    Twice,
    /// The request arrives now, and once more long after its answer.
    AgainLater,
    Slow,
}

impl Fault {
    pub const ALL: [Self; 10] = [
        Self::None,
        Self::LoseRequest,
        Self::LoseAnswer,
        Self::CutRequest,
        Self::CutAnswer,
        Self::FlipRequest,
        Self::FlipAnswer,
        Self::Twice,
        Self::AgainLater,
        Self::Slow,
    ];
}

/// Decides the fate of the next request.
pub type Fate = Arc<Mutex<dyn FnMut() -> Fault + Send>>;

/// Starts the road to `upstream`; gives its address. It ends with the test's runtime.
pub async fn road(upstream: String, fate: Fate) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(carry(stream, upstream.clone(), Arc::clone(&fate)));
        }
    });
    address
}

/// Carries messages until either end or a fault breaks the connection.
async fn carry(mut station: TcpStream, upstream: String, fate: Fate) -> Option<()> {
    loop {
        let mut request = message(&mut station).await?;
        let fault = fate.lock().unwrap()();
        match fault {
            Fault::LoseRequest => return None,
            Fault::CutRequest => request.truncate(request.len() - 5),
            Fault::FlipRequest => flip(&mut request),
            Fault::Slow => tokio::time::sleep(Duration::from_millis(30)).await,
            Fault::Twice => {
                deliver(&upstream, &request, false).await?;
            }
            _ => {}
        }
        let mut answer = deliver(&upstream, &request, fault == Fault::CutRequest).await?;
        match fault {
            Fault::LoseAnswer => return None,
            Fault::CutAnswer => answer.truncate(answer.len() - 5),
            Fault::FlipAnswer => flip(&mut answer),
            _ => {}
        }
        station.write_all(&answer).await.ok()?;
        if matches!(fault, Fault::CutAnswer) {
            return None;
        }
        if fault == Fault::AgainLater {
            let upstream = upstream.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(50)).await;
                deliver(&upstream, &request, false).await
            });
        }
    }
}

/// Sends a request on a connection of its own, says that nothing follows where it was `cut`, and reads the answer.
async fn deliver(upstream: &str, request: &[u8], cut: bool) -> Option<Vec<u8>> {
    let mut stream = TcpStream::connect(upstream).await.ok()?;
    stream.write_all(request).await.ok()?;
    if cut {
        stream.shutdown().await.ok()?;
    }
    message(&mut stream).await
}

/// One HTTP message with its body, as far as its length says.
async fn message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length =
                head.split("content-length:").nth(1)?.lines().next()?.trim().parse::<usize>().ok()?;
            if bytes.len() >= end + 4 + length {
                return Some(bytes);
            }
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&chunk[..read]),
        }
    }
}

/// Turns a bit over in the middle of the body.
fn flip(message: &mut [u8]) {
    let head = message.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    let middle = head + (message.len() - head) / 2;
    if let Some(byte) = message.get_mut(middle) {
        *byte ^= 0x10;
    }
}
