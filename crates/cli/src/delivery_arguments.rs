//! What can be said of how work is handed over.

use anchorhold_domain::{CommitStyle, Delivery, PullRequestWish};
use clap::Args;

/// How an agent's work is handed over.
#[derive(Debug, Args)]
pub(crate) struct DeliveryOptions {
    /// Makes one commit of a push, or one per instruction that changed something.
    #[arg(long, value_name = "one|per-instruction", value_parser = commit_style, default_value = "one")]
    pub(crate) commits: CommitStyle,
    /// Names the agent and its model in a trailer of each commit.
    #[arg(long)]
    pub(crate) trailer: bool,
    /// Opens a pull request after the push, as a draft or ready for review.
    #[arg(long, value_name = "draft|ready", value_parser = pull_request_wish, requires = "push")]
    pub(crate) pull_request: Option<PullRequestWish>,
    /// Lets the agent answer failed checks and reviews by itself, at most so many times (3 where no number is
    /// given, 20 at most), and waits until the checks pass. It never merges.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "3", requires = "pull_request")]
    pub(crate) follow_up: Option<u32>,
}

impl DeliveryOptions {
    /// The way that was chosen, with or without a push by itself.
    pub(crate) fn delivery(&self, push_unreviewed: bool) -> Delivery {
        let usual = Delivery::default();
        Delivery {
            commits: self.commits,
            trailer: self.trailer,
            push_unreviewed,
            pull_request: self.pull_request.unwrap_or_default(),
            follow_up: self.follow_up.is_some(),
            most_follow_ups: self.follow_up.unwrap_or(usual.most_follow_ups),
        }
    }
}

/// How an agent's work is handed over from now on. What is not named stays.
#[derive(Debug, Args)]
pub(crate) struct OtherDeliveryOptions {
    /// Pushes without a review once the agent has completed; `--push=no` asks you first.
    #[arg(long, value_name = "yes|no", value_parser = yes, num_args = 0..=1, require_equals = true, default_missing_value = "yes")]
    push: Option<bool>,
    /// Makes one commit of a push, or one per instruction that changed something.
    #[arg(long, value_name = "one|per-instruction", value_parser = commit_style)]
    commits: Option<CommitStyle>,
    /// Names the agent and its model in a trailer of each commit; `--trailer=no` does not.
    #[arg(long, value_name = "yes|no", value_parser = yes, num_args = 0..=1, require_equals = true, default_missing_value = "yes")]
    trailer: Option<bool>,
    /// Opens a pull request after a push, as a draft or ready for review; `none` opens none by itself.
    #[arg(long, value_name = "draft|ready|none", value_parser = pull_request_or_none)]
    pull_request: Option<PullRequestWish>,
    /// Lets the agent answer failed checks and reviews by itself, so many times at most, and waits until the checks
    /// pass where there is a pull request; `none` leaves them to you. It never merges.
    #[arg(long, value_name = "N|none", value_parser = follow_ups)]
    follow_up: Option<FollowUps>,
}

/// How often an agent follows up by itself.
#[derive(Clone, Copy, Debug)]
struct FollowUps(Option<u32>);

impl OtherDeliveryOptions {
    /// Whether it is to answer what comes back.
    pub(crate) fn follows_up(&self) -> bool {
        self.follow_up.is_some_and(|named| named.0.is_some())
    }

    /// The way `before` with what was named of it.
    pub(crate) fn delivery(&self, before: Delivery) -> Delivery {
        let follow_up = self.follow_up.map(|named| named.0);
        Delivery {
            commits: self.commits.unwrap_or(before.commits),
            trailer: self.trailer.unwrap_or(before.trailer),
            push_unreviewed: self.push.unwrap_or(before.push_unreviewed),
            pull_request: self.pull_request.unwrap_or(before.pull_request),
            follow_up: follow_up.map_or(before.follow_up, |most| most.is_some()),
            most_follow_ups: follow_up.flatten().unwrap_or(before.most_follow_ups),
        }
    }
}

fn yes(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("yes or no".to_owned()),
    }
}

fn commit_style(text: &str) -> Result<CommitStyle, String> {
    match text {
        "one" => Ok(CommitStyle::One),
        "per-instruction" => Ok(CommitStyle::PerInstruction),
        _ => Err("one or per-instruction".to_owned()),
    }
}

fn pull_request_wish(text: &str) -> Result<PullRequestWish, String> {
    match text {
        "draft" => Ok(PullRequestWish::Draft),
        "ready" => Ok(PullRequestWish::Ready),
        _ => Err("draft or ready".to_owned()),
    }
}

fn pull_request_or_none(text: &str) -> Result<PullRequestWish, String> {
    match text {
        "none" => Ok(PullRequestWish::OnRequest),
        text => pull_request_wish(text).map_err(|words| format!("{words}, or none")),
    }
}

fn follow_ups(text: &str) -> Result<FollowUps, String> {
    match text {
        "none" => Ok(FollowUps(None)),
        text => text.parse().map(|most| FollowUps(Some(most))).map_err(|_| "a number, or none".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::OtherDeliveryOptions;
    use anchorhold_domain::{CommitStyle, Delivery, PullRequestWish};
    use clap::{Args, Command, FromArgMatches};

    fn delivery(words: &[&str], before: Delivery) -> Delivery {
        let command = OtherDeliveryOptions::augment_args(Command::new("resume").no_binary_name(true));
        let matches = command.try_get_matches_from(words).unwrap();
        OtherDeliveryOptions::from_arg_matches(&matches).unwrap().delivery(before)
    }

    #[test]
    fn what_is_not_named_of_the_delivery_stays_and_what_was_given_can_be_taken_back() {
        let usual = Delivery::default();
        let all = Delivery {
            commits: CommitStyle::PerInstruction,
            trailer: true,
            push_unreviewed: true,
            pull_request: PullRequestWish::Draft,
            follow_up: true,
            most_follow_ups: 5,
        };
        assert_eq!([delivery(&[], usual), delivery(&[], all)], [usual, all]);
        let named = [
            "--push",
            "--commits",
            "per-instruction",
            "--trailer",
            "--pull-request",
            "draft",
            "--follow-up",
            "5",
        ];
        assert_eq!(delivery(&named, usual), all);
        let back = [
            "--push=no",
            "--commits",
            "one",
            "--trailer=no",
            "--pull-request",
            "none",
            "--follow-up",
            "none",
        ];
        assert_eq!(delivery(&back, all), Delivery { most_follow_ups: 5, ..usual });
    }
}
