//! Cuts a Kubernetes List into its items while it arrives, so that it is never held whole.
//!
//! Only the structure is scanned here: strings, brackets, and the one key `items` of the
//! document. Whether an item is well formed is left to the JSON parser that reads it, and what
//! remains of the document without its items, the envelope, is small and parsed at the end.

use memchr::memchr2;

/// The largest single object that is accepted. etcd accepts 1.5 MiB by default.
const MAX_ITEM: usize = 32 << 20;
/// The largest envelope; also the largest document that is one object and not a List.
const MAX_ENVELOPE: usize = 32 << 20;

/// Why a document can't be cut into items.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SplitError {
    /// It does not begin with an object.
    #[error("expected a JSON object, found {0:?} at byte {1}")]
    NotAnObject(char, u64),
    /// The document ends too early.
    #[error("it ends in the middle, at byte {0} ({1})")]
    Truncated(u64, Place),
    /// An item is no object.
    #[error("expected an object at byte {0} ({1})")]
    ItemNotAnObject(u64, Place),
    /// Something follows the document.
    #[error("unexpected {0:?} after the end of the document, at byte {1}")]
    TrailingData(char, u64),
    /// An item is beyond any Kubernetes object.
    #[error("{0} is larger than {limit} MiB", limit = MAX_ITEM >> 20)]
    ItemTooLarge(Place),
    /// There is too much beside the items.
    #[error("no list of items within the first {limit} MiB", limit = MAX_ENVELOPE >> 20)]
    EnvelopeTooLarge,
}

/// Where in the document something is wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// Outside the items.
    Envelope,
    /// In the item with this index.
    Item(u64),
}

impl std::fmt::Display for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Envelope => write!(formatter, "outside the items"),
            Self::Item(index) => write!(formatter, "items[{index}]"),
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// Before the document's `{`.
    Start,
    /// In the document, outside the items.
    Envelope,
    /// Between two items.
    BetweenItems,
    /// In an item.
    Item,
    /// After the document's `}`.
    End,
}

/// Where the scanner is with regard to strings.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Text {
    /// In no string.
    Outside,
    /// In a string.
    Inside,
    /// In a string, behind a backslash.
    Escaped,
}

/// The scanner; bytes go in by [`feed`](Self::feed), items come out whole.
#[derive(Debug)]
pub struct ListSplitter {
    state: State,
    depth: u32,
    text: Text,
    /// Of the string that is a key at depth 1: where it begins in the envelope.
    key_start: usize,
    expects_key: bool,
    last_key_is_items: bool,
    item: Vec<u8>,
    envelope: Vec<u8>,
    items: u64,
    found_items: bool,
    position: u64,
}

impl Default for ListSplitter {
    fn default() -> Self {
        Self {
            state: State::Start,
            depth: 0,
            text: Text::Outside,
            key_start: 0,
            expects_key: true,
            last_key_is_items: false,
            item: Vec::with_capacity(4 << 10),
            envelope: Vec::with_capacity(256),
            items: 0,
            found_items: false,
            position: 0,
        }
    }
}

impl ListSplitter {
    /// How many items were handed out.
    pub fn items(&self) -> u64 {
        self.items
    }

    /// Whether the document has a list of items.
    pub fn found_items(&self) -> bool {
        self.found_items
    }

    /// Scans a piece of the document and hands out each item that ends in it.
    ///
    /// # Errors
    /// When the document's structure is not that of a List, or `each` fails.
    pub fn feed<E: From<SplitError>>(
        &mut self,
        bytes: &[u8],
        mut each: impl FnMut(u64, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let taken = match self.state {
                State::Start => self.before_document(rest)?,
                State::Envelope => self.in_envelope(rest)?,
                State::BetweenItems => self.between_items(rest)?,
                State::Item => {
                    let taken = self.in_item(rest)?;
                    if self.state == State::BetweenItems {
                        each(self.items, &self.item)?;
                        self.items += 1;
                        self.item.clear();
                    }
                    taken
                }
                State::End => self.after_document(rest)?,
            };
            self.position += taken as u64;
            rest = &rest[taken..];
        }
        Ok(())
    }

    /// Ends the document and returns what it holds beside its items, itself valid JSON.
    ///
    /// # Errors
    /// When the document is not complete.
    pub fn finish(self) -> Result<Vec<u8>, SplitError> {
        if self.state == State::End {
            return Ok(self.envelope);
        }
        Err(SplitError::Truncated(self.position, self.place()))
    }

    fn place(&self) -> Place {
        match self.state {
            State::Item | State::BetweenItems => Place::Item(self.items),
            _ => Place::Envelope,
        }
    }

    fn before_document(&mut self, bytes: &[u8]) -> Result<usize, SplitError> {
        let blank = leading_blanks(bytes);
        match bytes.get(blank) {
            None => Ok(blank),
            Some(b'{') => {
                self.state = State::Envelope;
                self.depth = 1;
                self.envelope.push(b'{');
                Ok(blank + 1)
            }
            Some(&byte) => Err(SplitError::NotAnObject(
                char::from(byte),
                self.position + blank as u64,
            )),
        }
    }

    fn after_document(&mut self, bytes: &[u8]) -> Result<usize, SplitError> {
        let blank = leading_blanks(bytes);
        match bytes.get(blank) {
            None => Ok(blank),
            Some(&byte) => Err(SplitError::TrailingData(
                char::from(byte),
                self.position + blank as u64,
            )),
        }
    }

    fn in_envelope(&mut self, bytes: &[u8]) -> Result<usize, SplitError> {
        let mut taken = 0;
        while taken < bytes.len() && self.state == State::Envelope {
            let length = if self.text == Text::Outside {
                self.envelope_byte(bytes[taken]);
                1
            } else {
                self.string_part(&bytes[taken..])
            };
            if self.envelope.len() + length > MAX_ENVELOPE {
                return Err(SplitError::EnvelopeTooLarge);
            }
            self.envelope
                .extend_from_slice(&bytes[taken..taken + length]);
            taken += length;
            if self.depth == 1
                && self.expects_key
                && self.text == Text::Outside
                && self.envelope.ends_with(b"\"")
            {
                self.last_key_is_items = self.envelope[self.key_start..] == *b"\"items\"";
            }
        }
        Ok(taken)
    }

    /// Follows one byte of the envelope outside strings.
    fn envelope_byte(&mut self, byte: u8) {
        match byte {
            b'"' => {
                self.text = Text::Inside;
                if self.depth == 1 && self.expects_key {
                    self.key_start = self.envelope.len();
                }
            }
            b':' if self.depth == 1 => self.expects_key = false,
            b',' if self.depth == 1 => {
                self.expects_key = true;
                self.last_key_is_items = false;
            }
            b'[' if self.depth == 1 && !self.expects_key && self.last_key_is_items => {
                self.state = State::BetweenItems;
                self.found_items = true;
            }
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth -= 1;
                if self.depth == 0 {
                    self.state = State::End;
                }
            }
            _ => {}
        }
    }

    fn between_items(&mut self, bytes: &[u8]) -> Result<usize, SplitError> {
        let skipped = bytes
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace() || **byte == b',')
            .count();
        match bytes.get(skipped) {
            None => {}
            Some(b'{') => {
                self.state = State::Item;
                self.depth = 0;
            }
            Some(b']') => {
                self.state = State::Envelope;
                self.depth = 1;
                self.last_key_is_items = false;
                self.envelope.push(b']');
                return Ok(skipped + 1);
            }
            Some(_) => {
                let place = Place::Item(self.items);
                return Err(SplitError::ItemNotAnObject(
                    self.position + skipped as u64,
                    place,
                ));
            }
        }
        Ok(skipped)
    }

    fn in_item(&mut self, bytes: &[u8]) -> Result<usize, SplitError> {
        let mut taken = 0;
        while taken < bytes.len() && self.state == State::Item {
            if self.text != Text::Outside {
                taken += self.string_part(&bytes[taken..]);
                continue;
            }
            match bytes[taken] {
                b'"' => self.text = Text::Inside,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        self.state = State::BetweenItems;
                    }
                }
                _ => {}
            }
            taken += 1;
        }
        if self.item.len() + taken > MAX_ITEM {
            return Err(SplitError::ItemTooLarge(Place::Item(self.items)));
        }
        self.item.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    /// How many bytes belong to the current string, up to and with its closing quote.
    fn string_part(&mut self, bytes: &[u8]) -> usize {
        let mut taken = 0;
        while taken < bytes.len() {
            if self.text == Text::Escaped {
                self.text = Text::Inside;
                taken += 1;
                continue;
            }
            let Some(special) = memchr2(b'"', b'\\', &bytes[taken..]) else {
                return bytes.len();
            };
            taken += special + 1;
            if bytes[taken - 1] == b'"' {
                self.text = Text::Outside;
                return taken;
            }
            self.text = Text::Escaped;
        }
        taken
    }
}

fn leading_blanks(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .take_while(|byte| byte.is_ascii_whitespace())
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Split = Result<(Vec<String>, String), SplitError>;

    fn split(document: &str, step: usize) -> Split {
        let mut splitter = ListSplitter::default();
        let mut items = Vec::new();
        for piece in document.as_bytes().chunks(step) {
            splitter.feed(piece, |_, item| {
                items.push(String::from_utf8_lossy(item).into_owned());
                Ok::<(), SplitError>(())
            })?;
        }
        let envelope = splitter.finish()?;
        Ok((items, String::from_utf8_lossy(&envelope).into_owned()))
    }

    /// The answer must not depend on where the document was cut.
    fn split_everywhere(document: &str) -> Split {
        let whole = split(document, document.len().max(1));
        for step in 1..document.len() {
            assert_eq!(split(document, step), whole, "in steps of {step}");
        }
        whole
    }

    #[test]
    fn items_come_out_and_the_envelope_stays() {
        let (items, envelope) = split_everywhere(
            r#" {"apiVersion":"v1","items":[{"a":{"items":[1,2]}}, {"b":"}]\"\\"}],"kind":"List","metadata":{"resourceVersion":"7"}} "#,
        )
        .unwrap();
        assert_eq!(items, [r#"{"a":{"items":[1,2]}}"#, r#"{"b":"}]\"\\"}"#]);
        assert_eq!(
            envelope,
            r#"{"apiVersion":"v1","items":[],"kind":"List","metadata":{"resourceVersion":"7"}}"#
        );
    }

    #[test]
    fn only_the_documents_own_items_are_cut() {
        let document = r#"{"spec":{"items":[{"x":1}]},"list":["items",{"y":2}],"name":"items"}"#;
        let (items, envelope) = split_everywhere(document).unwrap();
        assert!(items.is_empty());
        assert_eq!(envelope, document);
    }

    #[test]
    fn empty_and_absent_lists_are_told_apart() {
        for (document, found) in [
            (r#"{"items":[]}"#, true),
            (r#"{"items":null}"#, false),
            ("{}", false),
        ] {
            let mut splitter = ListSplitter::default();
            splitter
                .feed(document.as_bytes(), |_, _| Ok::<(), SplitError>(()))
                .unwrap();
            assert_eq!(splitter.found_items(), found, "{document}");
            assert_eq!(splitter.items(), 0);
            assert!(splitter.finish().is_ok());
        }
    }

    #[test]
    fn damage_is_named_with_its_place() {
        for (document, expected) in [
            ("", SplitError::Truncated(0, Place::Envelope)),
            ("[1]", SplitError::NotAnObject('[', 0)),
            ("  <html>", SplitError::NotAnObject('<', 2)),
            (
                r#"{"items":[{"a":1},{"b"#,
                SplitError::Truncated(21, Place::Item(1)),
            ),
            (
                r#"{"items":[{"a":1}"#,
                SplitError::Truncated(17, Place::Item(1)),
            ),
            (r#"{"items":[]"#, SplitError::Truncated(11, Place::Envelope)),
            (
                r#"{"items":[{},7]}"#,
                SplitError::ItemNotAnObject(13, Place::Item(1)),
            ),
            ("{} {", SplitError::TrailingData('{', 3)),
        ] {
            assert_eq!(split_everywhere(document), Err(expected), "{document}");
        }
    }

    #[test]
    fn what_is_never_a_list_is_given_up_in_bounded_memory() {
        let mut splitter = ListSplitter::default();
        let piece = vec![b' '; 1 << 20];
        splitter
            .feed(b"{\"data\":\"", |_, _| Ok::<(), SplitError>(()))
            .unwrap();
        let error = (0..100)
            .find_map(|_| splitter.feed(&piece, |_, _| Ok::<(), SplitError>(())).err())
            .unwrap();
        assert_eq!(error, SplitError::EnvelopeTooLarge);
        assert!(splitter.envelope.len() <= MAX_ENVELOPE);

        let mut splitter = ListSplitter::default();
        splitter
            .feed(b"{\"items\":[{\"data\":\"", |_, _| Ok::<(), SplitError>(()))
            .unwrap();
        let error = (0..100)
            .find_map(|_| splitter.feed(&piece, |_, _| Ok::<(), SplitError>(())).err())
            .unwrap();
        assert_eq!(error, SplitError::ItemTooLarge(Place::Item(0)));
    }
}
