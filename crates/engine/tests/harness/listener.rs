//! A model's server that begins an answer and leaves it there, and sees who goes away.

use anchorhold_domain::ModelChoice;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub struct Listener {
    address: SocketAddr,
    begun: watch::Sender<usize>,
    gone: watch::Sender<usize>,
    serving: JoinHandle<()>,
}

impl Listener {
    /// Says these words of every answer, and that it has read 100 tokens for it; and no more.
    pub async fn saying(words: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (begun, gone) = (watch::Sender::new(0), watch::Sender::new(0));
        let chunk = serde_json::json!({
            "id": "left", "object": "chat.completion.chunk", "created": 0, "model": "demo",
            "choices": [{"index": 0, "delta": {"role": "assistant", "content": words}, "finish_reason": null}],
            "usage": {"prompt_tokens": 100, "completion_tokens": 1}
        });
        let (beginning, going) = (begun.clone(), gone.clone());
        let serving = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (chunk, begun, gone) = (chunk.to_string(), beginning.clone(), going.clone());
                tokio::spawn(async move { serve(client, &chunk, &begun, &gone).await.ok() });
            }
        });
        Self { address, begun, gone, serving }
    }

    pub fn choice(&self) -> ModelChoice {
        ModelChoice {
            provider: "scripted".to_owned(),
            name: "demo".to_owned(),
            base_url: Some(format!("http://{}/v1", self.address)),
            wire: None,
            effort: None,
        }
    }

    /// Waits until so many answers have begun.
    pub async fn began(&self, count: usize) {
        let mut begun = self.begun.subscribe();
        super::soon("an answer begins", begun.wait_for(|begun| *begun >= count)).await.unwrap();
    }

    /// Waits until so many connections were closed from the other side.
    pub async fn left(&self, count: usize) {
        let mut gone = self.gone.subscribe();
        super::soon("the connection is closed", gone.wait_for(|gone| *gone >= count)).await.unwrap();
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(
    mut client: TcpStream,
    chunk: &str,
    begun: &watch::Sender<usize>,
    gone: &watch::Sender<usize>,
) -> std::io::Result<()> {
    super::voice::request_of(&mut client).await?;
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 1000000\r\n\r\n";
    client.write_all(format!("{head}data: {chunk}\n\n").as_bytes()).await?;
    begun.send_modify(|begun| *begun += 1);
    // Neither an answer nor an end: what comes next is the other side's.
    let mut rest = Vec::new();
    let _ = client.read_to_end(&mut rest).await;
    gone.send_modify(|gone| *gone += 1);
    Ok(())
}
