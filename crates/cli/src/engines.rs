//! The container engines that can be chosen.

use crate::exit::Exit;
use crate::print;
use anchorhold_engine::{EngineOption, engines};

/// Prints the engines, the one in use first with a star; ends with success where that one answers.
pub(crate) async fn list(choice: Option<&str>, json: bool) -> Exit {
    let found = engines(choice).await;
    for engine in &found {
        if json {
            print::json(engine);
        } else {
            print(engine);
        }
    }
    match found.iter().any(|engine| engine.in_use && engine.fault.is_none()) {
        true => Exit::Completed,
        false => Exit::NoEngine,
    }
}

fn print(engine: &EngineOption) {
    let star = if engine.in_use { '*' } else { ' ' };
    let address = engine.address.as_deref().unwrap_or("-");
    print::line(format_args!("{star} {}  {address}", engine.name));
    if let (Some(product), Some(version)) = (&engine.product, &engine.version) {
        let rootless = if engine.rootless { ", rootless" } else { "" };
        print::line(format_args!("    answers: {product} {version}{rootless}"));
    }
    if !engine.unheld_limits.is_empty() {
        print::line(format_args!("    does not hold limits of: {}", engine.unheld_limits.join(", ")));
    }
    if let Some(fault) = &engine.fault {
        print::line(format_args!("    ! {}", fault.message));
        if let Some(hint) = &fault.hint {
            print::line(format_args!("    what to do: {hint}"));
        }
    }
}
