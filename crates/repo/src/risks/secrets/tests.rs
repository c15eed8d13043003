//! What is taken for a secret and what is not. The tokens are put together here, so that nobody's scanner
//! finds one in this file.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use super::rules::{KEYWORDS, RULES};
use super::{Search, in_binary};

/// So many characters that look like chance, of one alphabet.
fn chance(alphabet: &str, length: usize) -> String {
    let alphabet: Vec<char> = alphabet.chars().collect();
    let mut state = 12345_usize;
    let mut next = || {
        state = (state * 1_103_515_245 + 12345) % 2_147_483_648;
        *alphabet.get((state >> 8) % alphabet.len()).unwrap()
    };
    (0..length).map(|_| next()).collect()
}

fn word(length: usize) -> String {
    chance("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", length)
}

fn hex(length: usize) -> String {
    chance("0123456789abcdef", length)
}

fn found(path: &str, text: &str) -> Vec<(u32, &'static str)> {
    let mut search = Search::of(path);
    let lines = text.split('\n').zip(1..);
    lines
        .flat_map(|(line, number)| search.line(number, line.as_bytes()))
        .map(|found| (found.line, found.what))
        .collect()
}

/// A token of each shape, with what it looks like.
fn tokens() -> Vec<(String, &'static str)> {
    let upper = |length| chance("234567ABCDEFGHIJKLMNOPQRSTUVWXYZ", length);
    let letters = chance("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 34);
    let bech = chance("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58);
    vec![
        (format!("ghp_{}", word(36)), "looks like a GitHub token"),
        (format!("ghs_{}", word(36)), "looks like a GitHub token"),
        (format!("github_pat_{}_{}", word(22), word(59)), "looks like a GitHub token"),
        (format!("glpat-{}", word(20)), "looks like a GitLab token"),
        (format!("gldt-{}", word(20)), "looks like a GitLab token"),
        (format!("glrt-{}", word(20)), "looks like a GitLab token"),
        (format!("glcbt-{}", word(20)), "looks like a GitLab token"),
        (format!("glptt-{}", hex(40)), "looks like a GitLab token"),
        (format!("glft-{}", word(20)), "looks like a GitLab token"),
        (format!("glsoat-{}", word(20)), "looks like a GitLab token"),
        (format!("xoxb-8127364509812-9182736450918-{}", word(24)), "looks like a Slack token"),
        (format!("xapp-1-A0{}-8127364509812-{}", upper(9), hex(64)), "looks like a Slack token"),
        (
            format!("https://hooks.slack.com/services/T{}/B{}/{}", word(10), word(10), word(24)),
            "looks like a Slack webhook",
        ),
        (format!("AKIA{}", upper(16)), "looks like an AWS access key"),
        (format!("aws_secret_access_key = {}", word(40)), "looks like an AWS secret key"),
        (format!("AIza{}", word(35)), "looks like a Google API key"),
        (format!("GOCSPX-{}", word(28)), "looks like a Google client secret"),
        (format!("sk_live_{}", word(24)), "looks like a Stripe key"),
        (format!("rk_test_{}", word(40)), "looks like a Stripe key"),
        (format!("whsec_{}", word(32)), "looks like a Stripe webhook secret"),
        (format!("sk-ant-api03-{}AA", word(93)), "looks like an Anthropic key"),
        (format!("sk-proj-{}T3BlbkFJ{}", word(74), word(74)), "looks like an OpenAI key"),
        (format!("sk-{}T3BlbkFJ{}", word(20), word(20)), "looks like an OpenAI key"),
        (format!("sk-or-v1-{}", hex(64)), "looks like an OpenRouter key"),
        (format!("xai-{}", word(80)), "looks like an xAI key"),
        (format!("gsk_{}", word(52)), "looks like a Groq key"),
        (format!("pplx-{}", word(48)), "looks like a Perplexity key"),
        (format!("r8_{}", word(37)), "looks like a Replicate token"),
        (format!("hf_{letters}"), "looks like a Hugging Face token"),
        (format!("api_org_{letters}"), "looks like a Hugging Face token"),
        (format!("eyJ{}.eyJ{}.{}", word(30), word(40), word(43)), "looks like a JSON web token"),
        (format!("npm_{}", word(36)), "looks like an npm token"),
        (format!("pypi-AgEIcHlwaS5vcmc{}", word(90)), "looks like a PyPI token"),
        (format!("rubygems_{}", hex(48)), "looks like a RubyGems key"),
        (format!("cio{}", word(32)), "looks like a crates.io token"),
        (format!("dckr_pat_{}", word(27)), "looks like a Docker token"),
        (format!("SG.{}.{}", word(22), word(43)), "looks like a SendGrid key"),
        (format!("dop_v1_{}", hex(64)), "looks like a DigitalOcean token"),
        (format!("shpat_{}", hex(32)), "looks like a Shopify token"),
        (format!("AccountKey={}==", word(86)), "looks like an Azure storage key"),
        (format!("{}8Q~{}", word(3), word(34)), "looks like an Azure client secret"),
        (format!("?sig={}%3D", word(43)), "looks like an Azure signature"),
        (format!("dapi{}", hex(32)), "looks like a Databricks token"),
        (format!("hvs.{}", word(95)), "looks like a Vault token"),
        (format!("AGE-SECRET-KEY-1{bech}"), "looks like an age key"),
        (format!("glsa_{}_{}", word(32), hex(8)), "looks like a Grafana token"),
        (format!("lin_api_{}", word(40)), "looks like a Linear key"),
        (format!("sbp_{}", hex(40)), "looks like a Supabase token"),
        (format!("PMAK-{}-{}", hex(24), hex(34)), "looks like a Postman key"),
        (format!("NRAK-{}", upper(27)), "looks like a New Relic key"),
        (
            format!("https://discord.com/api/webhooks/918273645091827364/{}", word(68)),
            "looks like a Discord webhook",
        ),
        (format!("1829364750:AA{}", word(33)), "looks like a Telegram bot token"),
        (format!("ATATT3{}", word(186)), "looks like an Atlassian token"),
        (format!("{}.atlasv1.{}", word(14), word(67)), "looks like a Terraform token"),
        (format!("key-{}", hex(32)), "looks like a Mailgun key"),
        (format!("sq0atp-{}", word(22)), "looks like a Square token"),
        (format!("figd_{}", word(40)), "looks like a Figma token"),
        (format!("ntn_{}", word(43)), "looks like a Notion token"),
        (
            format!("postgres://app:{}@db.internal/main", word(16)),
            "looks like an address with a password in it",
        ),
    ]
}

#[test]
fn tokens_of_providers_are_found_in_any_line() {
    for (token, what) in tokens() {
        let alone = found("src/main.rs", &format!("let x = f(\"{token}\");"));
        assert_eq!(alone, [(1, what)], "{token}");
        assert_eq!(found("notes.md", &format!("first\nsee {token} here")), [(2, what)], "{token}");
    }
}

#[test]
fn every_shape_is_tried_above() {
    let tried: BTreeSet<&str> = tokens().into_iter().map(|(_, what)| what).collect();
    assert_eq!(tried, RULES.iter().map(|rule| rule.what).collect());
    assert!(KEYWORDS.iter().all(|keyword| *keyword == keyword.to_lowercase()));
}

#[test]
fn examples_and_placeholders_are_not_found() {
    for line in [
        "aws_access_key_id = AKIAIOSFODNN7EXAMPLE".to_owned(),
        "aws_secret_access_key = \"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\"".to_owned(),
        format!("token: ghp_{}", "x".repeat(36)),
        format!("token: ghp_{}", "a".repeat(36)),
        "sk_test_your_key_here".to_owned(),
        "password = \"<your password 1>\"".to_owned(),
        "password = \"${DB_PASSWORD_1}\"".to_owned(),
        "password: ${{ secrets.TOKEN_1 }}".to_owned(),
        "api_key = os.environ['API_KEY_2']".to_owned(),
        "const token = getToken(request, \"session-token-v2\");".to_owned(),
        "token = \"CancellationToken2\"".to_owned(),
        "secret_name = \"projects/my-project/secrets/db2/versions/latest\"".to_owned(),
        "token_url = \"https://login.test.org/oauth2/v2.0/token\"".to_owned(),
        "password = \"correct horse battery staple 42\"".to_owned(),
        "postgres://postgres:postgres@localhost:5432/app".to_owned(),
        "postgres://user:password@localhost/app".to_owned(),
        "git clone https://user:$TOKEN@github.com/o/r".to_owned(),
        "if line.contains(\"-----BEGIN PRIVATE KEY-----\") {".to_owned(),
        "-----BEGIN PUBLIC KEY-----".to_owned(),
        "https://jwt.io/#id_token=eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c".to_owned(),
        "monkey: \"sk-learn\"".to_owned(),
        "the task-force disk-usage".to_owned(),
    ] {
        assert_eq!(found("config/app.yml", &line), [], "{line}");
    }
}

#[test]
fn passwords_count_by_name_and_chance() {
    let password = "tG7#kP2!qLz9wX";
    let what = "looks like a password or key";
    for (path, line) in [
        ("a.py", format!("PASSWORD = '{password}'")),
        ("a.js", format!("  apiKey: \"{}\",", word(32))),
        ("a.go", format!("clientSecret := \"{}\"", word(40))),
        ("a.json", format!("  \"access_token\": \"{}\"", hex(40))),
        (".env.staging", format!("DB_PASSWORD={password}")),
        ("app.properties", format!("jdbc.password = {} # nobody else's", word(20))),
        ("deploy.yaml", format!("  authKey: {}", word(24))),
    ] {
        assert_eq!(found(path, &line), [(1, what)], "{line}");
    }
    // Without quotes a value is a value only where code is not.
    assert_eq!(found("a.rs", &format!("let token = {};", word(24))), []);
    assert_eq!(found("package-lock.json", &format!("\"token\": \"{}\"", word(40))), []);
}

#[test]
fn a_private_key_counts_where_it_has_a_body() {
    let begin = format!("-----BEGIN {} KEY-----", "RSA PRIVATE");
    let what = "looks like a private key";
    let body = word(64);
    assert_eq!(found("k.pem", &format!("{begin}\n{body}\n{body}")), [(1, what)]);
    assert_eq!(
        found("k.pem", &format!("{begin}\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES\n\n{body}")),
        [(1, what)]
    );
    assert_eq!(found("k.yml", &format!("key: |\n  {begin}\n  {body}")), [(2, what)]);
    assert_eq!(found("k.json", &format!("\"k\": \"{begin}\\n{body}\\n\"")), [(1, what)]);
    assert_eq!(found("k.rs", &format!("let begin = \"{begin}\";\nlet end = 1;")), []);
}

#[test]
fn a_zero_byte_hides_nothing() {
    let token = format!("ghp_{}", word(36));
    let found = |content: &[u8]| in_binary(content).iter().map(|hit| hit.name).collect::<Vec<_>>();
    assert_eq!(found(format!("\0\u{1}{token}\0").as_bytes()), ["looks like a GitHub token"]);
    let key = format!("\0-----BEGIN {} KEY-----\n{}\n", "PRIVATE", word(64));
    assert_eq!(found(key.as_bytes()), ["looks like a private key"]);
    assert_eq!(found(&[0; 100]), Vec::<&str>::new());
}
