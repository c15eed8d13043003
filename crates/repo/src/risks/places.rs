//! Files that are a risk by where they are: what machines run by themselves, and what names downloads.
//!
//! A file counts as a hook only if something runs it that nobody asked for: an editor that opens the
//! folder, git on a commit, a package manager that installs. What runs when somebody asks for it, such as
//! a `Makefile`, a `Dockerfile` or a test, is read as the code that it is; and the main build files of a
//! project, such as `build.gradle` and `CMakeLists.txt`, change too often for a warning to be read.

use anchorhold_domain::RiskKind;

use super::File;
use super::findings::Findings;
use crate::tree::SUBMODULE;

/// Folders and files of continuous integration, wherever they are in the repository where the name
/// begins with `**/`, else at its root. A folder ends with a slash.
const WORKFLOWS: &[&str] = &[
    ".github/workflows/",
    ".github/actions/",
    "**/action.yml",
    "**/action.yaml",
    ".forgejo/workflows/",
    ".gitea/workflows/",
    ".gitlab-ci.yml",
    ".gitlab/ci/",
    ".circleci/",
    ".travis.yml",
    ".appveyor.yml",
    "appveyor.yml",
    "azure-pipelines.yml",
    "azure-pipelines.yaml",
    ".azure-pipelines/",
    "bitbucket-pipelines.yml",
    "**/jenkinsfile",
    ".drone.yml",
    ".drone.star",
    ".woodpecker.yml",
    ".woodpecker.yaml",
    ".woodpecker/",
    ".buildkite/",
    ".cirrus.yml",
    ".cirrus.star",
    ".teamcity/",
    ".semaphore/",
    ".tekton/",
    ".builds/",
    ".build.yml",
    "buildspec.yml",
    "buildspec.yaml",
    "cloudbuild.yaml",
    "cloudbuild.yml",
    "codemagic.yaml",
    "bitrise.yml",
    "wercker.yml",
    ".readthedocs.yaml",
    ".readthedocs.yml",
    "netlify.toml",
    "vercel.json",
];

/// What runs on a developer's machine by itself, and what runs it.
const HOOKS: &[(&str, &str)] = &[
    (".husky/", "git runs it: a hook"),
    (".githooks/", "git runs it: a hook"),
    ("githooks/", "git runs it: a hook"),
    (".git-hooks/", "git runs it: a hook"),
    ("git-hooks/", "git runs it: a hook"),
    ("**/.pre-commit-config.yaml", "git runs what it names: hooks"),
    ("**/lefthook.yml", "git runs what it names: hooks"),
    ("**/lefthook.yaml", "git runs what it names: hooks"),
    ("**/.lefthook.yml", "git runs what it names: hooks"),
    (".lefthook/", "git runs it: a hook"),
    (".overcommit.yml", "git runs what it names: hooks"),
    (".git-hooks.json", "git runs what it names: hooks"),
    ("**/.vscode/tasks.json", "an editor can run its tasks when the folder is opened"),
    ("**/.vscode/settings.json", "an editor runs the programs that it names"),
    ("**/.vscode/mcp.json", "an editor starts the programs that it names"),
    ("**/.idea/", "an editor can run what it names when the folder is opened"),
    ("**/.zed/", "an editor runs the programs that it names"),
    ("**/.cursor/", "an editor starts the programs that it names"),
    ("**/.mcp.json", "an editor starts the programs that it names"),
    ("**/.claude/settings.json", "an agent runs the hooks that it names"),
    ("**/.gemini/settings.json", "an agent starts the programs that it names"),
    (".devcontainer/", "an editor builds and starts the container that it describes"),
    (".devcontainer.json", "an editor builds and starts the container that it describes"),
    (".gitpod.yml", "a workspace runs its tasks when it is opened"),
    ("**/.exrc", "an editor runs it"),
    ("**/.nvim.lua", "an editor runs it"),
    ("**/.nvimrc", "an editor runs it"),
    ("**/.lvimrc", "an editor runs it"),
    ("**/.dir-locals.el", "an editor runs it"),
    ("**/.envrc", "a shell runs it in this folder"),
    ("**/mise.toml", "a shell runs its hooks in this folder"),
    ("**/.mise.toml", "a shell runs its hooks in this folder"),
    ("**/build.rs", "cargo runs it in every build, also in an editor's"),
    ("**/.cargo/config.toml", "cargo runs the programs that it names"),
    ("**/.cargo/config", "cargo runs the programs that it names"),
    ("**/setup.py", "pip runs it when it installs the package"),
    ("**/sitecustomize.py", "python runs it at every start"),
    ("**/usercustomize.py", "python runs it at every start"),
    ("**/*.pth", "python runs its import lines at every start"),
    ("**/.npmrc", "npm takes from it where packages come from"),
    ("**/.yarnrc", "yarn runs the program that it names"),
    ("**/.yarnrc.yml", "yarn runs the program that it names"),
    ("**/.yarn/releases/", "yarn runs it"),
    ("**/.yarn/plugins/", "yarn runs it"),
    ("**/.pnpmfile.cjs", "pnpm runs it when it installs"),
    ("**/binding.gyp", "npm builds it when it installs"),
    ("**/extconf.rb", "gem runs it when it installs the package"),
    ("**/gradlew", "every build with gradle runs it"),
    ("**/gradlew.bat", "every build with gradle runs it"),
    ("**/gradle/wrapper/", "every build with gradle downloads and runs what it names"),
    ("**/mvnw", "every build with maven runs it"),
    ("**/mvnw.cmd", "every build with maven runs it"),
    ("**/.mvn/", "every build with maven loads what it names"),
    ("**/.bazelrc", "bazel takes options from it"),
];

/// Names of git's hooks (githooks(5)); such a file is one wherever `core.hooksPath` points.
const GIT_HOOKS: &[&str] = &[
    "applypatch-msg",
    "commit-msg",
    "fsmonitor-watchman",
    "post-applypatch",
    "post-checkout",
    "post-commit",
    "post-merge",
    "post-rewrite",
    "pre-applypatch",
    "pre-auto-gc",
    "pre-commit",
    "pre-merge-commit",
    "pre-push",
    "pre-rebase",
    "prepare-commit-msg",
    "reference-transaction",
    "sendemail-validate",
];

/// Lockfiles, by name.
const LOCKFILES: &[&str] = &[
    ".terraform.lock.hcl",
    "bun.lock",
    "bun.lockb",
    "buf.lock",
    "cabal.project.freeze",
    "cargo.lock",
    "cartfile.resolved",
    "chart.lock",
    "composer.lock",
    "conan.lock",
    "conda-lock.yml",
    "deno.lock",
    "flake.lock",
    "gemfile.lock",
    "go.sum",
    "gradle.lockfile",
    "verification-metadata.xml",
    "manifest.toml",
    "mix.lock",
    "module.bazel.lock",
    "npm-shrinkwrap.json",
    "package-lock.json",
    "package.resolved",
    "packages.lock.json",
    "pdm.lock",
    "pipfile.lock",
    "pixi.lock",
    "pnpm-lock.yaml",
    "podfile.lock",
    "poetry.lock",
    "pubspec.lock",
    "pylock.toml",
    "rebar.lock",
    "renv.lock",
    "shard.lock",
    "stack.yaml.lock",
    "uv.lock",
    "yarn.lock",
];

/// Files that hold secrets by what they are, in whatever form.
const KEEPERS: &[&str] = &[
    "**/id_rsa",
    "**/id_dsa",
    "**/id_ecdsa",
    "**/id_ed25519",
    "**/*.p12",
    "**/*.pfx",
    "**/*.jks",
    "**/*.keystore",
    "**/*.kdbx",
    "**/*.ppk",
    "**/.env",
    "**/.env.local",
    "**/.env.production",
    "**/.netrc",
    "**/_netrc",
    "**/.pgpass",
    "**/.pypirc",
    "**/.git-credentials",
    "**/.docker/config.json",
    "**/.aws/credentials",
    "**/.kube/config",
    "**/terraform.tfstate",
];

/// Looks at where a changed file is.
pub(super) fn look(file: &File, findings: &mut Findings) {
    let path = &*file.lower;
    let name = path.rsplit('/').next().unwrap_or(path);
    let how = match (file.old, file.new) {
        (None, _) => "added",
        (_, None) => "removed",
        _ => "changed",
    };
    let mut add = |kind, detail: String| findings.add(kind, &file.path, None, detail);
    // A check that is gone is a risk as well, and so is a version that is no longer pinned.
    if WORKFLOWS.iter().any(|pattern| matches(path, name, pattern)) {
        add(RiskKind::Workflow, format!("{how}: it runs on the machines of the repository"));
    }
    if is_lockfile(path) {
        add(RiskKind::Lockfile, format!("{how}: what it names is downloaded and run"));
    }
    let Some(new) = file.new else { return };
    if KEEPERS.iter().any(|pattern| matches(path, name, pattern)) {
        add(RiskKind::Secret, "a file of this name usually holds secrets".to_owned());
    }
    if let Some((_, why)) = HOOKS.iter().find(|(pattern, _)| matches(path, name, pattern)) {
        add(RiskKind::Hook, (*why).to_owned());
    } else if GIT_HOOKS.contains(&name) {
        add(RiskKind::Hook, "git runs a file of this name: a hook".to_owned());
    }
    if name == ".gitmodules" && new.mode != SUBMODULE {
        add(RiskKind::Link, "it says where submodules come from".to_owned());
    }
}

/// Whether the file is a lockfile, whose many hashes are no secrets.
pub(super) fn is_lockfile(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    LOCKFILES.contains(&name)
}

fn matches(path: &str, name: &str, pattern: &str) -> bool {
    let Some(anywhere) = pattern.strip_prefix("**/") else {
        return match pattern.ends_with('/') {
            true => path.starts_with(pattern),
            false => path == pattern,
        };
    };
    if let Some(extension) = anywhere.strip_prefix('*') {
        return name.ends_with(extension);
    }
    let at_root = |path: &str| match anywhere.ends_with('/') {
        true => path.starts_with(anywhere),
        false => path == anywhere,
    };
    at_root(path) || path.match_indices('/').any(|(slash, _)| path.get(slash + 1..).is_some_and(at_root))
}

#[cfg(test)]
mod tests {
    use super::{is_lockfile, matches};

    #[test]
    fn patterns_hold_at_the_root_or_anywhere_and_for_whole_names() {
        let check =
            |path: &str, pattern: &str| matches(path, path.rsplit('/').next().unwrap_or(path), pattern);
        assert!(check(".github/workflows/ci.yml", ".github/workflows/"));
        assert!(!check("docs/.github/workflows/ci.yml", ".github/workflows/"));
        assert!(!check(".github/workflows.md", ".github/workflows/"));
        assert!(check("build.rs", "**/build.rs"));
        assert!(check("a/b/build.rs", "**/build.rs"));
        assert!(!check("a/rebuild.rs", "**/build.rs"));
        assert!(check("a/.mvn/extensions.xml", "**/.mvn/"));
        assert!(check("a/key.p12", "**/*.p12"));
        assert!(!check("a/p12", "**/*.p12"));
        assert!(is_lockfile("a/cargo.lock"));
        assert!(!is_lockfile("cargo.lock.md"));
    }
}
