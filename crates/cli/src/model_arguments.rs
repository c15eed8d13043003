//! What can be said of models.

use anchorhold_domain::{Agent, Effort, ModelChoice, Wire};
use anchorhold_engine::scripted;
use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum ModelsVerb {
    /// Asks a model for a word and a tool call, and says what is wrong.
    Test {
        /// The model, such as anthropic/claude-opus-5.
        #[arg(value_name = "PROVIDER/MODEL")]
        model: String,
        /// The address of the model's server where it is not the provider's own.
        #[arg(long, value_name = "URL")]
        base_url: Option<String>,
        /// How the server is spoken to: chat, responses, messages or gemini.
        #[arg(long, value_name = "WIRE", value_parser = wire)]
        wire: Option<Wire>,
        /// Prints the result as JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Which model an agent goes on with. What is not named stays; address and wire stay with the provider.
#[derive(Debug, Args)]
pub(crate) struct OtherModelOptions {
    /// Goes on with this model, such as openai/gpt-5.2.
    #[arg(long, value_name = "PROVIDER/MODEL")]
    model: Option<String>,
    /// The model that stands in where that one fails; `none` for none.
    #[arg(long, value_name = "PROVIDER/MODEL|none")]
    fallback: Option<String>,
    /// The address of the model's server where it is not the provider's own.
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// How the server is spoken to: chat, responses, messages or gemini.
    #[arg(long, value_name = "WIRE", value_parser = wire)]
    wire: Option<Wire>,
    /// How much the model thinks before it answers: low, medium or high.
    #[arg(long, value_name = "EFFORT", value_parser = effort)]
    effort: Option<Effort>,
}

impl OtherModelOptions {
    /// The agent's model and the one that stands in, with what was named of them; `None` where nothing was.
    pub(crate) fn models(&self, agent: &Agent) -> Option<(ModelChoice, Option<ModelChoice>)> {
        let Self { model, fallback, base_url, wire, effort } = self;
        if model.is_none() && fallback.is_none() && base_url.is_none() && wire.is_none() && effort.is_none() {
            return None;
        }
        let before = &agent.model;
        let chosen = model.as_deref().map_or_else(|| before.clone(), |named| choice(named, None));
        let same_provider = chosen.provider == before.provider;
        let chosen = ModelChoice {
            base_url: base_url.clone().or_else(|| before.base_url.clone().filter(|_| same_provider)),
            wire: wire.or(before.wire.filter(|_| same_provider)),
            effort: effort.or(before.effort),
            ..chosen
        };
        let fallback = match fallback.as_deref() {
            None => agent.fallback.clone(),
            Some("none") => None,
            Some(named) => Some(choice(named, None)),
        };
        Some((chosen, fallback))
    }
}

/// The choice that `provider/model` means; a name alone is one of OpenAI.
pub(crate) fn choice(named: &str, base_url: Option<&str>) -> ModelChoice {
    let (provider, name) = named.split_once('/').unwrap_or(("openai", named));
    let chosen = scripted();
    if provider == chosen.provider && base_url.is_none() {
        return chosen;
    }
    ModelChoice {
        provider: provider.to_owned(),
        name: name.to_owned(),
        base_url: base_url.map(str::to_owned),
        wire: None,
        effort: None,
    }
}

pub(crate) fn wire(text: &str) -> Result<Wire, String> {
    match text {
        "chat" => Ok(Wire::Chat),
        "responses" => Ok(Wire::Responses),
        "messages" => Ok(Wire::Messages),
        "gemini" => Ok(Wire::Gemini),
        _ => Err("chat, responses, messages or gemini".to_owned()),
    }
}

pub(crate) fn effort(text: &str) -> Result<Effort, String> {
    match text {
        "low" => Ok(Effort::Low),
        "medium" => Ok(Effort::Medium),
        "high" => Ok(Effort::High),
        _ => Err("low, medium or high".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::{OtherModelOptions, choice};
    use anchorhold_domain::{
        Agent, AgentId, Delivery, Effort, FileRules, Limits, ModelChoice, NewAgent, Timestamp, Wire,
    };
    use clap::{Args, Command, FromArgMatches};
    use uuid::Uuid;

    /// What an agent goes on with that asks `compatible/a` at an address of its own, with a fallback.
    fn models(words: &[&str]) -> Option<(ModelChoice, Option<ModelChoice>)> {
        let new = NewAgent {
            name: "Errand".to_owned(),
            task: "Do it.".to_owned(),
            github_repo: "octo/hello".to_owned(),
            source_branch: "main".to_owned(),
            target_branch: "agent/work".to_owned(),
            history_depth: None,
            model: model("compatible", "a", true),
            fallback: Some(choice("openai/b", None)),
            limits: Limits::default(),
            files: FileRules::default(),
            delivery: Delivery::default(),
        };
        let agent = Agent::new(AgentId(Uuid::nil()), new, "local".to_owned(), Timestamp(1));
        let command = OtherModelOptions::augment_args(Command::new("resume").no_binary_name(true));
        OtherModelOptions::from_arg_matches(&command.try_get_matches_from(words).unwrap())
            .unwrap()
            .models(&agent)
    }

    /// A model, with an address and a wire of its own or those that are its provider's.
    fn model(provider: &str, name: &str, own: bool) -> ModelChoice {
        ModelChoice {
            provider: provider.to_owned(),
            name: name.to_owned(),
            base_url: own.then(|| "http://localhost:8000/v1".to_owned()),
            wire: own.then_some(Wire::Responses),
            effort: Some(Effort::High),
        }
    }

    #[test]
    fn what_is_not_named_of_the_model_stays_and_address_and_wire_stay_with_the_provider() {
        let stands_in = Some(choice("openai/b", None));
        assert_eq!(models(&[]), None);
        let slip = models(&["--model", "compatible/c"]);
        assert_eq!(slip, Some((model("compatible", "c", true), stands_in.clone())));
        let other = models(&["--model", "openai/c"]);
        assert_eq!(other, Some((model("openai", "c", false), stands_in.clone())));
        let elsewhere = ["--base-url", "http://localhost:1/v1", "--wire", "chat", "--effort", "low"];
        let moved = ModelChoice {
            base_url: Some("http://localhost:1/v1".to_owned()),
            wire: Some(Wire::Chat),
            effort: Some(Effort::Low),
            ..model("compatible", "a", true)
        };
        assert_eq!(models(&elsewhere), Some((moved, stands_in)));
        let alone = models(&["--fallback", "none"]);
        assert_eq!(alone, Some((model("compatible", "a", true), None)));
        let another = models(&["--fallback", "gemini/d"]);
        assert_eq!(another, Some((model("compatible", "a", true), Some(choice("gemini/d", None)))));
    }
}
