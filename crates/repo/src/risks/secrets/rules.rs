//! The shapes of keys and tokens. Where a pattern has a group, the group is the secret.

/// A shape.
pub(super) struct Rule {
    /// What it looks like.
    pub(super) what: &'static str,
    pub(super) pattern: &'static str,
    pub(super) judged: Judged,
}

/// What is asked of a text that has the shape.
#[derive(Clone, Copy)]
pub(super) enum Judged {
    /// That each of its characters tells so many bits; examples tell less.
    AsToken(f64),
    /// That it is more than words.
    AsPassword,
}

const fn rule(what: &'static str, pattern: &'static str) -> Rule {
    Rule { what, pattern, judged: Judged::AsToken(2.5) }
}

/// Parts of which each line with a secret has one, in any case. They are what makes a search fast.
pub(super) const KEYWORDS: &[&str] = &[
    "gh",
    "github_pat_",
    "glpat-",
    "gldt-",
    "glrt-",
    "glcbt-",
    "glptt-",
    "glft-",
    "glsoat-",
    "xox",
    "xapp-",
    "hooks.slack",
    "akia",
    "asia",
    "abia",
    "acca",
    "aiza",
    "gocspx-",
    "sk_",
    "rk_",
    "whsec_",
    "sk-",
    "eyj",
    "private key",
    "npm_",
    "pypi-",
    "hf_",
    "api_org_",
    "sg.",
    "dop_v1_",
    "doo_v1_",
    "shp",
    "accountkey",
    "sig=",
    "dapi",
    "hvs.",
    "hvb.",
    "age-secret-key",
    "dckr_",
    "glsa_",
    "lin_api_",
    "sbp_",
    "rubygems_",
    "cio",
    "pmak-",
    "nrak-",
    "discord",
    ":aa",
    "atatt3",
    "atlasv1",
    "key-",
    "sq0",
    "eaaa",
    "figd_",
    "secret_",
    "ntn_",
    "xai-",
    "gsk_",
    "pplx-",
    "r8_",
    "://",
    "q~",
    "pass",
    "pwd",
    "secret",
    "token",
    "key",
    "credential",
];

pub(super) const RULES: &[Rule] = &[
    rule("looks like a GitHub token", r"\bgh[pousr]_[0-9A-Za-z]{36,251}\b"),
    rule("looks like a GitHub token", r"\bgithub_pat_[0-9A-Za-z_]{60,240}\b"),
    rule("looks like a GitLab token", r"\bgl(?:pat|dt|rt|cbt|ptt|ft|soat)-[0-9A-Za-z_-]{20,64}"),
    rule("looks like a Slack token", r"\bxox[abeoprs](?:-[0-9A-Za-z]{1,64}){1,6}-?[0-9A-Za-z]{20,72}\b"),
    rule("looks like a Slack token", r"\bxapp-[0-9]-[0-9A-Z]{8,24}-[0-9]{8,24}-[0-9a-f]{32,96}\b"),
    rule(
        "looks like a Slack webhook",
        r"hooks\.slack\.com/(?:services|workflows|triggers)/([0-9A-Za-z+/]{40,80})",
    ),
    rule("looks like an AWS access key", r"\b(?:AKIA|ASIA|ABIA|ACCA)[2-7A-Z]{16}\b"),
    Rule {
        what: "looks like an AWS secret key",
        pattern: r"(?i)aws.{0,30}(?:secret|key).{0,30}[=:>]\s*['\x22`]?([0-9A-Za-z/+]{40})(?:[^0-9A-Za-z/+=]|$)",
        judged: Judged::AsToken(4.0),
    },
    rule("looks like a Google API key", r"\bAIza[0-9A-Za-z_-]{35}"),
    rule("looks like a Google client secret", r"\bGOCSPX-[0-9A-Za-z_-]{28}"),
    rule("looks like a Stripe key", r"\b[sr]k_(?:live|test|prod)_([0-9A-Za-z]{10,247})\b"),
    rule("looks like a Stripe webhook secret", r"\bwhsec_[0-9A-Za-z+/=]{32,64}"),
    rule("looks like an Anthropic key", r"\bsk-ant-[a-z]{3,8}[0-9]{2}-[0-9A-Za-z_-]{80,120}"),
    rule("looks like an OpenAI key", r"\bsk-(?:proj|svcacct|admin|None)-[0-9A-Za-z_-]{40,200}"),
    rule("looks like an OpenAI key", r"\bsk-[0-9A-Za-z]{20}T3BlbkFJ[0-9A-Za-z]{20}\b"),
    rule("looks like an OpenRouter key", r"\bsk-or-v1-[0-9a-f]{64}\b"),
    rule("looks like an xAI key", r"\bxai-[0-9A-Za-z]{70,90}\b"),
    rule("looks like a Groq key", r"\bgsk_[0-9A-Za-z]{48,56}\b"),
    rule("looks like a Perplexity key", r"\bpplx-[0-9A-Za-z]{48}\b"),
    rule("looks like a Replicate token", r"\br8_[0-9A-Za-z]{37}\b"),
    rule("looks like a Hugging Face token", r"\b(?:hf_[A-Za-z]{34}|api_org_[A-Za-z]{34})\b"),
    rule(
        "looks like a JSON web token",
        r"\beyJ[0-9A-Za-z_-]{12,}\.eyJ[0-9A-Za-z_-]{12,}\.[0-9A-Za-z_-]{16,}",
    ),
    rule("looks like an npm token", r"\bnpm_[0-9A-Za-z]{36}\b"),
    rule("looks like a PyPI token", r"\bpypi-AgEI[0-9A-Za-z_-]{50,}"),
    rule("looks like a RubyGems key", r"\brubygems_[0-9a-f]{48}\b"),
    rule("looks like a crates.io token", r"\bcio[0-9A-Za-z]{32}\b"),
    rule("looks like a Docker token", r"\bdckr_(?:pat|oat)_[0-9A-Za-z_-]{27,32}"),
    rule("looks like a SendGrid key", r"\bSG\.[0-9A-Za-z_-]{16,32}\.[0-9A-Za-z_-]{32,64}"),
    rule("looks like a DigitalOcean token", r"\bdo[op]_v1_[0-9a-f]{64}\b"),
    rule("looks like a Shopify token", r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b"),
    rule("looks like an Azure storage key", r"(?i)AccountKey=([0-9A-Za-z+/]{86}==)"),
    rule("looks like an Azure client secret", r"\b[0-9A-Za-z_~.]{3}[0-9]Q~[0-9A-Za-z_~.-]{31,34}\b"),
    rule("looks like an Azure signature", r"[?&]sig=([0-9A-Za-z%]{43,70}%3[Dd])"),
    rule("looks like a Databricks token", r"\bdapi[0-9a-f]{32}(?:-[0-9])?\b"),
    rule("looks like a Vault token", r"\bhv[bs]\.[0-9A-Za-z_-]{90,300}"),
    rule("looks like an age key", r"\bAGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}\b"),
    rule("looks like a Grafana token", r"\bglsa_[0-9A-Za-z]{32}_[0-9A-Fa-f]{8}\b"),
    rule("looks like a Linear key", r"\blin_api_[0-9A-Za-z]{40}\b"),
    rule("looks like a Supabase token", r"\bsbp_[0-9a-f]{40}\b"),
    rule("looks like a Postman key", r"\bPMAK-[0-9a-f]{24}-[0-9a-f]{34}\b"),
    rule("looks like a New Relic key", r"\bNRAK-[0-9A-Z]{27}\b"),
    rule(
        "looks like a Discord webhook",
        r"discord(?:app)?\.com/api/webhooks/[0-9]{17,20}/([0-9A-Za-z_-]{60,80})",
    ),
    rule("looks like a Telegram bot token", r"\b[0-9]{8,10}:AA[0-9A-Za-z_-]{33}\b"),
    rule("looks like an Atlassian token", r"\bATATT3[0-9A-Za-z_=-]{100,200}"),
    rule("looks like a Terraform token", r"\b[0-9A-Za-z]{14}\.atlasv1\.[0-9A-Za-z_=-]{60,70}"),
    rule("looks like a Mailgun key", r"\bkey-[0-9a-f]{32}\b"),
    rule("looks like a Square token", r"\b(?:sq0[a-z]{3}-[0-9A-Za-z_-]{22,43}|EAAA[0-9A-Za-z_-]{60})\b"),
    rule("looks like a Figma token", r"\bfigd_[0-9A-Za-z_-]{38,44}"),
    rule("looks like a Notion token", r"\b(?:secret_[0-9A-Za-z]{43}|ntn_[0-9A-Za-z]{40,46})\b"),
    Rule {
        what: "looks like an address with a password in it",
        pattern: r"(?i)\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@'\x22`<>{}$]{1,64}:([^\s/:@'\x22`<>{}$%*]{8,128})@[a-z0-9][a-z0-9.-]*[a-z0-9]",
        judged: Judged::AsPassword,
    },
];

/// The line that begins a private key.
pub(super) const KEY_BLOCK: &str = r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----";

/// A name that says what its value is, and a value in quotes.
pub(super) const ASSIGNED: &str = r"(?i)(?:passw(?:or)?d|passphrase|pwd|secret|token|credentials?|(?:api|access|auth|private|signing|encryption|master|account)[_.-]?key)[\w.-]{0,20}['\x22`\]]{0,2}\s{0,5}(?:=|:|:=|=>|,|\()\s{0,5}[bfr]?['\x22`]([^\s'\x22`]{10,200})['\x22`]";

/// The same, with a value that ends with the line.
pub(super) const BARE: &str = r"(?i)(?:passw(?:or)?d|passphrase|pwd|secret|token|credentials?|(?:api|access|auth|private|signing|encryption|master|account)[_.-]?key)[\w.-]{0,20}\s{0,5}[=:]\s{0,5}([0-9A-Za-z+/_=.!#^&*~-]{10,200})\s*(?:[#;].*)?$";

/// How the names of files end whose values stand without quotes.
pub(super) const CONFIGURATION: &[&str] = &[
    ".cfg",
    ".conf",
    ".config",
    ".dockerfile",
    ".env",
    ".ini",
    ".properties",
    ".sh",
    ".tfvars",
    ".toml",
    ".yaml",
    ".yml",
    "dockerfile",
];
