//! What a turn costs the fold: the same in the first hour and in the tenth.
//!
//! Counted in bytes that are allocated on the test's own thread, so that neither the machine nor other tests
//! have a say in it.

use super::tests::{Run, usage};
use crate::context::Budget;
use anchorhold_model::ModelInfo;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

thread_local! {
    static ALLOCATED: Cell<u64> = const { Cell::new(0) };
}

fn count(bytes: usize) {
    // A thread that ends allocates as well, and nobody asks for its count.
    let _ = ALLOCATED.try_with(|allocated| allocated.set(allocated.get() + bytes as u64));
}

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's promises are those that are asked for here.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// The bytes that a turn allocates: the least of a few, since a list that grows moves now and then.
fn turn(run: &mut Run) -> u64 {
    let budget = Budget { most: u32::MAX };
    let one = |run: &mut Run| {
        run.answer("Going on.", None, usage(10, 10), &[("1", "read_file", "{\"path\":\"a\"}".to_owned())]);
        let result = run.result("1", 3_000);
        let before = ALLOCATED.get();
        run.history.take(&result, None);
        let step = run.history.next_step(budget);
        let sent = run.history.conversation().messages.len();
        let allocated = ALLOCATED.get() - before;
        assert!(step.is_none() && sent > 0);
        allocated
    };
    (0..8).map(|_| one(run)).min().unwrap_or_default()
}

#[test]
fn a_turn_allocates_as_much_after_two_thousand_turns_as_after_ten() {
    let mut run = Run::new();
    run.turn("Do it.", None);
    (0..10).for_each(|_| run.reads("1", 3_000));
    let early = turn(&mut run);
    (0..2_000).for_each(|_| run.reads("1", 3_000));
    let late = turn(&mut run);
    assert!((3_000..20_000).contains(&early), "{early}");
    assert_eq!(early, late);
    assert!(Budget::of(&ModelInfo::default()).most < run.history.tokens(), "it is a long conversation");
}
