//! Sending a request and reading the events of its answer.

use eventsource_stream::{EventStreamError, Eventsource};
use futures_util::{Stream, StreamExt, stream};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Response, redirect};
use std::time::Duration;
use tokio::time::timeout;
use url::Url;

use crate::error::{Failure, ModelError};

/// How long a connected server may stay silent before the request is given up. A model may think for
/// minutes before its first word, and its server sends signs of life in between at most.
const SILENCE: Duration = Duration::from_secs(300);
/// How long a server may take to answer the connection itself.
const CONNECTING: Duration = Duration::from_secs(30);
/// The longest answer that is read, in bytes; a model writes a few megabytes at most.
const LARGEST_ANSWER: usize = 64 << 20;
/// The longest error that is read, in bytes.
const LARGEST_ERROR: usize = 64 << 10;

/// The connections that all models of a process share, so that the certificates of the system are read
/// once and an open connection serves the next agent.
#[derive(Clone, Debug)]
pub struct Connections {
    client: Client,
    pub(super) silence: Duration,
}

impl Connections {
    /// Prepares to connect; nothing is sent. The proxy is the one of `HTTPS_PROXY`, `HTTP_PROXY` and
    /// `NO_PROXY` or of the system, the authorities are those of `SSL_CERT_FILE`, `SSL_CERT_DIR` or the
    /// system.
    ///
    /// # Errors
    /// [`ModelError`] where the system's certificates or proxies cannot be read.
    pub fn new() -> Result<Self, ModelError> {
        let client = Client::builder()
            .connect_timeout(CONNECTING)
            // A key is for the server that the user named and for no other.
            .redirect(redirect::Policy::none())
            .build();
        let failed = |error| ModelError::of_failure("any model", "any server", &Failure::Network(error));
        Ok(Self { client: client.map_err(failed)?, silence: SILENCE })
    }

    /// Sets how long a connected server may stay silent before a request is given up.
    #[must_use]
    pub fn with_silence(mut self, silence: Duration) -> Self {
        self.silence = silence;
        self
    }

    /// Sends a request and returns the data of each event of its answer.
    pub(super) async fn post(
        &self,
        url: Url,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<impl Stream<Item = Result<String, Failure>> + Unpin + use<>, Failure> {
        let json = HeaderValue::from_static("application/json");
        let request = self.client.post(url).headers(headers).header(CONTENT_TYPE, json).body(body);
        let response = match timeout(self.silence, request.send()).await {
            Ok(response) => response.map_err(Failure::Network)?,
            Err(_) => return Err(Failure::Silent(self.silence)),
        };
        if !response.status().is_success() {
            return Err(self.refusal(response).await);
        }
        let pieces = stream::try_unfold((response, 0_usize, self.silence), next_piece);
        // Some servers leave out the empty line behind their last event.
        let end = stream::once(async { Ok(b"\n\n".to_vec()) });
        let events = Box::pin(pieces.chain(end)).eventsource();
        Ok(events.map(|event| match event {
            Ok(event) => Ok(event.data),
            Err(EventStreamError::Transport(failure)) => Err(failure),
            Err(EventStreamError::Utf8(_) | EventStreamError::Parser(_)) => Err(Failure::Unreadable),
        }))
    }

    /// Reads why a request was refused, as far as it is said.
    async fn refusal(&self, mut response: Response) -> Failure {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = Vec::new();
        while let Ok(Ok(Some(piece))) = timeout(self.silence, response.chunk()).await {
            body.extend_from_slice(&piece);
            if body.len() > LARGEST_ERROR {
                break;
            }
        }
        body.truncate(LARGEST_ERROR);
        Failure::Refused { status, headers, body: String::from_utf8_lossy(&body).into_owned() }
    }
}

/// Waits for the next bytes of an answer, as long as a server may be silent.
async fn next_piece(
    (mut response, read, silence): (Response, usize, Duration),
) -> Result<Option<(Vec<u8>, (Response, usize, Duration))>, Failure> {
    let piece = match timeout(silence, response.chunk()).await {
        Ok(piece) => piece.map_err(Failure::Network)?,
        Err(_) => return Err(Failure::Silent(silence)),
    };
    let Some(piece) = piece else { return Ok(None) };
    let read = read.saturating_add(piece.len());
    if read > LARGEST_ANSWER {
        return Err(Failure::TooLong);
    }
    Ok(Some((piece.to_vec(), (response, read, silence))))
}
