//! `Key`: the name of what is kept.

/// The hash of everything that decides the contents of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key([u8; blake3::OUT_LEN]);

impl Key {
    /// Of a text that says all that decides the contents, and nothing else.
    pub fn of(text: &str) -> Self {
        Self(*blake3::hash(text.as_bytes()).as_bytes())
    }

    /// As files are called.
    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn bytes(self) -> [u8; blake3::OUT_LEN] {
        self.0
    }

    /// Whether a file may be called so.
    pub(crate) fn is_hex(text: &str) -> bool {
        text.len() == 2 * blake3::OUT_LEN && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    }
}
