//! Cuts names out of a text: keys, accounts, organisations, projects, people, addresses, hosts. Decided word by word, by
//! form alone: the relay does not know an upstream account's names. A word too many is better than one too few.

use std::borrow::Cow;

/// What stands in place of a name.
const HIDDEN: &str = "[hidden]";
/// What ids of keys, accounts and the like begin with, at OpenAI, Anthropic, Azure, Groq, xAI, Google, OpenRouter, GitHub, AWS.
const PREFIXES: [&str; 22] = [
    "sk-", "sk_", "pk-", "pk_", "rk-", "org-", "org_", "proj-", "proj_", "user-", "user_", "acct-", "acct_",
    "account-", "key-", "key_", "gsk_", "xai-", "aiza", "ghp_", "akia", "ws-",
];
/// Last labels of host names that are in use by providers and inside networks.
const LAST_LABELS: [&str; 25] = [
    "com",
    "net",
    "org",
    "ai",
    "io",
    "cn",
    "dev",
    "app",
    "cloud",
    "eu",
    "us",
    "de",
    "uk",
    "fr",
    "jp",
    "co",
    "info",
    "run",
    "sh",
    "tech",
    "local",
    "internal",
    "lan",
    "localhost",
    "invalid",
];

/// The text without names; borrowed if there were none.
pub(super) fn scrub(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    for (start, word) in words(text) {
        if is_name(word) {
            out.push_str(text.get(copied..start).unwrap_or_default());
            out.push_str(HIDDEN);
            copied = start + word.len();
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

/// Runs of what keys, addresses and hosts consist of, without punctuation at their ends.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || "-_.:/@*%?=&#~+".contains(c);
    text.split(move |c: char| !is_inner(c)).filter_map(move |run| {
        let word = run.trim_matches(|c: char| !(c.is_ascii_alphanumeric() || c == '*'));
        let start = (word.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
        (!word.is_empty()).then_some((start, word))
    })
}

fn is_name(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    lower.contains("://")
        || lower.split(['=', ':', '/']).any(|part| is_id(part) || is_uuid(part))
        || (word.contains('@') && word.contains('.'))
        || is_host(&lower)
}

/// A known prefix, and after it something that is no ordinary word.
fn is_id(part: &str) -> bool {
    let after = PREFIXES.iter().find_map(|prefix| part.strip_prefix(prefix));
    after.is_some_and(|rest| {
        rest.len() >= 6 && (rest.len() >= 16 || rest.bytes().any(|b| b.is_ascii_digit() || b == b'*'))
    })
}

fn is_uuid(part: &str) -> bool {
    let groups: Vec<&str> = part.split('-').collect();
    let lengths = [8, 4, 4, 4, 12];
    groups.len() == lengths.len()
        && groups
            .iter()
            .zip(lengths)
            .all(|(group, length)| group.len() == length && group.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// A host name or IPv4 address, with or without port and path.
fn is_host(word: &str) -> bool {
    let authority = word.split('/').next().unwrap_or_default();
    let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
    let has_port = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    let labels: Vec<&str> = host.split('.').collect();
    let is_label =
        |label: &&str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if !labels.iter().all(is_label) {
        return false;
    }
    let is_ipv4 = labels.len() == 4 && labels.iter().all(|label| label.parse::<u8>().is_ok());
    let last_is_known = labels.last().is_some_and(|last| LAST_LABELS.contains(last));
    is_ipv4
        || (labels.len() >= 2 && last_is_known)
        || (has_port && host.bytes().any(|b| b.is_ascii_alphabetic()) && port.len() >= 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_out() {
        for (text, want) in [
            (
                "Rate limit reached in organization org-AbC123def on tokens.",
                "Rate limit reached in organization [hidden] on tokens.",
            ),
            ("key sk-proj-abc***9 is bad", "key [hidden] is bad"),
            ("Project `proj_aB3dE6` has none", "Project `[hidden]` has none"),
            ("see https://platform.openai.com/account/api-keys.", "see [hidden]."),
            ("host api.openai.com:443 said no", "host [hidden] said no"),
            ("mail someone@example.com", "mail [hidden]"),
            ("at 10.0.0.17:8000/v1", "at [hidden]"),
            ("upstream localhost:11434 down", "upstream [hidden] down"),
            ("org (123e4567-e89b-12d3-a456-426614174000)", "org ([hidden])"),
            ("user_id=user_2wT5ElBE4Es3R4QrNLpZiXICmQP", "[hidden]"),
        ] {
            assert_eq!(scrub(text), want);
        }
    }

    #[test]
    fn ordinary_messages_stay_as_they_are() {
        for text in [
            "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
            "messages.0.content.1.image.source: Field required",
            "The model `gpt-4.1-nano-wrong` does not exist or you do not have access to it.",
            "model: claude-sonet-4-5",
            "max_tokens: 300000 > 128000, which is the maximum for claude-opus-4-8",
            "This user-provided key-value is wrong at line 1 column 197",
            "Invalid 'image.png'. Expected 'tools[0].function.name'.",
        ] {
            assert!(matches!(scrub(text), Cow::Borrowed(_)), "{text}: {}", scrub(text));
        }
    }
}
