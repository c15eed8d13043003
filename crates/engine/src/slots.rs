//! Slots: how many agents are at work at once. Whoever comes first has one first.
//!
//! A slot is held from a start or a resume until the run ends, however it ends: an agent that is paused or
//! completed has none. The number follows the settings while agents wait; those that have a slot keep it
//! when it becomes smaller.

use anchorhold_domain::Settings;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{oneshot, watch};

/// The slots of a data folder.
#[derive(Debug)]
pub(crate) struct Slots {
    /// A number that holds whatever the settings say.
    fixed: Option<usize>,
    settings: watch::Receiver<Settings>,
    line: Mutex<Line>,
}

#[derive(Debug, Default)]
struct Line {
    taken: usize,
    next_ticket: u64,
    waiting: VecDeque<(u64, oneshot::Sender<Slot>)>,
}

/// A slot; dropping it lets the next one go.
#[derive(Debug)]
pub(crate) struct Slot {
    slots: Arc<Slots>,
}

/// What somebody gets who asks for a slot.
#[derive(Debug)]
pub(crate) enum Place {
    /// A free slot.
    Slot(Slot),
    /// A place in the line.
    Line(Waiting),
}

/// A place in the line; dropping it gives it up.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// How many are ahead of it.
    pub(crate) ahead: u32,
    ticket: u64,
    slot: oneshot::Receiver<Slot>,
    slots: Arc<Slots>,
}

impl Slots {
    pub(crate) fn new(fixed: Option<usize>, settings: watch::Receiver<Settings>) -> Arc<Self> {
        Arc::new(Self { fixed, settings, line: Mutex::default() })
    }

    /// Takes a slot, or the last place in the line.
    pub(crate) fn enter(self: &Arc<Self>) -> Place {
        // The number may have grown since anybody looked; those who wait go first.
        self.hand_out();
        let mut line = self.line();
        if line.taken < self.size() && line.waiting.is_empty() {
            line.taken += 1;
            return Place::Slot(Slot { slots: Arc::clone(self) });
        }
        let (sender, slot) = oneshot::channel();
        let ticket = line.next_ticket;
        line.next_ticket += 1;
        let ahead = u32::try_from(line.waiting.len()).unwrap_or(u32::MAX);
        line.waiting.push_back((ticket, sender));
        Place::Line(Waiting { ahead, ticket, slot, slots: Arc::clone(self) })
    }

    /// Gives free slots to those who wait longest.
    fn hand_out(self: &Arc<Self>) {
        while let Some(sender) = self.next() {
            // A slot that nobody takes any more comes back when it is dropped.
            let _ = sender.send(Slot { slots: Arc::clone(self) });
        }
    }

    fn next(&self) -> Option<oneshot::Sender<Slot>> {
        let mut line = self.line();
        if line.taken >= self.size() {
            return None;
        }
        let (_, sender) = line.waiting.pop_front()?;
        line.taken += 1;
        Some(sender)
    }

    fn size(&self) -> usize {
        let wanted = self.settings.borrow().slots;
        self.fixed.unwrap_or(usize::try_from(wanted).unwrap_or(usize::MAX)).max(1)
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// Waits for the slot.
    pub(crate) async fn slot(mut self) -> Slot {
        let mut settings = self.slots.settings.clone();
        let mut follows = true;
        loop {
            tokio::select! {
                slot = &mut self.slot => match slot {
                    Ok(slot) => return slot,
                    // The sender stands in the line, which outlives whoever waits in it.
                    Err(_) => std::future::pending().await,
                },
                changed = settings.changed(), if follows => match changed {
                    Ok(()) => self.slots.hand_out(),
                    Err(_) => follows = false,
                },
            }
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let ticket = self.ticket;
        self.slots.line().waiting.retain(|(waits, _)| *waits != ticket);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.line().taken -= 1;
        self.slots.hand_out();
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{Place, Slot, Slots, Waiting};
    use anchorhold_domain::Settings;
    use futures_util::FutureExt;
    use std::sync::Arc;
    use tokio::sync::watch;

    fn slots(size: u32) -> (Arc<Slots>, watch::Sender<Settings>) {
        let (settings, watched) = watch::channel(Settings { slots: size, ..Settings::default() });
        (Slots::new(None, watched), settings)
    }

    fn taken(slots: &Arc<Slots>) -> Slot {
        match slots.enter() {
            Place::Slot(slot) => slot,
            Place::Line(_) => panic!("there is no free slot"),
        }
    }

    fn waiting(slots: &Arc<Slots>) -> Waiting {
        match slots.enter() {
            Place::Slot(_) => panic!("there is a free slot"),
            Place::Line(waiting) => waiting,
        }
    }

    #[tokio::test]
    async fn slots_go_to_those_who_wait_longest_and_a_place_given_up_is_passed_over() {
        let (slots, _settings) = slots(1);
        let first = taken(&slots);
        let (second, third, fourth) = (waiting(&slots), waiting(&slots), waiting(&slots));
        assert_eq!([second.ahead, third.ahead, fourth.ahead], [0, 1, 2]);
        drop(third);
        let mut fourth = Box::pin(fourth.slot());
        assert!(fourth.as_mut().now_or_never().is_none());
        drop(first);
        assert!(fourth.as_mut().now_or_never().is_none());
        let second = second.slot().await;
        assert!(fourth.as_mut().now_or_never().is_none());
        drop(second);
        fourth.await;
    }

    #[tokio::test]
    async fn a_slot_that_came_to_a_place_given_up_is_not_lost() {
        let (slots, _settings) = slots(1);
        let first = taken(&slots);
        let second = waiting(&slots);
        drop(first);
        drop(second);
        taken(&slots);
    }

    #[tokio::test]
    async fn more_slots_let_those_who_wait_go_at_once_and_fewer_take_none_away() {
        let (slots, settings) = slots(1);
        let first = taken(&slots);
        let (second, third) = (waiting(&slots), waiting(&slots));
        let second = tokio::spawn(second.slot());
        settings.send_modify(|settings| settings.slots = 2);
        let second = second.await.unwrap();
        settings.send_modify(|settings| settings.slots = 1);
        let mut third = Box::pin(third.slot());
        drop(first);
        assert!(third.as_mut().now_or_never().is_none());
        drop(second);
        third.await;
    }

    #[tokio::test]
    async fn a_settings_change_that_nobody_waited_for_counts_for_the_next_one() {
        let (slots, settings) = slots(1);
        let _first = taken(&slots);
        settings.send_modify(|settings| settings.slots = 2);
        taken(&slots);
    }
}
