//! How much of a history to ask for next.
//!
//! A server sends what is asked for in one piece, and what of a piece has arrived when the connection
//! breaks cannot be used. So the whole is asked for at once, which costs least, and after a break in the
//! middle of much the history is asked for in pieces from its tip backwards, each twice as deep as the one
//! before. Every piece that arrives is kept. A later break costs no more than the piece it is in, and
//! makes the next ones smaller. The smallest is the newest commit with all its files.

use std::num::NonZeroU32;

/// How much deeper the first piece behind the newest commit goes.
const FIRST_GROWTH: u32 = 64;
/// A history that deep comes to its end in one piece: servers take longer to find where a piece begins
/// than to send it.
const DEEPEST: u32 = 1 << 20;

/// How much of a history a server is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Whatever is missing.
    Missing,
    /// So many commits, counted from the tip.
    Commits(NonZeroU32),
    /// All of a history whose beginning is missing here.
    Rest,
}

/// The way to a goal, in one piece or several.
#[derive(Debug)]
pub(crate) struct Course {
    /// How deep it goes; to the beginning where there is no number.
    goal: Option<NonZeroU32>,
    /// How deep the history is that is here, zero where that is not known.
    reached: u32,
    /// Whether the beginning of a history is missing here.
    shallow: bool,
    /// Whether all that was missing was asked for and came. A beginning that is missing after that is missing
    /// on the server too, or is one of another branch.
    rest_came: bool,
    pieces: Pieces,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pieces {
    /// The server, or what is here already, does not allow them.
    Never,
    NotYet,
    Deeper(u32),
}

impl Course {
    /// Begins a course.
    ///
    /// `reached` is how deep a history is here whose beginning is missing, `None` where no beginning is;
    /// `whole` tells that some branch is here from its beginning.
    pub(crate) fn new(goal: Option<NonZeroU32>, reached: Option<u32>, whole: bool, pieces: bool) -> Self {
        // A number would cut off what is here already.
        let goal = goal
            .filter(|_| !whole && pieces)
            .map(|goal| NonZeroU32::new(reached.unwrap_or(0)).map_or(goal, |reached| goal.max(reached)));
        let pieces = if whole || !pieces { Pieces::Never } else { Pieces::NotYet };
        Self { goal, reached: reached.unwrap_or(0), shallow: reached.is_some(), rest_came: false, pieces }
    }

    /// Returns what to ask for.
    pub(crate) fn next(&self) -> Depth {
        let piece = match self.pieces {
            Pieces::Deeper(growth) if self.reached == 0 => Some(growth.min(1)),
            Pieces::Deeper(growth) => Some(self.reached.saturating_add(growth)),
            Pieces::Never | Pieces::NotYet => None,
        };
        let piece = piece.filter(|depth| *depth < DEEPEST).and_then(NonZeroU32::new);
        match (piece, self.goal) {
            (Some(piece), Some(goal)) => Depth::Commits(piece.min(goal)),
            (Some(depth), None) | (None, Some(depth)) => Depth::Commits(depth),
            (None, None) if self.shallow => Depth::Rest,
            (None, None) => Depth::Missing,
        }
    }

    /// Whether what is here is all that is wanted.
    pub(crate) fn is_there(&self) -> bool {
        !self.shallow || self.rest_came || self.goal.is_some_and(|goal| self.reached >= goal.get())
    }

    /// How deep the history is that is here, while its beginning is missing.
    pub(crate) fn reached(&self) -> Option<u32> {
        self.shallow.then_some(self.reached)
    }

    /// A piece arrived; `shallow` tells whether the beginning is missing still.
    pub(crate) fn arrived(&mut self, asked: Depth, shallow: bool) {
        self.shallow = shallow;
        self.rest_came |= asked == Depth::Rest;
        if let Depth::Commits(depth) = asked {
            self.reached = depth.get();
        }
        if let Pieces::Deeper(growth) = &mut self.pieces {
            *growth = growth.saturating_mul(2);
        }
    }

    /// The connection broke; `much` tells whether so much had come that pieces pay.
    pub(crate) fn broke(&mut self, much: bool) {
        self.pieces = match self.pieces {
            Pieces::NotYet if much => Pieces::Deeper(FIRST_GROWTH),
            Pieces::Deeper(growth) => Pieces::Deeper((growth / 2).max(1)),
            pieces @ (Pieces::Never | Pieces::NotYet) => pieces,
        };
    }

    /// The server cannot send pieces: all or nothing.
    pub(crate) fn no_pieces(&mut self) -> bool {
        let had = matches!(self.next(), Depth::Commits(_));
        self.goal = None;
        self.pieces = Pieces::Never;
        had
    }
}

#[cfg(test)]
mod tests {
    use super::{Course, Depth};
    use std::num::NonZeroU32;

    fn commits(depth: u32) -> Depth {
        Depth::Commits(NonZeroU32::new(depth).unwrap_or(NonZeroU32::MIN))
    }

    #[test]
    fn the_whole_is_asked_for_at_once_and_in_growing_pieces_after_a_break() {
        let mut course = Course::new(None, None, false, true);
        assert_eq!(course.next(), Depth::Missing);
        course.broke(false);
        assert_eq!(course.next(), Depth::Missing, "little was lost");
        course.broke(true);
        let mut asked = Vec::new();
        for _ in 0..5 {
            asked.push(course.next());
            course.arrived(course.next(), true);
            assert!(!course.is_there());
        }
        assert_eq!(asked, [1, 129, 385, 897, 1921].map(commits));
        course.arrived(course.next(), false);
        assert!(course.is_there());
    }

    #[test]
    fn a_break_in_a_piece_makes_the_next_one_smaller_and_loses_none() {
        let mut course = Course::new(None, None, false, true);
        course.broke(true);
        course.arrived(course.next(), true);
        course.broke(true);
        course.broke(true);
        assert_eq!(course.next(), commits(33));
        for _ in 0..20 {
            course.broke(true);
        }
        assert_eq!(course.next(), commits(2));
    }

    #[test]
    fn pieces_end_and_the_rest_comes_at_once() {
        let mut course = Course::new(None, None, false, true);
        course.broke(true);
        let mut pieces = 0;
        while course.next() != Depth::Rest {
            course.arrived(course.next(), true);
            pieces += 1;
        }
        assert_eq!(pieces, 14);
    }

    #[test]
    fn a_history_whose_beginning_is_missing_is_completed_and_a_number_is_kept_to() {
        assert_eq!(Course::new(None, Some(65), false, true).next(), Depth::Rest);
        let five = NonZeroU32::new(5);
        let mut course = Course::new(five, None, false, true);
        assert_eq!(course.next(), commits(5));
        course.broke(true);
        assert_eq!(course.next(), commits(1));
        course.arrived(course.next(), true);
        assert_eq!(course.next(), commits(5));
        course.arrived(course.next(), true);
        assert!(course.is_there());
        assert!(Course::new(five, Some(5), false, true).is_there());
        assert!(!Course::new(five, Some(4), false, true).is_there());
    }

    #[test]
    fn the_rest_is_asked_for_once_whatever_beginning_is_missing_after_it() {
        let mut course = Course::new(None, Some(3), false, true);
        assert!(!course.is_there());
        course.arrived(course.next(), true);
        assert!(course.is_there());
    }

    #[test]
    fn what_is_here_from_its_beginning_is_never_cut_off() {
        let mut course = Course::new(NonZeroU32::new(5), None, true, true);
        assert_eq!(course.next(), Depth::Missing);
        course.broke(true);
        assert_eq!(course.next(), Depth::Missing);
    }

    #[test]
    fn a_server_without_pieces_is_asked_for_everything() {
        let mut course = Course::new(NonZeroU32::new(5), None, false, true);
        assert!(course.no_pieces());
        assert_eq!(course.next(), Depth::Missing);
        assert!(!course.no_pieces());
    }
}
