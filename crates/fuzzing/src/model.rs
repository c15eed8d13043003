//! What an answer must have done to a workspace, worked out on a map instead of a disk.

use std::collections::BTreeMap;

use anchorhold_bridge::{Change, ChangeStatus, Response};
use anchorhold_bridge::{MODE_EXECUTABLE, MODE_FILE, MODE_FOLDER, MODE_SYMLINK};

use crate::disk::{Node, Tree};
use crate::requests::Ask;
use crate::{Broken, Verdict, expect};

/// The tree after `ask` was answered so; none where that is not worked out.
pub fn after(before: &Tree, ask: &Ask, response: &Response, body: &[u8]) -> Option<Tree> {
    let mut tree = before.clone();
    match (ask, response) {
        // An import that fails leaves what it had written.
        (Ask::ImportBegin | Ask::ImportFiles { .. }, Response::Refused(_)) => return None,
        (Ask::ImportFiles { .. }, _) => return None,
        (_, Response::Refused(_)) => {}
        (Ask::ImportBegin, _) => tree.clear(),
        (Ask::Write { path, executable, content }, _) => {
            let path = clean(&path.0);
            let was = matches!(before.get(&path), Some(Node::File { executable: true, .. }));
            add_parents(&mut tree, &path);
            let executable = executable.unwrap_or(was);
            tree.insert(path, Node::File { executable, content: content.0.clone() });
        }
        (Ask::Edit { path, .. }, Response::Edited { content_in_body: true, .. }) => {
            if let Some(Node::File { content, .. }) = tree.get_mut(&clean(&path.0)) {
                *content = body.to_vec();
            }
        }
        (Ask::Delete { path }, _) => {
            let path = clean(&path.0);
            tree.retain(|other, _| rest_beneath(&path, other).is_none());
        }
        (Ask::Move { from, to }, _) => {
            let (from, to) = (clean(&from.0), clean(&to.0));
            add_parents(&mut tree, &to);
            let moved = |path: Vec<u8>| match rest_beneath(&from, &path) {
                Some(rest) => [&to, rest].concat(),
                None => path,
            };
            tree = tree.into_iter().map(|(path, node)| (moved(path), node)).collect();
        }
        (Ask::MakeDirectory { path }, _) => {
            let path = clean(&path.0);
            add_parents(&mut tree, &path);
            tree.entry(path).or_insert(Node::Folder);
        }
        _ => {}
    }
    Some(tree)
}

/// Whether the answer tells what is there.
pub fn tells_the_truth(
    tree: &Tree,
    baseline: Option<&Tree>,
    ask: &Ask,
    response: &Response,
    body: &[u8],
) -> Verdict {
    let wrong = |truth: String| Err(Broken(format!("{ask:?} was answered {response:?}; it is {truth}")));
    match (ask, response) {
        (Ask::ReadRaw { path, offset, len }, Response::Raw { total_bytes, .. }) => {
            match content(tree, &path.0) {
                Some(content) if content.len() as u64 == *total_bytes => {
                    let piece: Vec<u8> =
                        content.iter().skip(offset.0 as usize).take(len.0 as usize).copied().collect();
                    expect(piece == body, || format!("{ask:?} gave {body:?}, not {piece:?}"))
                }
                other => wrong(format!("{other:?}")),
            }
        }
        (Ask::Read { path, from: None, count: None }, Response::Read { truncated: false, .. }) => {
            expect(content(tree, &path.0) == Some(body), || format!("{ask:?} gave {body:?}"))
        }
        (Ask::Stat { path }, Response::Stat(entry)) if !clean(&path.0).is_empty() => {
            let found = tree.get(&clean(&path.0)).map(|node| (mode(node), size(node)));
            expect(found == Some((entry.mode, entry.bytes)), || format!("{entry:?} is {found:?}"))
        }
        (Ask::List { path, depth }, Response::Listed { entries, truncated: false }) => {
            let folder = clean(&path.0);
            let depth = usize::from(depth.unwrap_or(1).max(1));
            let near = |path: &Vec<u8>| {
                let rest =
                    if folder.is_empty() { Some(path.as_slice()) } else { rest_beneath(&folder, path) };
                rest.is_some_and(|rest| {
                    let parts = rest.split(|byte| *byte == b'/').filter(|part| !part.is_empty()).count();
                    (1..=depth).contains(&parts)
                })
            };
            let truth: BTreeMap<&[u8], u32> = tree
                .iter()
                .filter(|(path, _)| near(path))
                .map(|(path, node)| (path.as_slice(), mode(node)))
                .collect();
            let told = entries.iter().map(|entry| (entry.path.as_bytes(), entry.mode)).collect();
            expect(truth == told, || format!("{ask:?} lists {told:?}, not {truth:?}"))
        }
        (Ask::Changes { after: None }, Response::Changes { changes, truncated: false }) => {
            let truth = baseline.map(|baseline| differences(baseline, tree));
            expect(truth.as_ref() == Some(changes), || format!("changes {changes:?}, not {truth:?}"))
        }
        (Ask::Glob { .. }, Response::Globbed { paths, .. }) => {
            match paths.iter().find(|path| !matches!(tree.get(path.as_bytes()), Some(Node::File { .. }))) {
                Some(path) => wrong(format!("no file at {path}")),
                None => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

fn differences(baseline: &Tree, tree: &Tree) -> Vec<Change> {
    let mut changes = BTreeMap::new();
    let leaf = |node: &&Node| !matches!(node, Node::Folder);
    for (path, node) in tree {
        if let Some(now) = Some(node).filter(leaf) {
            match baseline.get(path).filter(leaf) {
                Some(was) if was == now => {}
                was => {
                    let status = if was.is_some() { ChangeStatus::Modified } else { ChangeStatus::Added };
                    changes.insert(path.clone(), (status, mode(now)));
                }
            }
        }
    }
    for (path, node) in baseline {
        if leaf(&node) && tree.get(path).filter(leaf).is_none() {
            changes.insert(path.clone(), (ChangeStatus::Deleted, mode(node)));
        }
    }
    changes.into_iter().map(|(path, (status, mode))| Change { path: path.into(), status, mode }).collect()
}

/// The parts of a path that mean something, by a plainer way than the bridge's.
pub fn clean(path: &[u8]) -> Vec<u8> {
    let parts = path.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".");
    parts.collect::<Vec<_>>().join(&b'/')
}

fn add_parents(tree: &mut Tree, path: &[u8]) {
    for (at, _) in path.iter().enumerate().filter(|(_, byte)| **byte == b'/') {
        tree.entry(path.get(..at).unwrap_or_default().to_vec()).or_insert(Node::Folder);
    }
}

/// What comes after `folder` in a path that is it or beneath it.
fn rest_beneath<'p>(folder: &[u8], path: &'p [u8]) -> Option<&'p [u8]> {
    path.strip_prefix(folder).filter(|rest| rest.is_empty() || rest.first() == Some(&b'/'))
}

fn content<'t>(tree: &'t Tree, path: &[u8]) -> Option<&'t [u8]> {
    match tree.get(&clean(path)) {
        Some(Node::File { content, .. } | Node::Link(content)) => Some(content),
        _ => None,
    }
}

fn mode(node: &Node) -> u32 {
    match node {
        Node::Folder => MODE_FOLDER,
        Node::Link(_) => MODE_SYMLINK,
        Node::File { executable: true, .. } => MODE_EXECUTABLE,
        Node::File { .. } => MODE_FILE,
    }
}

fn size(node: &Node) -> u64 {
    match node {
        Node::Folder => 0,
        Node::File { content, .. } | Node::Link(content) => content.len() as u64,
    }
}
