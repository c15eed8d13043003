//! The commands as the page's TypeScript sees them.

use crate::commands::{accounts, agents, control, delivery, offers, queue, review, settings, watch};
use anchorhold_domain::{Instruction, ToolCall};
use tauri::Runtime;
use tauri_specta::{Builder, collect_commands};

/// Where the generated bindings lie, from the workspace's root.
pub const BINDINGS: &str = "ui/src/bindings.ts";

/// Every command, for the program and for the generator.
#[must_use]
pub fn builder<R: Runtime>() -> Builder<R> {
    // Two readings of the log that the page folds by itself, so no command names them.
    Builder::new().typ::<Instruction>().typ::<ToolCall>().commands(collect_commands![
        accounts::accounts,
        accounts::sign_in_offer,
        accounts::sign_in,
        accounts::cancel_sign_in,
        accounts::sign_out,
        accounts::choose_account,
        accounts::set_commit_email,
        accounts::forge_app,
        accounts::set_forge_app,
        accounts::forget_forge_app,
        accounts::repositories,
        accounts::open_page,
        agents::agents,
        agents::create_agent,
        agents::delete_agent,
        agents::restore_agent,
        control::start,
        control::cancel_start,
        control::stop,
        control::pause,
        control::resume,
        control::answer,
        control::set_limits,
        control::set_model,
        control::set_file_rules,
        control::usual_file_rules,
        control::wrap_up,
        control::disclosures,
        control::run_settings,
        control::set_run_settings,
        control::day_usage,
        delivery::push_plan,
        delivery::push,
        delivery::cancel_push,
        delivery::set_target_branch,
        delivery::set_delivery,
        delivery::pull_request_draft,
        delivery::open_pull_request,
        delivery::look_for_feedback,
        delivery::feedback,
        delivery::take_feedback,
        delivery::issues,
        delivery::issue_task,
        queue::instruct,
        queue::edit_instruction,
        queue::remove_instruction,
        queue::reorder_instructions,
        queue::send_now,
        queue::mentionable,
        review::changes,
        review::diff_rows,
        review::tool_result,
        offers::branches,
        offers::engine_status,
        offers::providers,
        offers::test_model,
        offers::catalogue,
        offers::keep_key,
        offers::forget_key,
        settings::theme<tauri::Wry>,
        settings::set_theme<tauri::Wry>,
        settings::engine_choice<tauri::Wry>,
        settings::choose_engine<tauri::Wry>,
        settings::engines<tauri::Wry>,
        watch::watch_agents,
        watch::watch,
        watch::watch_sign_ins,
        watch::watch_visits,
        watch::unwatch,
    ])
}
