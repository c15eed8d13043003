//! The image: one static program and the empty folder that its volume takes its owner from.

use std::io;

use bollard::query_parameters::CreateImageOptionsBuilder;
use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};

use crate::docker::Docker;
use crate::error::SandboxError;

/// The bridge, built with this library.
pub(crate) const BRIDGE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/anchorhold-bridge"));
/// Where the program lies in the image.
pub(crate) const PROGRAM: &str = "/anchorhold-bridge";
/// Where the volume is mounted.
pub(crate) const WORKSPACE: &str = "/workspace";
/// The user that the program runs as: nobody on any usual system.
pub(crate) const UID: u64 = 65532;
const REPOSITORY: &str = "anchorhold/bridge";

impl Docker {
    /// Makes sure that the engine has the image of this bridge, and answers with its name.
    pub async fn ensure_image(&self) -> Result<String, SandboxError> {
        let tag = tag();
        let name = format!("{REPOSITORY}:{tag}");
        match self.client().inspect_image(&name).await {
            Ok(_) => return Ok(name),
            Err(error) if Self::is_not_found(&error) => {}
            Err(error) => return Err(self.failed("look for the bridge's image", error)),
        }
        let attempt = "import the bridge's image";
        let tar = image_tar().map_err(|error| SandboxError::EngineFailed {
            attempt: attempt.into(),
            source: Box::new(error),
        })?;
        // Podman 4 drops a tag that is told apart from the name.
        let options = CreateImageOptionsBuilder::new().from_src("-").repo(&name).build();
        self.client()
            .create_image(Some(options), Some(bollard::body_full(tar.into())), None)
            .try_collect::<Vec<_>>()
            .await
            .map_err(|error| self.failed(attempt, error))?;
        Ok(name)
    }
}

/// The first 12 digits of the program's hash.
fn tag() -> String {
    Sha256::digest(BRIDGE).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

fn image_tar() -> io::Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    // A fresh volume takes owner and mode from the folder it covers.
    let mut folder = header(tar::EntryType::Directory, 0o755, 0);
    folder.set_uid(UID);
    folder.set_gid(UID);
    tar.append_data(&mut folder, "workspace/", io::empty())?;
    let mut program = header(tar::EntryType::Regular, 0o555, BRIDGE.len() as u64);
    tar.append_data(&mut program, PROGRAM.trim_start_matches('/'), BRIDGE)?;
    tar.into_inner()
}

fn header(kind: tar::EntryType, mode: u32, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header
}
