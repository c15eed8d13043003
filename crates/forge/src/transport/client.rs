//! The client over which GitHub is asked: through the user's proxy, with the authorities that the system
//! trusts, and to the address that was meant and no other.

use super::{Failure, Source};
use reqwest::header::{ACCEPT_ENCODING, CONTENT_LENGTH, HeaderValue, RANGE};
use reqwest::{Client, Response, StatusCode, Url};
use std::time::Duration;

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
// GitHub itself gives up after 10 s.
// https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#timeouts
const SILENT_AT_MOST: Duration = Duration::from_secs(20);
/// For all of an answer, on a slow network.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// The longest answer that is read, in bytes: a hundred issues of the longest kind.
const LONGEST_ANSWER: usize = 16 << 20;
/// A log that is longer is asked for its end alone.
const LONG_LOG: u64 = 512 << 10;
/// What is read at most of a log whose server gives no parts.
const LONGEST_LOG: usize = 32 << 20;

/// On a thread that may block, since it reads the certificates of the system.
pub(super) async fn make() -> Result<Client, Source> {
    let build = || {
        Client::builder()
            .user_agent(concat!("anchorhold/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_WITHIN)
            .read_timeout(SILENT_AT_MOST)
            .timeout(ANSWER_WITHIN)
            // What may be followed, and with what, is decided for each answer.
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .build()
    };
    match tokio::task::spawn_blocking(build).await {
        Ok(Ok(client)) => Ok(client),
        Ok(Err(error)) => Err(error.into()),
        Err(error) => Err(error.into()),
    }
}

/// Reads a whole answer, unless it is too long.
pub(super) async fn read(mut response: Response) -> Result<String, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        body.extend_from_slice(&chunk);
        if body.len() > LONGEST_ANSWER {
            return Err(Failure::TooLong);
        }
    }
    Ok(String::from_utf8(body).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// Reads the last `most` bytes of what is at `url`, without saying who asks.
pub(super) async fn read_end(client: &Client, url: &Url, most: usize) -> Result<Vec<u8>, Failure> {
    let ask = |range: Option<HeaderValue>| {
        let request = client.get(url.clone());
        // Without compression, so that a length is that of the text, and a part is a part of it.
        let request = request.header(ACCEPT_ENCODING, "identity");
        range.into_iter().fold(request, |request, range| request.header(RANGE, range)).send()
    };
    let mut response = ask(None).await.map_err(unreachable)?;
    let length = response.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if let Some(length) = length.filter(|length: &u64| *length > LONG_LOG) {
        // From a place on: not every server knows how to count from the end.
        let start = length.saturating_sub(u64::try_from(most).unwrap_or(u64::MAX));
        let range = HeaderValue::from_str(&format!("bytes={start}-")).ok();
        let part = ask(range).await.map_err(unreachable)?;
        if part.status() == StatusCode::PARTIAL_CONTENT {
            response = part;
        }
    }
    if !response.status().is_success() {
        return Err(Failure::Status(response.status().as_u16()));
    }
    let (mut end, mut read) = (Vec::new(), 0_usize);
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        read = read.saturating_add(chunk.len());
        if read > LONGEST_LOG {
            return Err(Failure::TooLong);
        }
        end.extend_from_slice(&chunk);
        if end.len() > most.saturating_mul(4) {
            end.drain(..end.len() - most);
        }
    }
    end.drain(..end.len().saturating_sub(most));
    Ok(end)
}

pub(super) fn unreachable(error: reqwest::Error) -> Failure {
    Failure::Unreachable(error.without_url().into())
}
