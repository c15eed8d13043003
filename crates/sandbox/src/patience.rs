//! How long an engine may be silent.
//!
//! Some of what it is asked for takes minutes, such as making a container while a large volume is
//! removed. Whether it is there at all it can always say, so that is what has a short limit.

use std::future::Future;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::docker::Docker;
use crate::error::SandboxError;

/// How long an engine may take to say that it is there; one that was asleep needs some seconds.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);
/// After how long in which it did not finish an engine is asked whether it is still there.
const LOOK_EVERY: Duration = Duration::from_secs(5);

impl Docker {
    /// Checks that the engine answers, and does not wait long for it.
    pub async fn answers(&self) -> Result<(), SandboxError> {
        in_time("ask the container engine whether it is there", self.ping()).await
    }

    /// Waits for something that the engine does, as long as the engine says that it is there.
    pub async fn while_answering<T>(
        &self,
        doing: impl Future<Output = Result<T, SandboxError>>,
    ) -> Result<T, SandboxError> {
        let silence = async {
            loop {
                sleep(LOOK_EVERY).await;
                if let Err(error) = self.answers().await {
                    break error;
                }
            }
        };
        tokio::select! {
            done = doing => done,
            error = silence => Err(error),
        }
    }
}

async fn in_time<T>(
    attempt: &str,
    asking: impl Future<Output = Result<T, SandboxError>>,
) -> Result<T, SandboxError> {
    match timeout(ANSWER_TIMEOUT, asking).await {
        Ok(answer) => answer,
        Err(_) => Err(SandboxError::Timeout { attempt: attempt.to_owned(), after: ANSWER_TIMEOUT }),
    }
}
