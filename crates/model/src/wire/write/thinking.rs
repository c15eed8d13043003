//! What models of one provider may be asked for in the way of thinking, by their names: a field that a
//! model does not know is an error on these wires.

use anchorhold_domain::{Effort, Wire};
use serde_json::{Map, Value, json};

/// The longest answer that is asked for where a request must name a length: what is kept free for the
/// answer is lost to the conversation.
const LONGEST_ANSWER: u32 = 32_000;
/// The least that a model takes as its budget for thinking.
const LEAST_BUDGET: u32 = 1_024;

pub(super) fn word(effort: Effort) -> &'static str {
    match effort {
        Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High => "high",
    }
}

/// Tokens to think in, for models that are told a number.
fn budget(effort: Effort) -> u32 {
    match effort {
        Effort::Low => 1_024,
        Effort::Medium => 8_000,
        Effort::High => 24_000,
    }
}

/// Whether a wire may be asked for reasoning: two refuse that for models that have none.
pub(super) fn reasons(wire: Wire, model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or_default();
    let none: &[&str] = match wire {
        Wire::Responses => &["gpt-3.5", "gpt-4", "gpt-5-chat", "chatgpt-4o"],
        Wire::Gemini => &["gemini-1.", "gemini-2.0", "gemma-3"],
        Wire::Chat | Wire::Messages => &[],
    };
    !none.iter().any(|start| name.starts_with(start))
}

/// How a model of Anthropic's is asked to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claude {
    /// It is told a number of tokens.
    Budget,
    /// It is told how hard, and a budget if at all.
    Effort,
    /// It is told how hard, and decides by itself where to think.
    Adaptive,
}

/// <https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking> and its page on effort.
fn claude(model: &str) -> Claude {
    let Some((_, rest)) = model.split_once("claude-") else { return Claude::Budget };
    let mut words = rest.split('-');
    let family = words.next().unwrap_or_default();
    // A longer number is a date.
    let mut number = || words.next().filter(|word| word.len() <= 2).and_then(|word| word.parse::<u32>().ok());
    let version = number().map(|major| (major, number().unwrap_or(0)));
    let since = |least: (u32, u32)| version.is_some_and(|version| version >= least);
    match family {
        "fable" | "mythos" => Claude::Adaptive,
        "opus" | "sonnet" if since((4, 6)) => Claude::Adaptive,
        "opus" if since((4, 5)) => Claude::Effort,
        "haiku" if since((5, 0)) => Claude::Adaptive,
        _ => Claude::Budget,
    }
}

/// The length of the longest answer that a request of the wire of Messages names.
fn longest_answer(model: &str, limit: Option<u32>) -> u32 {
    let usual = match model.split_once("claude-").map(|(_, rest)| rest) {
        Some(rest) if rest.starts_with("3-5") => 8_192,
        Some(rest) if ["3-opus", "3-sonnet", "3-haiku"].iter().any(|old| rest.starts_with(old)) => 4_096,
        _ => LONGEST_ANSWER,
    };
    limit.unwrap_or(usual).min(LONGEST_ANSWER)
}

/// The fields of a request of the wire of Messages that are about thinking and length.
pub(super) fn of_messages(model: &str, effort: Option<Effort>, limit: Option<u32>) -> Map<String, Value> {
    let longest = longest_answer(model, limit);
    let mut fields = Map::new();
    if let Some(effort) = effort {
        let way = claude(model);
        if way != Claude::Budget {
            fields.insert("output_config".to_owned(), json!({ "effort": word(effort) }));
        }
        // What is thought counts as written.
        let budget = budget(effort).min(longest / 2);
        match way {
            Claude::Adaptive => {
                fields.insert("thinking".to_owned(), json!({"type": "adaptive", "display": "summarized"}));
            }
            Claude::Budget if budget >= LEAST_BUDGET => {
                let thinking = json!({"type": "enabled", "budget_tokens": budget});
                fields.insert("thinking".to_owned(), thinking);
            }
            Claude::Budget | Claude::Effort => {}
        }
    }
    fields.insert("max_tokens".to_owned(), longest.into());
    fields
}

/// How Gemini is asked to think; null where it cannot be.
/// <https://ai.google.dev/gemini-api/docs/thinking>
pub(super) fn of_gemini(model: &str, effort: Option<Effort>) -> Value {
    if !reasons(Wire::Gemini, model) {
        return Value::Null;
    }
    let levels = ["gemini-3", "gemma-4"].iter().any(|start| model.contains(start));
    match effort {
        Some(effort) if levels => {
            json!({"thinkingLevel": word(effort).to_uppercase(), "includeThoughts": true})
        }
        Some(effort) => json!({"thinkingBudget": budget(effort), "includeThoughts": true}),
        None => json!({"includeThoughts": true}),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::indexing_slicing, reason = "tests")]

    use super::*;

    #[test]
    fn each_model_is_asked_to_think_in_its_own_way() {
        let ways = [
            ("claude-opus-4-20250514", Claude::Budget),
            ("claude-opus-4-5-20251101", Claude::Effort),
            ("claude-opus-4-6", Claude::Adaptive),
            ("claude-opus-5", Claude::Adaptive),
            ("claude-sonnet-4-5", Claude::Budget),
            ("claude-sonnet-4-6", Claude::Adaptive),
            ("anthropic/claude-sonnet-5", Claude::Adaptive),
            ("claude-haiku-4-5-20251001", Claude::Budget),
            ("claude-3-7-sonnet-latest", Claude::Budget),
            ("claude-fable-1", Claude::Adaptive),
            ("some-other-model", Claude::Budget),
        ];
        for (model, way) in ways {
            assert_eq!(claude(model), way, "{model}");
        }
    }

    #[test]
    fn a_budget_leaves_room_for_the_answer() {
        let of = |limit| of_messages("claude-sonnet-4-5", Some(Effort::High), limit);
        assert_eq!(of(Some(64_000))["thinking"]["budget_tokens"], 16_000);
        assert_eq!(of(Some(64_000))["max_tokens"], 32_000);
        assert_eq!(of(Some(8_192))["thinking"]["budget_tokens"], 4_096);
        assert_eq!(of(Some(2_000)).get("thinking"), None);
        assert_eq!(of_messages("claude-3-opus-20240229", None, None)["max_tokens"], 4_096);
    }

    #[test]
    fn gemini_is_told_a_level_or_a_number() {
        let of = |model| of_gemini(model, Some(Effort::Low));
        assert_eq!(of("gemini-3-pro")["thinkingLevel"], "LOW");
        assert_eq!(of("gemini-2.5-flash")["thinkingBudget"], 1_024);
        assert_eq!(of("gemini-2.0-flash"), Value::Null);
        assert_eq!(of_gemini("gemini-2.5-pro", None), json!({"includeThoughts": true}));
    }
}
