//! What can be said to `anchorctl`.

use crate::account_arguments::AccountVerb;
use crate::delivery_arguments::{DeliveryOptions, OtherDeliveryOptions};
use crate::file_arguments::{FileOptions, OtherFileOptions};
use crate::model_arguments::{ModelsVerb, OtherModelOptions, effort, wire};
use anchorhold_domain::{Effort, Limits, Wire};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// How every command ends.
const STATUS: &str = "\
Exit status: 0 done, 1 the agent, the push or the program failed, 2 usage, 3 no container engine, 4 the agent waits for \
an answer, 5 a limit was reached, 130 interrupted.";

/// Runs coding agents in sealed containers on this machine.
///
/// Data lies in the folder that ANCHORHOLD_HOME names, else in the system's place for it. The
/// container engine is the one that --engine names, else DOCKER_HOST, else Docker's context in use,
/// else the first that is found.
#[derive(Debug, Parser)]
#[command(name = "anchorctl", version, after_long_help = STATUS)]
pub(crate) struct Arguments {
    /// The container engine: an address such as ssh://user@host, or a Docker context's name.
    #[arg(long, global = true, value_name = "ADDRESS|CONTEXT")]
    pub(crate) engine: Option<String>,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Runs one agent from create to completed, and pushes if asked to.
    ///
    /// Ctrl-C stops the agent, which `anchorctl resume` lets go on.
    #[command(after_long_help = STATUS)]
    Run(Box<RunOptions>),
    /// Shows the main job on a sample repository with a recorded model, without account or network.
    Demo(DemoOptions),
    /// Lists the agents.
    Agents {
        /// Prints one agent a line, as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Prints an agent's log.
    Log {
        /// The agent's id or name.
        agent: String,
        /// Prints one event a line, as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Prints an agent as JSON: its fields, tool calls, edited files with diffs, and queue.
    Record {
        /// The agent's id or name.
        agent: String,
    },
    /// Prints everything that an agent changed, as a patch.
    Diff {
        /// The agent's id or name.
        agent: String,
    },
    /// Starts an agent that is idle, or starts it anew after an error.
    Start(AgentOptions),
    /// Lets a paused, failed or completed agent run on, with what is named of its model, limits, files and delivery.
    ///
    /// What is not named stays as it is.
    Resume(Box<ResumeOptions>),
    /// Lets a paused agent say in one last answer how far it came, whatever its limits, and completes it.
    WrapUp(AgentOptions),
    /// Answers the question that an agent asked, and lets it run on.
    Answer(SayOptions),
    /// Queues an instruction; a completed agent takes it up at once, another one when it goes on.
    Instruct(SayOptions),
    /// Pushes what an agent changed to its target branch, or shows what a push would do.
    Push(PushOptions),
    /// Opens the pull request of an agent's target branch, or brings it to another title and text.
    PullRequest(PullRequestOptions),
    /// Shows what came back for an agent's pull request, and makes an instruction of it.
    ///
    /// What is taken sets the agent to work, and the exit status is then that of `run`.
    Feedback(FeedbackOptions),
    /// Lists open issues of a repository on GitHub.
    Issues {
        /// The repository: owner/name, or its address.
        repo: String,
        /// Only those that match.
        text: Option<String>,
        /// Prints one issue a line, as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Deletes an agent and its container; its log is kept, and `anchorctl restore` takes it back.
    Delete(AgentOptions),
    /// Takes a deletion back; the agent is named by its id, which `delete` printed.
    Restore(AgentOptions),
    /// Lists the container engines that can be chosen, and how they answer.
    Engines {
        /// Prints one engine a line, as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Shows what holds for all agents, and sets what is named.
    Settings(SettingsOptions),
    /// Shows what each agent used today, from midnight on: money, tokens and requests.
    Usage {
        /// Prints one agent a line, as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists the models that can be chosen, with what they read and cost, or tests one.
    ///
    /// Providers whose key is at hand and model servers found on this machine come first. Own models, prices
    /// and limits are read from models.json in the data folder.
    #[command(args_conflicts_with_subcommands = true)]
    Models {
        /// Only this provider, with all its models.
        #[arg(long, value_name = "PROVIDER")]
        provider: Option<String>,
        /// Prints one provider a line, as JSON.
        #[arg(long)]
        json: bool,
        #[command(subcommand)]
        verb: Option<ModelsVerb>,
    },
    /// Lists who is signed in to GitHub, or signs in and out.
    #[command(args_conflicts_with_subcommands = true)]
    Account {
        /// Prints one account a line, as JSON.
        #[arg(long)]
        json: bool,
        #[command(subcommand)]
        verb: Option<AccountVerb>,
    },
    /// Lists the repositories that an account can reach and whose name matches.
    Repositories {
        /// A part of the name.
        #[arg(default_value = "")]
        text: String,
        /// Another account than the one that is used: its key or login.
        #[arg(long, value_name = "KEY|LOGIN")]
        account: Option<String>,
        /// Prints one repository a line, as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Keeps keys and tokens in the system's keychain.
    #[command(subcommand)]
    Key(KeyVerb),
}

#[derive(Debug, Args)]
pub(crate) struct RunOptions {
    /// The repository: owner/name on GitHub, a git URL, or a local path.
    #[arg(long, value_name = "URL|PATH")]
    pub(crate) repo: String,
    /// The branch to work from.
    #[arg(long, value_name = "BRANCH")]
    pub(crate) from: String,
    /// The branch to push to; created if it does not exist.
    #[arg(long, value_name = "BRANCH")]
    pub(crate) to: String,
    /// Fetches only the last N commits of the history, for a huge repository. git_log and git_blame reach no
    /// further; where the whole history is here already, it is kept.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) depth: Option<u32>,
    /// What to do; `-` reads it from standard input, for one that is longer than a system lets an argument be.
    #[arg(long, value_name = "TEXT|-", required_unless_present = "issue", allow_hyphen_values = true)]
    pub(crate) task: Option<String>,
    /// Takes an issue of the repository as the task; what is said in it is quoted as others' words.
    #[arg(long, value_name = "N")]
    pub(crate) issue: Option<u32>,
    /// The agent's name; made from the target branch without it.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// The model, such as openai/gpt-5.2; `scripted/demo` plays back a recording.
    #[arg(long, value_name = "PROVIDER/MODEL", default_value = "scripted/demo")]
    pub(crate) model: String,
    /// The model that stands in where that one fails.
    #[arg(long, value_name = "PROVIDER/MODEL")]
    pub(crate) fallback: Option<String>,
    /// The address of the model's server where it is not the provider's own, such as
    /// http://localhost:8000/v1; http:// is for this machine and the own network.
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// How the server is spoken to: chat, responses, messages or gemini; the provider's usual way without it.
    #[arg(long, value_name = "WIRE", value_parser = wire)]
    pub(crate) wire: Option<Wire>,
    /// How much the model thinks before it answers: low, medium or high; the model's usual without it.
    #[arg(long, value_name = "EFFORT", value_parser = effort)]
    pub(crate) effort: Option<Effort>,
    /// An instruction to queue behind the task; may be given several times.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(crate) instruct: Vec<String>,
    #[command(flatten)]
    pub(crate) limits: LimitOptions,
    #[command(flatten)]
    pub(crate) files: FileOptions,
    /// Pushes without a review once the agent has completed.
    #[arg(long)]
    pub(crate) push: bool,
    #[command(flatten)]
    pub(crate) delivery: DeliveryOptions,
    /// Prints one event a line, as JSON, and nothing else.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PushOptions {
    #[command(flatten)]
    pub(crate) agent: AgentOptions,
    /// The commit's message; may be given once for each commit of the plan.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(crate) message: Vec<String>,
    /// Chooses another target branch first.
    #[arg(long, value_name = "BRANCH")]
    pub(crate) to: Option<String>,
    /// Puts the work onto a target branch that somebody else pushed to.
    #[arg(long)]
    pub(crate) reapply: bool,
    /// Shows what would be pushed and what to look at before, and pushes nothing.
    #[arg(long, conflicts_with_all = ["message", "reapply", "to"])]
    pub(crate) plan: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PullRequestOptions {
    #[command(flatten)]
    pub(crate) agent: AgentOptions,
    /// Opens it as a draft.
    #[arg(long)]
    pub(crate) draft: bool,
    /// The title; made from what the agent said without it.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(crate) title: Option<String>,
    /// The text; made from what the agent said and the repository's template without it.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(crate) body: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct FeedbackOptions {
    #[command(flatten)]
    pub(crate) agent: AgentOptions,
    /// Makes one instruction of these pieces, or of `all` that are open.
    #[arg(long, value_name = "all|ID", num_args = 1..)]
    pub(crate) take: Vec<String>,
    /// Your own words, which go before them.
    #[arg(long, value_name = "TEXT", requires = "take", allow_hyphen_values = true)]
    pub(crate) note: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ResumeOptions {
    #[command(flatten)]
    pub(crate) agent: AgentOptions,
    #[command(flatten)]
    pub(crate) model: OtherModelOptions,
    #[command(flatten)]
    pub(crate) limits: LimitOptions,
    #[command(flatten)]
    pub(crate) files: OtherFileOptions,
    #[command(flatten)]
    pub(crate) delivery: OtherDeliveryOptions,
}

/// What an agent may use before it pauses.
#[derive(Debug, Args)]
pub(crate) struct LimitOptions {
    /// Pauses after so many tokens, input and output together.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_tokens: Option<u32>,
    /// Pauses after so many requests to the model.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_turns: Option<u32>,
    /// Pauses after so many seconds of running; waiting for you does not count.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_seconds: Option<u32>,
    /// Pauses after so many US dollars, such as 2.50.
    #[arg(long, value_name = "USD", value_parser = dollars)]
    pub(crate) max_usd: Option<u32>,
}

impl LimitOptions {
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            tokens: self.max_tokens,
            turns: self.max_turns,
            seconds: self.max_seconds,
            money: self.max_usd,
        }
    }
}

/// Reads US dollars as millionths of one.
fn dollars(text: &str) -> Result<u32, String> {
    let amount: f64 =
        text.trim_start_matches('$').parse().map_err(|_| "not an amount of dollars".to_owned())?;
    let micros = (amount * 1e6).round();
    if (1.0..=f64::from(u32::MAX)).contains(&micros) {
        Ok(micros as u32)
    } else {
        Err("more than 0 and at most 4294 dollars".to_owned())
    }
}

/// Which agent a verb is for.
#[derive(Debug, Args)]
pub(crate) struct AgentOptions {
    /// The agent's id or name.
    pub(crate) agent: String,
    /// Prints JSON, one event a line (or what the command shows), and nothing else.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What is said to which agent.
#[derive(Debug, Args)]
pub(crate) struct SayOptions {
    #[command(flatten)]
    pub(crate) agent: AgentOptions,
    /// The words.
    #[arg(allow_hyphen_values = true)]
    pub(crate) text: String,
}

#[derive(Debug, Args)]
pub(crate) struct DemoOptions {
    /// Writes the agent's id to this file.
    #[arg(long, value_name = "PATH")]
    pub(crate) agent_file: Option<PathBuf>,
}

/// What holds for all agents. A day goes from midnight to midnight; `none` takes a limit away.
#[derive(Debug, Args)]
pub(crate) struct SettingsOptions {
    /// Lets so many agents run at once: 1 to 64, usually 4.
    #[arg(long, value_name = "N")]
    pub(crate) slots: Option<u32>,
    /// Pauses all agents after so many US dollars in a day.
    #[arg(long, value_name = "USD|none", value_parser = or_none(dollars))]
    pub(crate) day_usd: Option<Cap>,
    /// Pauses all agents after so many tokens in a day.
    #[arg(long, value_name = "N|none", value_parser = or_none(number))]
    pub(crate) day_tokens: Option<Cap>,
    /// Pauses all agents after so many requests to models in a day.
    #[arg(long, value_name = "N|none", value_parser = or_none(number))]
    pub(crate) day_turns: Option<Cap>,
    /// Pauses all agents after so many seconds in a day, in which the time of each agent counts.
    #[arg(long, value_name = "N|none", value_parser = or_none(number))]
    pub(crate) day_seconds: Option<Cap>,
    /// Prints them as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// A limit as it is to be set; none takes it away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cap(pub(crate) Option<u32>);

fn or_none(
    parse: fn(&str) -> Result<u32, String>,
) -> impl Fn(&str) -> Result<Cap, String> + Clone + Send + Sync + 'static {
    move |text| match text {
        "none" => Ok(Cap(None)),
        text => parse(text).map(|most| Cap(Some(most))),
    }
}

fn number(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "not a whole number".to_owned())
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyVerb {
    /// Reads a secret from standard input and keeps it; what is typed at a terminal is not shown.
    ///
    /// WHAT is a model's provider (`anthropic`, `openai`, `gemini`, `openrouter`), the host of another model
    /// server with its port (`models.example.com`, `localhost:8000`) or its address, or `git:HOST` for a git
    /// server's token, there also as `user:token`. A key goes to its own host alone. Without a keychain, set
    /// ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY or GOOGLE_API_KEY, OPENROUTER_API_KEY, or for another
    /// server its host in capitals, such as LOCALHOST_8000_API_KEY.
    Set {
        /// What the secret is for.
        what: String,
    },
    /// Forgets a secret.
    Delete {
        /// What the secret is for.
        what: String,
    },
}
