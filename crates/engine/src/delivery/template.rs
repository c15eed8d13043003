//! The repository's own template for pull requests, as it stands at the base.

use crate::EngineError;
use anchorhold_repo::{Mirror, Standing};

/// Where GitHub looks, the place that wins first.
/// <https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests/creating-a-pull-request-template-for-your-repository>
const FOLDERS: [&str; 3] = [".github/", "", "docs/"];
const NAME: &str = "pull_request_template";
/// A longer one is no template.
const LONGEST: u64 = 64 * 1024;
/// The mode of a symbolic link.
const LINK: u32 = 0o120_000;

/// Reads the template; `None` where there is none that is a text.
pub(super) fn read(mirror: &Mirror, tree: &str) -> Result<Option<String>, EngineError> {
    let Some(path) = find(&mirror.paths(tree)?) else { return Ok(None) };
    let Some(Standing::File(entry)) = mirror.standing(tree, &path)? else { return Ok(None) };
    if entry.mode == LINK || entry.size > LONGEST {
        return Ok(None);
    }
    Ok(String::from_utf8(mirror.blob(&entry.id)?).ok().filter(|text| !text.trim().is_empty()))
}

/// Finds the template's path, whatever the case of its letters.
fn find(paths: &[Vec<u8>]) -> Option<Vec<u8>> {
    let mut found: Vec<(usize, &Vec<u8>)> =
        paths.iter().filter_map(|path| Some((rank(std::str::from_utf8(path).ok()?)?, path))).collect();
    found.sort();
    found.into_iter().next().map(|(_, path)| path.clone())
}

/// How good a place is, 0 the best: a file of that name, then a folder of that name.
fn rank(path: &str) -> Option<usize> {
    let path = path.to_ascii_lowercase();
    FOLDERS.iter().enumerate().find_map(|(place, folder)| {
        let rest = path.strip_prefix(folder)?.strip_prefix(NAME)?;
        match rest {
            "" | ".md" | ".txt" => Some(place),
            inner => {
                let name = inner.strip_prefix('/')?;
                (!name.contains('/') && name.ends_with(".md")).then_some(FOLDERS.len() + place)
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::find;

    #[track_caller]
    fn check(paths: &[&str], expected: Option<&str>) {
        let bytes: Vec<Vec<u8>> = paths.iter().map(|path| path.as_bytes().to_vec()).collect();
        assert_eq!(find(&bytes), expected.map(|path| path.as_bytes().to_vec()));
    }

    #[test]
    fn the_template_is_found_where_github_looks_whatever_the_case() {
        check(&["README.md", "src/pull_request_template.md"], None);
        check(&["docs/PULL_REQUEST_TEMPLATE.md", "pull_request_template"], Some("pull_request_template"));
        check(
            &[".github/Pull_Request_Template.md", "pull_request_template.md"],
            Some(".github/Pull_Request_Template.md"),
        );
        check(
            &["PULL_REQUEST_TEMPLATE/b.md", "PULL_REQUEST_TEMPLATE/a.md", "PULL_REQUEST_TEMPLATE/c/d.md"],
            Some("PULL_REQUEST_TEMPLATE/a.md"),
        );
        check(
            &[".github/pull_request_template/a.md", "docs/pull_request_template.txt"],
            Some("docs/pull_request_template.txt"),
        );
    }
}
