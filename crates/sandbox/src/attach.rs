//! The pipe to a container, and how it is learnt why it ended.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bollard::container::LogOutput;
use bollard::models::ContainerInspectResponse;
use bollard::query_parameters::{AttachContainerOptionsBuilder, WaitContainerOptions};
use futures_util::{StreamExt, TryStreamExt};
use tokio_util::io::StreamReader;

use crate::docker::Docker;
use crate::error::{Ending, Fate, SandboxError};
use crate::line::{Epilogue, Reader, Writer};

/// How long an ended container may take to say so.
const ENDING_TIMEOUT: Duration = Duration::from_secs(10);
/// How much of a bridge's error output is kept.
const SAID_BYTES: usize = 4096;

/// A container's input and output.
pub(crate) struct Pipe {
    pub(crate) reader: Reader,
    pub(crate) writer: Writer,
    pub(crate) said: Said,
}

/// The last of what a bridge wrote to its error output.
#[derive(Clone, Default)]
pub(crate) struct Said(Arc<Mutex<Vec<u8>>>);

impl Said {
    fn hear(&self, bytes: &[u8]) {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        said.extend_from_slice(bytes);
        let surplus = said.len().saturating_sub(SAID_BYTES);
        said.drain(..surplus);
    }

    fn text(&self) -> String {
        let said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&said).trim().to_owned()
    }
}

impl Docker {
    /// Attaches to a container, running or not.
    pub(crate) async fn attach(&self, name: &str) -> Result<Pipe, SandboxError> {
        let options =
            AttachContainerOptionsBuilder::new().stream(true).stdin(true).stdout(true).stderr(true).build();
        let attached = self
            .client()
            .attach_container(name, Some(options))
            .await
            .map_err(|error| self.failed(format!("attach to the container {name}"), error))?;
        let said = Said::default();
        let heard = said.clone();
        let bytes = attached.output.map_err(std::io::Error::other).try_filter_map(move |output| {
            let bytes = match output {
                LogOutput::StdErr { message } => {
                    heard.hear(&message);
                    None
                }
                LogOutput::StdOut { message } | LogOutput::Console { message } => Some(message),
                LogOutput::StdIn { .. } => None,
            };
            std::future::ready(Ok(bytes))
        });
        let reader: Reader = Box::pin(StreamReader::new(Box::pin(bytes)));
        Ok(Pipe { reader, writer: attached.input, said })
    }

    /// Asks the engine how a container ended, once its pipe has.
    pub(crate) fn epilogue(self, name: String, said: Said) -> Epilogue {
        Box::pin(async move {
            let mut waiting = self.client().wait_container(&name, None::<WaitContainerOptions>);
            let _ = tokio::time::timeout(ENDING_TIMEOUT, waiting.next()).await;
            let found = match self.last_look(&name).await {
                // An engine that was just going away may have taken the first question with it.
                Err(_) => self.last_look(&name).await,
                found => found,
            };
            let said = said.text();
            let state = match found {
                Ok(Some(found)) => found.state.unwrap_or_default(),
                Ok(None) => return Ending { said, fate: Fate::Removed, ..Ending::default() },
                Err(error) => {
                    return Ending { said, fate: Fate::EngineLost(Arc::new(error)), ..Ending::default() };
                }
            };
            let running = state.running == Some(true);
            Ending {
                status: state.exit_code.filter(|_| !running),
                out_of_memory: state.oom_killed.unwrap_or_default(),
                said,
                fate: if running { Fate::Running } else { Fate::Ended },
            }
        })
    }

    async fn last_look(&self, name: &str) -> Result<Option<ContainerInspectResponse>, SandboxError> {
        match tokio::time::timeout(ENDING_TIMEOUT, self.inspect(name)).await {
            Ok(found) => found,
            Err(_) => {
                Err(SandboxError::Timeout { attempt: "ask how the cell ended".into(), after: ENDING_TIMEOUT })
            }
        }
    }
}
