//! The words behind the numbers of a tag, one by one.

/// A word of a tag and the character before it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Token<'a> {
    pub(super) separator: Option<char>,
    pub(super) text: &'a str,
}

/// Splits at `-`, `_`, `+` and `.`.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut separator = None;
    let mut rest = text;
    loop {
        let end = rest.find(['-', '_', '+', '.']).unwrap_or(rest.len());
        if end > 0 {
            tokens.push(Token {
                separator,
                text: &rest[..end],
            });
        }
        let Some(found) = rest[end..].chars().next() else {
            return tokens;
        };
        separator = Some(found);
        rest = &rest[end + 1..];
    }
}

impl<'a> Token<'a> {
    /// The number, if it is nothing else.
    pub(super) fn number(self) -> Option<u64> {
        let digits = !self.text.is_empty() && self.text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| self.text.parse().ok())?
    }

    /// `("rc", Some(1))` for `rc1`.
    pub(super) fn word_and_number(self) -> (&'a str, Option<u64>) {
        let digits = self
            .text
            .bytes()
            .rev()
            .take_while(u8::is_ascii_digit)
            .count();
        let (word, number) = self.text.split_at(self.text.len() - digits);
        (word, number.parse().ok())
    }

    /// Whether it names a commit.
    pub(super) fn is_commit(self) -> bool {
        let hash = self.text.strip_prefix('g').unwrap_or(self.text);
        is_hash(self.text) || (hash.len() < self.text.len() && hash.len() >= 7 && is_hex(hash))
    }
}

/// A hash has letters and digits; a number or a word alone is none.
pub(super) fn is_hash(text: &str) -> bool {
    (7..=64).contains(&text.len())
        && is_hex(text)
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
        && text.bytes().any(|byte| byte.is_ascii_digit())
}

fn is_hex(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
