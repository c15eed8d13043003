//! Connections that break or go silent in the middle, between us and a real server.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::num::NonZeroU32;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

use anchorhold_repo::{Base, Credentials, FetchPhase, FetchProgress, FetchWish, Mirror, Patience, RepoError};
use anchorhold_testkit::GitServer;
use common::front::{Fate, Front};
use common::{Place, git};

/// A history of a few large files, none of which compresses.
struct Site {
    server: GitServer,
    place: Place,
    front: Front,
}

const COMMITS: u32 = 12;
const FILE_BYTES: usize = 200_000;

impl Site {
    fn start(fates: &[Fate]) -> Self {
        let place = Place::empty();
        for n in 1..=COMMITS {
            place.write("noise.bin", &noise(n));
            place.commit(&format!("commit {n}"));
        }
        let (server, _) = place.served(GitServer::start);
        let front = Front::before(&server.host(), fates);
        Self { server, place, front }
    }

    fn mirror(&self) -> Mirror {
        self.place.mirror_of(&self.front.url("hello"))
    }

    fn credentials(&self) -> Credentials {
        Credentials::https(self.front.host(), self.server.user(), self.server.password())
    }

    fn fetch(&self, mirror: &Mirror, wish: &FetchWish) -> (Result<Base, RepoError>, Vec<FetchProgress>) {
        let mut told = Vec::new();
        let outcome = mirror.fetch_wish(wish, &self.credentials(), &mut |progress| {
            told.push(progress);
            ControlFlow::Continue(())
        });
        (outcome, told)
    }

    /// The mirror's own repository.
    fn source(&self, mirror: &Mirror) -> PathBuf {
        self.place.dir.path().join("mirrors").join(mirror.remote().slug()).join("mirror.git")
    }

    /// Asserts that nothing of a fetch is left beside the mirror, and that what is in it is whole.
    fn assert_whole(&self, mirror: &Mirror) {
        let source = self.source(mirror);
        let mut left: Vec<_> = std::fs::read_dir(source.parent().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(left, ["agents.git", "mirror.git"]);
        for entry in std::fs::read_dir(source.join("objects/pack")).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(name.starts_with("pack-"), "{name}");
        }
        git(&source, &["fsck", "--strict", "--connectivity-only"]).unwrap();
    }

    fn packs_asked_for(&self) -> usize {
        self.front.heard().iter().filter(|line| line.starts_with("POST ")).count()
    }

    fn history(&self, mirror: &Mirror) -> String {
        git(&self.source(mirror), &["rev-list", "--count", "refs/anchorhold/heads/main"]).unwrap()
    }
}

/// Bytes that look random and are the same every time.
fn noise(seed: u32) -> Vec<u8> {
    let mut state = u64::from(seed) | 1 << 40;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    std::iter::repeat_with(next).take(FILE_BYTES).collect()
}

/// Waits so short that no test notices them.
fn quick(tries: usize, pieces_from_bytes: usize) -> FetchWish {
    let waits = vec![Duration::from_millis(1); tries];
    let patience = Patience { waits, pieces_from_bytes, ..Patience::default() };
    FetchWish { patience, ..FetchWish::whole("main") }
}

/// How often a fetch told of a break.
fn breaks_told(told: &[FetchProgress]) -> usize {
    let broken = |told: &FetchProgress| matches!(told.phase, FetchPhase::Broken { .. });
    told.windows(2).filter(|pair| !broken(&pair[0]) && broken(&pair[1])).count()
}

const NEVER: usize = usize::MAX;

#[test]
fn a_fetch_that_breaks_in_the_middle_is_tried_again_and_says_so() {
    let site = Site::start(&[Fate::Breaks(300_000), Fate::Breaks(500_000)]);
    let mirror = site.mirror();
    let (outcome, told) = site.fetch(&mirror, &quick(5, NEVER));
    assert_eq!(outcome.unwrap().commit, site.place.git(&["rev-parse", "HEAD"]));
    assert_eq!(breaks_told(&told), 2, "{:#?} {:?}", site.front.heard(), told.last());
    assert!(told.windows(2).all(|pair| pair[0].received_bytes <= pair[1].received_bytes), "bytes only grow");
    assert_eq!(site.packs_asked_for(), 3);
    site.assert_whole(&mirror);
}

#[test]
fn a_server_that_dies_in_the_middle_and_stays_away_is_an_error_that_tells_how_often_it_was_tried() {
    let mut site = Site::start(&[Fate::Breaks(300_000)]);
    let mirror = site.mirror();
    let wish = quick(3, NEVER);
    let mut told = Vec::new();
    let credentials = site.credentials();
    let error = mirror
        .fetch_wish(&wish, &credentials, &mut |progress| {
            if matches!(progress.phase, FetchPhase::Broken { .. }) {
                site.server.stop();
            }
            told.push(progress);
            ControlFlow::Continue(())
        })
        .unwrap_err();
    assert_eq!((error.code(), breaks_told(&told)), ("repository_unreachable", 3));
    let message = error.to_string();
    assert!(
        message.starts_with(&format!("fetch main from {}, tried 4 times: ", mirror.remote())),
        "{message}"
    );
    assert!(error.hint().is_some());
    site.assert_whole(&mirror);
}

#[test]
fn a_wait_for_the_next_try_is_cancelled_at_once() {
    let site = Site::start(&[Fate::Breaks(300_000)]);
    let mirror = site.mirror();
    let mut wish = quick(1, NEVER);
    wish.patience.waits = vec![Duration::from_secs(3600)];
    let mut last = None;
    let error = mirror
        .fetch_wish(&wish, &site.credentials(), &mut |progress| {
            last = Some(progress.phase);
            match progress.phase {
                FetchPhase::Broken { .. } => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        })
        .unwrap_err();
    assert_eq!((error.code(), last), ("cancelled", Some(FetchPhase::Broken { again_in_s: 3600 })));
    site.assert_whole(&mirror);
}

#[test]
fn a_server_that_stalls_in_the_middle_is_left_and_asked_again() {
    let site = Site::start(&[Fate::Stalls(600_000)]);
    let mirror = site.mirror();
    let mut wish = quick(2, NEVER);
    wish.patience.stall = Duration::from_millis(300);
    let (outcome, told) = site.fetch(&mirror, &wish);
    assert_eq!(outcome.unwrap().commit, site.place.git(&["rev-parse", "HEAD"]));
    assert_eq!(breaks_told(&told), 1);
    let source = site.source(&mirror);
    git(&source, &["fsck", "--strict", "--connectivity-only"]).unwrap();
    assert_eq!(site.history(&mirror), COMMITS.to_string());
}

#[test]
fn after_a_break_in_the_middle_of_much_the_history_comes_in_pieces_that_are_kept() {
    // The whole breaks. A piece takes two requests: the newest commit passes, and the rest breaks once.
    let breaks = Fate::Breaks(700_000);
    let site = Site::start(&[breaks, Fate::Passes, Fate::Passes, Fate::Passes, breaks]);
    let mirror = site.mirror();
    let (outcome, told) = site.fetch(&mirror, &quick(1, 100_000));
    let head = site.place.git(&["rev-parse", "HEAD"]);
    assert_eq!(outcome.unwrap().commit, head);
    assert_eq!(breaks_told(&told), 2);
    assert_eq!(site.history(&mirror), COMMITS.to_string());
    assert!(!mirror.is_shallow().unwrap());
    site.assert_whole(&mirror);
}

#[test]
fn a_break_costs_no_piece_that_had_arrived() {
    // The whole breaks, the newest commit passes (it takes two requests), and from then on nothing does.
    let breaks = Fate::Breaks(700_000);
    let site = Site::start(&[breaks, Fate::Passes, Fate::Passes, breaks, breaks, breaks, breaks, breaks]);
    let mirror = site.mirror();
    let (outcome, _) = site.fetch(&mirror, &quick(1, 100_000));
    assert_eq!(outcome.unwrap_err().code(), "repository_unreachable");
    assert!(mirror.is_shallow().unwrap());
    assert_eq!(site.history(&mirror), "1");
    site.assert_whole(&mirror);

    // The next fetch completes it and receives what is missing alone.
    site.front.let_next(&[]);
    let (outcome, told) = site.fetch(&mirror, &quick(0, NEVER));
    outcome.unwrap();
    let received = told.last().unwrap().received_bytes;
    let all = FILE_BYTES * COMMITS as usize;
    assert!(received < all, "{received} of {all}");
    assert_eq!(site.history(&mirror), COMMITS.to_string());
    assert!(!mirror.is_shallow().unwrap());
    site.assert_whole(&mirror);
}

#[test]
fn what_is_no_fault_of_the_network_is_not_tried_again() {
    let site = Site::start(&[]);
    let mirror = site.mirror();
    let wrong = Credentials::https(site.front.host(), site.server.user(), "wrong");
    let error = mirror.fetch_wish(&quick(5, NEVER), &wrong, &mut common::keep_going).unwrap_err();
    assert_eq!(error.code(), "repository_sign_in");
    let asked = site.front.heard();
    assert_eq!(asked.iter().filter(|line| line.contains("uthorization")).count(), 1, "{asked:?}");
    let missing = site.place.mirror_of(&site.front.url("nothing"));
    let error =
        missing.fetch_wish(&quick(5, NEVER), &site.credentials(), &mut common::keep_going).unwrap_err();
    assert_eq!(error.code(), "repository_not_found");
    assert_eq!(site.packs_asked_for(), 0);
}

#[test]
fn what_a_dead_process_left_is_removed_and_a_finished_fetch_is_not() {
    let site = Site::start(&[]);
    let mirror = site.mirror();
    let (outcome, _) = site.fetch(&mirror, &quick(0, NEVER));
    outcome.unwrap();
    let source = site.source(&mirror);
    let left = source.parent().unwrap().join("incoming-0-7.git");
    std::fs::create_dir_all(left.join("objects/pack")).unwrap();
    std::fs::write(left.join("objects/pack/pack_git2_half"), "PACK").unwrap();
    std::fs::write(source.join("objects/pack/pack_git2_old"), "PACK").unwrap();
    let again = site.mirror();
    site.assert_whole(&again);
    assert_eq!(site.history(&again), COMMITS.to_string());
}

#[test]
fn a_depth_is_kept_to_until_everything_is_wanted() {
    let site = Site::start(&[]);
    let mirror = site.mirror();
    let wish = FetchWish { depth: NonZeroU32::new(3), ..quick(0, NEVER) };
    let (outcome, told) = site.fetch(&mirror, &wish);
    outcome.unwrap();
    assert_eq!((site.history(&mirror).as_str(), mirror.is_shallow().unwrap()), ("3", true));
    assert!(told.last().unwrap().received_bytes < 4 * FILE_BYTES + 100_000);
    // The second agent with the same wish downloads nothing.
    let packs = site.packs_asked_for();
    site.fetch(&mirror, &wish).0.unwrap();
    assert_eq!(site.packs_asked_for(), packs);
    site.fetch(&mirror, &quick(0, NEVER)).0.unwrap();
    assert_eq!((site.history(&mirror), mirror.is_shallow().unwrap()), (COMMITS.to_string(), false));
    // And what is here is not given up again.
    site.fetch(&mirror, &wish).0.unwrap();
    assert_eq!((site.history(&mirror), mirror.is_shallow().unwrap()), (COMMITS.to_string(), false));
    site.assert_whole(&mirror);
}
