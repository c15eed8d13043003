//! What holds for all agents, and what they used today.

use super::Engine;
use crate::EngineError;
use anchorhold_domain::{Agent, DayUsage, Limits, Settings};

/// The most agents that can run at once. Each holds a container with memory of its own.
const MOST_SLOTS: u32 = 64;

impl Engine {
    /// Returns what holds for all agents.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn settings(&self) -> Result<Settings, EngineError> {
        Ok(*self.shared.settings.borrow())
    }

    /// Keeps other settings; they hold at once, also for agents at work. An agent that a limit of the day
    /// held goes on where the new ones do not hold it; one that only the user lets go on says that they can.
    ///
    /// # Errors
    /// [`EngineError::Settings`] where no agent could run, and those of the store.
    pub async fn set_settings(&self, settings: Settings) -> Result<(), EngineError> {
        check(&settings)?;
        self.shared.store.set_settings(&settings).await?;
        let before = self.shared.settings.send_replace(settings);
        if before.day_limits != settings.day_limits {
            // They are kept by now, whatever becomes of those whom they held.
            if let Err(error) = self.release_all().await {
                tracing::warn!(error = error.message(), "agents that the day's limits held stay held");
            }
        }
        Ok(())
    }

    /// Returns what all agents together used today.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn day_usage(&self) -> Result<DayUsage, EngineError> {
        Ok(self.shared.ledger.today())
    }

    /// Returns what each agent used today that used anything, deleted ones among them, the most first.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn day_usage_by_agent(&self) -> Result<Vec<(Agent, DayUsage)>, EngineError> {
        let mut used = Vec::new();
        for (id, usage) in self.shared.ledger.by_agent() {
            used.push((self.shared.store.agent(id).await?, usage));
        }
        let most = |usage: &DayUsage| (usage.cost, usage.usage.total(), usage.seconds);
        used.sort_by(|(one, a), (other, b)| most(b).cmp(&most(a)).then_with(|| one.name.cmp(&other.name)));
        Ok(used)
    }
}

fn check(settings: &Settings) -> Result<(), EngineError> {
    if !(1..=MOST_SLOTS).contains(&settings.slots) {
        let reason = format!("between 1 and {MOST_SLOTS} agents can run at once, and not {}", settings.slots);
        return Err(EngineError::Settings { code: "slots_invalid", reason });
    }
    let Limits { tokens, turns, seconds, money } = settings.day_limits;
    match [tokens, turns, seconds, money].contains(&Some(0)) {
        true => Err(EngineError::Settings {
            code: "limit_zero",
            reason:
                "with a limit of nothing in a day no agent would ever run; leave it out, or set a higher one"
                    .to_owned(),
        }),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_with_which_no_agent_could_run_are_refused() {
        let code = |settings: Settings| check(&settings).err().map(|error| error.code());
        let limited = |day_limits| Settings { day_limits, ..Settings::default() };
        let slots = [0, 1, MOST_SLOTS, MOST_SLOTS + 1].map(|slots| Settings { slots, ..Settings::default() });
        assert_eq!(slots.map(code), [Some("slots_invalid"), None, None, Some("slots_invalid")]);
        let none = Limits::default();
        let limits = [
            Limits { tokens: Some(0), ..none },
            Limits { turns: Some(0), ..none },
            Limits { seconds: Some(0), ..none },
            Limits { money: Some(0), ..none },
            Limits { tokens: Some(1), turns: Some(1), seconds: Some(1), money: Some(1) },
        ];
        let zero = Some("limit_zero");
        assert_eq!(limits.map(limited).map(code), [zero, zero, zero, zero, None]);
    }
}
