//! Scripts that package managers run by themselves, in the manifests that can hold them.
//!
//! Manifests are read as the package manager reads them, since a search by line would miss a name that is
//! spelled with escapes. Scripts that are run by name (`npm test`) are no risk here.

use anchorhold_domain::RiskKind;
use git2::Repository;
use serde_json::Value;

use super::findings::Findings;
use super::{File, LARGEST_READ, content, size_of};
use crate::error::Result;
use crate::tree::{SUBMODULE, SYMLINK};

/// What npm runs when it installs (<https://docs.npmjs.com/cli/v11/using-npm/scripts#life-cycle-scripts>).
const NPM: &[&str] = &[
    "preinstall",
    "install",
    "postinstall",
    "prepublish",
    "preprepare",
    "prepare",
    "postprepare",
    "dependencies",
];
/// Tables of `package.json` whose commands git runs.
const NPM_HOOKS: &[&str] = &["simple-git-hooks", "husky", "gitHooks", "pre-commit", "pre-push"];
/// What composer runs when it installs (<https://getcomposer.org/doc/articles/scripts.md>).
const COMPOSER: &[&str] = &[
    "pre-install-cmd",
    "post-install-cmd",
    "pre-update-cmd",
    "post-update-cmd",
    "pre-autoload-dump",
    "post-autoload-dump",
    "post-root-package-install",
    "post-create-project-cmd",
    "pre-package-install",
    "post-package-install",
    "pre-package-update",
    "post-package-update",
    "init",
    "command",
    "pre-operations-exec",
    "pre-pool-create",
];

/// Looks for scripts that are new or changed in a manifest of `size` bytes.
pub(super) fn look(repository: &Repository, file: &File, size: u64, findings: &mut Findings) -> Result<()> {
    let (scripts, tables) = match file.lower.rsplit('/').next() {
        Some("package.json") => (NPM, NPM_HOOKS),
        Some("composer.json") => (COMPOSER, &[][..]),
        _ => return Ok(()),
    };
    let Some(new) = file.new else { return Ok(()) };
    let mut add = |line, detail: String| findings.add(RiskKind::Hook, &file.path, line, detail);
    let bytes = if size <= LARGEST_READ { content(repository, new.id)? } else { Vec::new() };
    let Some(manifest) = parse(&bytes) else {
        add(None, "it cannot be read as JSON, so that its install scripts are not known".to_owned());
        return Ok(());
    };
    let before = match file.old {
        Some(old)
            if !matches!(old.mode, SUBMODULE | SYMLINK) && size_of(repository, old.id)? <= LARGEST_READ =>
        {
            parse(&content(repository, old.id)?).unwrap_or(Value::Null)
        }
        _ => Value::Null,
    };
    let differs = |keys: &[&str]| {
        let now = at(&manifest, keys);
        now.is_some() && now != at(&before, keys)
    };
    for name in scripts.iter().filter(|name| differs(&["scripts", name])) {
        add(line_of(&bytes, name), format!("an install runs its script {name}"));
    }
    for name in tables.iter().filter(|name| differs(&[name])) {
        add(line_of(&bytes, name), format!("git runs what it names under {name}: hooks"));
    }
    Ok(())
}

fn at<'v>(value: &'v Value, keys: &[&str]) -> Option<&'v Value> {
    keys.iter().try_fold(value, |value, key| value.get(key))
}

fn parse(bytes: &[u8]) -> Option<Value> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    serde_json::from_slice(bytes).ok()
}

/// Returns the first line with the name in quotes; a name that is spelled otherwise has none.
fn line_of(bytes: &[u8], name: &str) -> Option<u32> {
    let quoted = format!("\"{name}\"");
    let text = String::from_utf8_lossy(bytes);
    let index = text.lines().position(|line| line.contains(&quoted))?;
    u32::try_from(index + 1).ok()
}
