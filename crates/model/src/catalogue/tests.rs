//! The price list that comes with the program, and the user's file before it.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::*;
use anchorhold_domain::Usage;
use proptest::prelude::*;
use serde::Deserialize;

/// What the package itself found and computed; `data/make.py` writes it.
#[derive(Deserialize)]
struct Table {
    rows: Vec<Row>,
}

/// Provider, asked, found, window, Unix seconds, tokens, millionths of a dollar.
#[derive(Deserialize)]
struct Row(String, String, Option<String>, Option<u32>, i64, [u32; 5], Option<u32>);

fn choice(provider: &str, name: &str, base_url: Option<&str>) -> ModelChoice {
    ModelChoice {
        provider: provider.to_owned(),
        name: name.to_owned(),
        base_url: base_url.map(str::to_owned),
        wire: None,
        effort: None,
    }
}

fn info(provider: &str, name: &str, base_url: Option<&str>) -> ModelInfo {
    Catalogue::bundled().info(&choice(provider, name, base_url))
}

/// Dollars for a million tokens in and out at the lowest, where the price is known.
fn dollars(info: &ModelInfo) -> Option<(f64, f64)> {
    let rates = info.price.as_ref()?.at(1_795_392_000).clone();
    Some((rates.input.base.0 as f64 / 1e9, rates.output.base.0 as f64 / 1e9))
}

#[test]
fn the_bundled_list_is_read_whole_and_each_expression_in_it_compiles() {
    let catalogue = Catalogue::bundled();
    assert_eq!((catalogue.source().as_str(), catalogue.licence()), ("genai-prices 0.2.3", "MIT"));
    assert_eq!((catalogue.date(), catalogue.count()), ("2026-11-09", 2330));
    for provider in &catalogue.list.providers {
        assert!(provider.address.compiled().is_some(), "{}", provider.id);
        for pattern in provider.models.iter().flat_map(|model| model.names.patterns()) {
            assert!(pattern.compiled().is_some(), "{pattern:?}");
        }
        for fallback in &provider.fallback {
            assert!(catalogue.provider(fallback).is_some(), "{fallback}");
        }
    }
}

#[test]
fn models_are_found_and_cost_what_the_package_itself_says() {
    let table: Table = serde_json::from_str(include_str!("../../tests/prices.json")).unwrap();
    let catalogue = Catalogue::bundled();
    let mut priced = 0;
    for Row(provider, asked, found, window, at, tokens, micros) in &table.rows {
        let seller = catalogue.provider(provider).unwrap();
        let model = catalogue.find(seller, &asked.to_lowercase());
        assert_eq!(model.map(|model| &model.id), found.as_ref(), "{provider} {asked}");
        assert_eq!(model.and_then(|model| model.window), *window, "{provider} {asked}");
        let usage = usage(*tokens);
        let cost = model.and_then(|model| model.prices.as_ref()).map(|price| price.cost_at(&usage, *at));
        assert_eq!(cost, *micros, "{provider} {asked} {usage:?} at {at}");
        priced += usize::from(micros.is_some());
    }
    assert!(priced > 300, "{priced}");
}

fn usage([input, cached, written, output, reasoning]: [u32; 5]) -> Usage {
    Usage {
        input_tokens: input,
        cached_tokens: cached,
        cache_write_tokens: written,
        output_tokens: output,
        reasoning_tokens: reasoning,
    }
}

proptest! {
    #[test]
    fn more_tokens_never_cost_less(
        model in any::<prop::sample::Index>(),
        at in 1_600_000_000_i64..1_900_000_000,
        input in 0_u32..2_000_000, output in 0_u32..200_000,
        more_input in 0_u32..500_000, more_output in 0_u32..100_000,
    ) {
        let providers = &Catalogue::bundled().list.providers;
        let prices: Vec<&Price> =
            providers.iter().flat_map(|provider| &provider.models).filter_map(|m| m.prices.as_ref()).collect();
        let price = prices[model.index(prices.len())];
        let less = usage([input, 0, 0, output, 0]);
        let more = usage([input + more_input, 0, 0, output + more_output, 0]);
        prop_assert!(price.cost_at(&less, at) <= price.cost_at(&more, at));
    }
}

#[test]
fn a_model_is_known_by_its_provider_and_by_the_host_of_its_address() {
    let usual = dollars(&info("openai", "gpt-5.2", None));
    assert_eq!(usual, Some((1.75, 14.0)));
    assert_eq!(dollars(&info("openai", "gpt-5.2", Some("https://api.openai.com/v1"))), usual);
    assert_eq!(dollars(&info("compatible", "gpt-5.2", Some("https://api.openai.com/v1"))), usual);
    assert!(dollars(&info("compatible", "deepseek-chat", Some("https://api.deepseek.com/v1"))).is_some());
    let claude = info("anthropic", "claude-opus-4-5-20251101", None);
    assert_eq!(
        (claude.window, claude.output_limit, dollars(&claude)),
        (Some(200_000), Some(64_000), Some((5.0, 25.0)))
    );
    assert!(info("gemini", "gemini-2.5-pro", None).price.is_some());
}

#[test]
fn another_host_than_the_providers_makes_the_price_unknown() {
    for address in [
        "https://api.openai.com.evil.example/v1",
        "https://api.openai.computer/v1",
        "https://api.openai.com@evil.example/v1",
        "https://models.example.com/v1?https://api.openai.com",
        "http://localhost:8000/v1",
        "no address",
    ] {
        for provider in ["openai", "compatible"] {
            assert_eq!(info(provider, "gpt-5.2", Some(address)), ModelInfo::default(), "{address}");
        }
    }
    assert_eq!(info("openai", "gpt-77", None).price, None);
    assert_eq!(info("nobody", "gpt-5.2", None), ModelInfo::default());
}

#[test]
fn what_runs_on_this_machine_costs_nothing_and_what_runs_elsewhere_is_not_known() {
    let nothing = Some((0.0, 0.0));
    assert_eq!(dollars(&info("ollama", "llama3.2", None)), nothing);
    assert_eq!(dollars(&info("lmstudio", "qwen", Some("http://localhost:1234/v1"))), nothing);
    assert_eq!(dollars(&info("llamacpp", "qwen", Some("http://[::1]:8080/v1"))), nothing);
    assert_eq!(dollars(&info("scripted", "demo", None)), nothing);
    assert_eq!(info("ollama", "llama3.2", Some("http://10.0.0.7:11434/v1")).price, None);
    assert_eq!(info("ollama", "gpt-oss:120b-cloud", None).price, None);
    // What listens here may well pass on to somebody who asks for money.
    assert_eq!(info("compatible", "gpt-5.2", Some("http://127.0.0.1:4000/v1")).price, None);
}

#[test]
fn openrouter_has_prices_of_its_own_and_its_makers_windows() {
    assert_eq!(dollars(&info("openrouter", "anthropic/claude-opus-5", None)), Some((5.0, 25.0)));
    let sonnet = info("openrouter", "anthropic/claude-sonnet-4", None);
    assert_eq!((sonnet.window, sonnet.output_limit), (Some(200_000), Some(64_000)));
    assert_eq!(dollars(&info("openrouter", "anybody/anything:free", None)), Some((0.0, 0.0)));
    assert_eq!(info("openrouter", "anybody/anything", None).price, None);
}

#[test]
fn models_are_offered_newest_first_and_only_those_that_can_work() {
    let names = |provider| -> Vec<String> {
        Catalogue::bundled().offered(provider).into_iter().map(|model| model.name).collect()
    };
    assert_eq!(names("anthropic")[..3], ["claude-haiku-5-5", "claude-opus-5-5", "claude-sonnet-5-5"]);
    assert_eq!(names("openai")[..2], ["gpt-6.1-sol", "gpt-6.1-terra"]);
    assert_eq!(names("gemini")[..2], ["gemini-4-argon", "gemini-3.8-flash"]);
    for provider in ["anthropic", "openai", "gemini", "openrouter"] {
        for name in names(provider) {
            let known = info(provider, &name, None);
            assert!(known.price.is_some() && known.window.is_none_or(|window| window >= 32_000), "{name}");
            assert!(!name.contains("tts") && !name.contains(":batch"), "{name}");
        }
    }
    assert_eq!(names("ollama"), [""; 0]);
}

#[test]
fn a_date_without_hyphens_is_found_as_one_with_them() {
    let written = ["gpt-5.2-20251211", "a-20251211:free", "a-20251311", "a-202512111", "gpt-5.2"];
    let hyphens = [Some("gpt-5.2-2025-12-11"), Some("a-2025-12-11:free"), None, None, None];
    assert_eq!(written.map(with_hyphens), hyphens.map(|name| name.map(str::to_owned)));
}

fn read(text: &str) -> Result<Overrides, OverridesError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("models.json");
    std::fs::write(&path, text).unwrap();
    Overrides::read(&path)
}

#[test]
fn the_users_file_comes_before_the_list_and_leaves_the_rest_to_it() {
    let text = r#"{ "models": [
        { "provider": "openai", "name": "gpt-5.2", "outputLimit": 9000, "price": { "input": 1, "output": 2.5 } },
        { "provider": "compatible", "baseUrl": "https://models.example.com/v1", "prefix": "Qwen", "window": 131072,
          "price": { "input": 0, "cached": 0, "cacheWrite": 0, "output": 0 } }
    ] }"#;
    let overrides = read(text).unwrap();
    let info = |provider, name, at| overrides.info(&choice(provider, name, at), Catalogue::bundled());
    let known = info("openai", "GPT-5.2", None);
    assert_eq!(
        (known.window, known.output_limit, dollars(&known)),
        (Some(400_000), Some(9000), Some((1.0, 2.5)))
    );
    let own = info("compatible", "qwen-3", Some("https://models.example.com/v1/"));
    assert_eq!((own.window, dollars(&own)), (Some(131_072), Some((0.0, 0.0))));
    assert_eq!(info("compatible", "qwen-3", Some("https://other.example.com/v1")), ModelInfo::default());
    assert_eq!(info("openai", "gpt-5.1", None), super::tests::info("openai", "gpt-5.1", None));
    assert_eq!((overrides.count(), overrides.names("openai")), (2, vec!["gpt-5.2"]));
}

#[test]
fn a_broken_file_is_told_with_its_line() {
    let entry = |rest: &str| format!("{{ \"models\": [\n{{ \"provider\": \"openai\", {rest} }}\n] }}");
    for (text, words, line) in [
        ("{ \"models\": [\n\n oops ] }".to_owned(), "expected value", "line 3"),
        (entry(r#""name": "a", "windw": 3"#), "unknown field `windw`", "line 2"),
        (entry(r#""window": 3"#), "an entry needs either `name` or `prefix`", "line 2"),
        (entry(r#""name": "a", "window": 0"#), "numbers of tokens above 0", "line 2"),
        (entry(r#""name": "a", "price": { "input": -1, "output": 1 }"#), "a price is a number", "line 2"),
        (entry("\"name\": \"a\",\n\"price\": { \"input\": 1 }"), "missing field `output`", "line 3"),
    ] {
        let error = read(&text).unwrap_err();
        let told = error.to_string();
        assert_eq!(error.code(), "models_file_invalid");
        assert!(told.contains(words) && told.contains(line) && told.contains("models.json"), "{told}");
    }
    let long = format!("{{ \"models\": [] }}{}", " ".repeat(1 << 20));
    assert_eq!(read(&long).unwrap_err().code(), "models_file_too_large");
    assert_eq!(Overrides::read(&std::env::temp_dir()).unwrap_err().code(), "models_file_unreadable");
}

#[test]
fn without_a_file_nothing_is_overridden_and_a_mark_of_windows_does_no_harm() {
    assert_eq!(Overrides::read(std::path::Path::new("/there/is/none.json")).unwrap().count(), 0);
    assert_eq!(read("\u{feff}{ \"models\": [] }").unwrap().count(), 0);
}
