//! The models that can be chosen, what they cost, and whether one answers.

use crate::exit::Exit;
use crate::model_arguments::choice;
use crate::{open, print};
use anchorhold_domain::{ModelChoice, Wire};
use anchorhold_engine::{CatalogueInfo, EngineError, KeyState, ModelOption, ModelPrice, ProviderOption};
use serde_json::json;

/// Models of a provider that are printed where it was not asked for by name; some have hundreds.
const FIRST: usize = 8;

/// Prints the providers with their models, and which price list is in use.
pub(crate) async fn list(provider: Option<&str>, as_json: bool) -> Result<Exit, EngineError> {
    let engine = open(|_| {}).await?;
    let listed = engine.providers().await;
    let catalogue = engine.catalogue().await;
    engine.close().await;
    let mut listed = listed?;
    if let Some(wanted) = provider {
        listed.retain(|option| option.provider == wanted);
        if listed.is_empty() {
            return Err(EngineError::Choice {
                code: "provider_unknown",
                model: wanted.to_owned(),
                reason: format!("there is no provider named {wanted:?}, and no such server answers here"),
                hint: "list the providers with `anchorctl models`".to_owned(),
            });
        }
    }
    for option in &listed {
        match as_json {
            true => print::json(option),
            false => print_provider(option, if provider.is_some() { usize::MAX } else { FIRST }),
        }
    }
    if !as_json {
        print_catalogue(&catalogue);
    }
    // What the user wrote is not passed over in silence, whatever else is printed.
    if let Some(fault) = &catalogue.fault {
        print::fault(fault);
    }
    Ok(Exit::Completed)
}

/// Asks a model for a word and a call; ends with success where it did both.
pub(crate) async fn test(
    named: &str,
    base_url: Option<&str>,
    wire: Option<Wire>,
    as_json: bool,
) -> Result<Exit, EngineError> {
    let engine = open(|_| {}).await?;
    let tested = engine.test_model(&ModelChoice { wire, ..choice(named, base_url) }).await;
    engine.close().await;
    let tested = tested?;
    if as_json {
        print::json(&json!(tested));
    } else {
        let calls = if tested.calls_tools { "and calls tools" } else { "but calls no tools" };
        print::line(format_args!("{named} answers after {} ms, {calls}.", tested.answered_ms));
        if !tested.text.is_empty() {
            print::line(format_args!("    “{}”", tested.text));
        }
    }
    if tested.calls_tools {
        return Ok(Exit::Completed);
    }
    print::aside(format_args!("what to do: choose a model that calls tools; without them it cannot work"));
    Ok(Exit::Error)
}

fn print_provider(option: &ProviderOption, most: usize) {
    let ready = match option.key {
        KeyState::Missing => ' ',
        KeyState::NotNeeded | KeyState::Kept | KeyState::Environment => '*',
    };
    let place = option.base_url.as_deref().map(|address| format!("  {address}")).unwrap_or_default();
    print::line(format_args!("{ready} {}  ({}){place}", option.label, option.provider));
    print::line(format_args!("    {}", key(option)));
    for model in option.models.iter().take(most) {
        print::line(format_args!("    {}", model_line(model)));
    }
    if let Some(more) = option.models.len().checked_sub(most).filter(|more| *more > 0) {
        print::line(format_args!("    and {more} more: anchorctl models --provider {}", option.provider));
    }
    if let Some(fault) = &option.fault {
        print::line(format_args!("    ! {}", fault.message));
        if let Some(hint) = &fault.hint {
            print::line(format_args!("    what to do: {hint}"));
        }
    }
}

fn key(option: &ProviderOption) -> String {
    match (option.key, &option.key_variable) {
        _ if option.takes_address => {
            "at an address of yours: --base-url URL; its key, if it wants one: anchorctl key set HOST"
                .to_owned()
        }
        (KeyState::NotNeeded, _) => "needs no key".to_owned(),
        (KeyState::Kept, _) => "its key is in the keychain".to_owned(),
        (KeyState::Environment, _) => "its key is in the environment".to_owned(),
        (KeyState::Missing, Some(variable)) => {
            format!("no key: anchorctl key set {}, or set {variable}", option.provider)
        }
        (KeyState::Missing, None) => format!("no key: anchorctl key set {}", option.provider),
    }
}

fn model_line(model: &ModelOption) -> String {
    let window = model.window.map_or("window unknown".to_owned(), |window| format!("{window} tokens"));
    let price = model.price.as_ref().map_or("price unknown".to_owned(), price);
    format!("{:<36} {window:>16}   {price}", model.name)
}

/// What it costs to read and to write, such as `$3.00 / $15.00 per million`.
fn price(price: &ModelPrice) -> String {
    if price.input == 0 && price.output == 0 && !price.tiered {
        return "free".to_owned();
    }
    let from = if price.tiered { "from " } else { "" };
    format!("{from}{} / {} per million", dollars(price.input), dollars(price.output))
}

/// Millionths of a dollar as dollars, with two digits behind the point or as many as there are.
fn dollars(micros: u32) -> String {
    let digits = format!("{:06}", micros % 1_000_000);
    let behind = digits.trim_end_matches('0');
    format!("${}.{behind:0<2}", micros / 1_000_000)
}

fn print_catalogue(catalogue: &CatalogueInfo) {
    print::line(format_args!(
        "Prices: {} of {} ({}), {} models. Your own: {}, {} models.",
        catalogue.source,
        catalogue.date,
        catalogue.licence,
        catalogue.models,
        catalogue.overrides,
        catalogue.overridden
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_shown_in_dollars_with_two_digits_or_as_many_as_there_are() {
        let amounts = [3_000_000, 15_000_000, 1_750_000, 75_000, 1, 0, 600_000_000].map(dollars);
        assert_eq!(amounts, ["$3.00", "$15.00", "$1.75", "$0.075", "$0.000001", "$0.00", "$600.00"]);
    }

    #[test]
    fn an_unknown_price_is_not_a_free_model() {
        let model = |price| ModelOption {
            name: "m".to_owned(),
            label: "M".to_owned(),
            window: None,
            output_limit: None,
            price,
        };
        let known = |input, output, tiered| Some(ModelPrice { input, cached: None, output, tiered });
        let lines = [
            model_line(&model(None)),
            model_line(&model(known(0, 0, false))),
            model_line(&model(known(3_000_000, 15_000_000, true))),
        ];
        let ends = ["price unknown", "free", "from $3.00 / $15.00 per million"];
        assert!(lines.iter().zip(ends).all(|(line, end)| line.ends_with(end)), "{lines:?}");
        assert!(lines.iter().all(|line| line.contains("window unknown")));
    }
}
