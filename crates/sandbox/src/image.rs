//! The image: one static program and the empty folder that its volume takes its owner from.

use std::io;

use bollard::query_parameters::CreateImageOptionsBuilder;
use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};

use crate::arch::{self, Arch, BRIDGES, Bridge};
use crate::docker::Docker;
use crate::error::SandboxError;

/// Where the program lies in the image.
pub(crate) const PROGRAM: &str = "/anchorhold-bridge";
/// Where the volume is mounted.
pub(crate) const WORKSPACE: &str = "/workspace";
/// The user that the program runs as: nobody on any usual system.
pub(crate) const UID: u64 = 65532;
/// All images of ours, of whatever version.
pub(crate) const REPOSITORY: &str = "anchorhold/bridge";
/// Says that an image is ours.
pub(crate) const LABEL_IMAGE: &str = "dev.anchorhold.image";
/// What [`LABEL_IMAGE`] says.
pub(crate) const LABEL_IMAGE_BRIDGE: &str = "bridge";
/// How much of the program's hash is in the name.
pub(crate) const HASH_DIGITS: usize = 12;

/// The image that an engine needs.
#[derive(Clone)]
pub(crate) struct Image {
    pub(crate) name: String,
    pub(crate) bridge: Bridge,
}

impl Docker {
    /// Makes sure that the engine has the image of its bridge, and answers with its name.
    ///
    /// Asked once for each connection; [`open`](Self::open) brings an image back that went meanwhile.
    pub async fn ensure_image(&self) -> Result<String, SandboxError> {
        Ok(self.image().await?.name)
    }

    pub(crate) async fn image(&self) -> Result<Image, SandboxError> {
        // Held while it is imported, so that cells that open together do it once.
        let mut known = self.state().image.lock().await;
        if let Some(image) = known.as_ref() {
            return Ok(image.clone());
        }
        let info = self.client().info().await;
        let info = info.map_err(|error| self.failed("ask the container engine for its machine", error))?;
        let bridge = arch::bridge_for(BRIDGES, info.architecture.as_deref().unwrap_or_default())?;
        let image = Image { name: name_of(bridge), bridge };
        match self.client().inspect_image(&image.name).await {
            Ok(_) => {}
            Err(error) if Self::is_not_found(&error) => self.import(&image).await?,
            Err(error) => return Err(self.failed("look for the bridge's image", error)),
        }
        Ok(known.insert(image).clone())
    }

    /// Imports the image whether or not it was there before.
    pub(crate) async fn import(&self, image: &Image) -> Result<(), SandboxError> {
        let attempt = "import the bridge's image";
        let tar = image_tar(image.bridge.program, 0o755).map_err(|error| SandboxError::EngineFailed {
            attempt: attempt.into(),
            source: Box::new(error),
        })?;
        let options = CreateImageOptionsBuilder::new()
            .from_src("-")
            // Podman 4 drops a tag that is told apart from the name.
            .repo(&image.name)
            .platform(image.bridge.arch.platform())
            .changes(vec![format!("LABEL {LABEL_IMAGE}={LABEL_IMAGE_BRIDGE}")])
            .build();
        self.client()
            .create_image(Some(options), Some(bollard::body_full(tar.into())), None)
            .try_collect::<Vec<_>>()
            .await
            .map_err(|error| self.failed(attempt, error))?;
        Ok(())
    }
}

/// The name of a bridge's image, which no other bridge has.
pub(crate) fn name_of(bridge: Bridge) -> String {
    format!("{REPOSITORY}:{}", tag_of(bridge))
}

/// Whether a tag is one that this or an earlier version gives; the earliest named no machine.
pub(crate) fn is_our_tag(tag: &str) -> bool {
    let hash = [Arch::X86_64, Arch::Aarch64]
        .iter()
        .find_map(|arch| tag.strip_prefix(arch.name())?.strip_prefix('-'))
        .unwrap_or(tag);
    hash.len() == HASH_DIGITS && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn tag_of(bridge: Bridge) -> String {
    let hash: String = Sha256::digest(bridge.program)
        .iter()
        .take(HASH_DIGITS / 2)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{}-{hash}", bridge.arch.name())
}

/// An image of one program and the folder that its volume covers, whose mode a fresh volume takes.
pub(crate) fn image_tar(program: &[u8], folder_mode: u32) -> io::Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut folder = header(tar::EntryType::Directory, folder_mode, 0);
    folder.set_uid(UID);
    folder.set_gid(UID);
    tar.append_data(&mut folder, "workspace/", io::empty())?;
    let mut entry = header(tar::EntryType::Regular, 0o555, program.len() as u64);
    tar.append_data(&mut entry, PROGRAM.trim_start_matches('/'), program)?;
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

#[cfg(test)]
mod tests {
    use super::is_our_tag;

    #[test]
    fn only_tags_that_we_give_are_ours() {
        let ours = ["x86_64-0123456789ab", "aarch64-0123456789ab", "0123456789ab"];
        assert!(ours.iter().all(|tag| is_our_tag(tag)));
        let others =
            ["latest", "", "x86_64-", "0123456789AB", "0123456789abc", "riscv64-0123456789ab", "x86_64"];
        assert!(!others.iter().any(|tag| is_our_tag(tag)));
    }
}
