//! What the price list does not say: how much a model writes at once.
//!
//! Collected from what is commonly written about these models; still to be held against their makers' pages
//! (platform.claude.com/docs/en/about-claude/models, platform.openai.com/docs/models,
//! ai.google.dev/gemini-api/docs/models). The user's `models.json` goes before it. For a model that is not
//! here the limit is not known; nothing is guessed from its relatives.

/// Makers as the price list names them, names without a date, tokens that the model writes at once.
const OUTPUT: &[(&str, &str, u32)] = &[
    ("anthropic", "claude-3-haiku", 4096),
    ("anthropic", "claude-3-opus", 4096),
    ("anthropic", "claude-3-5-haiku", 8192),
    ("anthropic", "claude-3-5-sonnet", 8192),
    ("anthropic", "claude-3-7-sonnet", 64_000),
    ("anthropic", "claude-opus-4", 32_000),
    ("anthropic", "claude-opus-4-0", 32_000),
    ("anthropic", "claude-opus-4-1", 32_000),
    ("anthropic", "claude-sonnet-4", 64_000),
    ("anthropic", "claude-sonnet-4-0", 64_000),
    ("anthropic", "claude-sonnet-4-5", 64_000),
    ("anthropic", "claude-haiku-4-5", 64_000),
    ("anthropic", "claude-opus-4-5", 64_000),
    ("anthropic", "claude-sonnet-4-6", 64_000),
    ("anthropic", "claude-opus-4-7", 128_000),
    ("openai", "gpt-4", 8192),
    ("openai", "gpt-4-turbo", 4096),
    ("openai", "gpt-4o-2024-05-13", 4096),
    ("openai", "gpt-4o", 16_384),
    ("openai", "gpt-4o-mini", 16_384),
    ("openai", "gpt-4.1", 32_768),
    ("openai", "gpt-4.1-mini", 32_768),
    ("openai", "gpt-4.1-nano", 32_768),
    ("openai", "gpt-5", 128_000),
    ("openai", "gpt-5-mini", 128_000),
    ("openai", "gpt-5-nano", 128_000),
    ("openai", "gpt-5.1", 128_000),
    ("openai", "gpt-5.2", 128_000),
    ("openai", "o1", 100_000),
    ("openai", "o3", 100_000),
    ("openai", "o3-mini", 100_000),
    ("openai", "o4-mini", 100_000),
    ("google", "gemini-2.0-flash", 8192),
    ("google", "gemini-2.5-flash", 65_536),
    ("google", "gemini-2.5-flash-lite", 65_536),
    ("google", "gemini-2.5-pro", 65_536),
];

/// Tokens that a model writes at once; its name may carry a date or `-latest`.
pub(super) fn output_limit(maker: &str, name: &str) -> Option<u32> {
    // Anthropic writes its versions with a hyphen, and those who sell its models with a dot.
    let name = if maker == "anthropic" { name.replace('.', "-") } else { name.to_owned() };
    OUTPUT
        .iter()
        .find(|(by, known, _)| *by == maker && name.strip_prefix(known).is_some_and(is_edition))
        .map(|(.., tokens)| *tokens)
}

/// Whether what follows a name says only which edition it is: nothing, `-latest`, or a date.
fn is_edition(rest: &str) -> bool {
    let digits = rest.bytes().filter(u8::is_ascii_digit).count();
    let dated = rest.starts_with(['-', '@']) && rest.bytes().skip(1).all(|b| b.is_ascii_digit() || b == b'-');
    rest.is_empty() || rest == "-latest" || (dated && digits == 8)
}

#[cfg(test)]
mod tests {
    use super::output_limit;

    #[test]
    fn an_output_limit_is_that_of_the_very_model_and_else_not_known() {
        let asked = [
            ("anthropic", "claude-opus-4-1-20250805"),
            ("anthropic", "claude-opus-4.5"),
            ("anthropic", "claude-opus-4-20250514"),
            ("anthropic", "claude-opus-4-8"),
            ("openai", "gpt-5"),
            ("openai", "gpt-5.9"),
            ("openai", "gpt-5-pro"),
            ("openai", "gpt-4.1-2025-04-14"),
            ("google", "gpt-5"),
        ];
        assert_eq!(
            asked.map(|(maker, name)| output_limit(maker, name)),
            [Some(32_000), Some(64_000), Some(32_000), None, Some(128_000), None, None, Some(32_768), None]
        );
    }
}
