//! S2: secrets planted everywhere a secret can enter, and a search for them, as they are and as base64 or hex, in
//! everything that comes to rest or to the outside.

use anyhow::Result;
use memchr::memmem;
use std::path::Path;

/// Secrets to look for, by what they are.
#[derive(Debug, Default)]
pub struct Planted {
    secrets: Vec<(String, String)>,
}

impl Planted {
    /// A fresh secret of a kind, remembered.
    pub fn plant(&mut self, what: &str) -> String {
        let secret = format!("planted-{}-{:032x}", what.replace(' ', "-"), rand::random::<u128>());
        self.remember(what, &secret);
        secret
    }

    /// Remembers a secret that Turnpike made.
    pub fn remember(&mut self, what: &str, secret: &str) {
        self.secrets.push((what.to_owned(), secret.to_owned()));
    }

    /// How many are planted.
    pub fn count(&self) -> usize {
        self.secrets.len()
    }

    /// Which of them `bytes` hold, in any form.
    pub fn found_in(&self, place: &str, bytes: &[u8]) -> Vec<String> {
        let holds = |form: &[u8]| memmem::find(bytes, form).is_some();
        let mut found = Vec::new();
        for (what, secret) in &self.secrets {
            let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
            let forms = [("as it is", secret.clone()), ("in hex", hex), ("in base64", base64_core(secret.as_bytes()))];
            for (form, text) in forms {
                if holds(text.as_bytes()) {
                    found.push(format!("{what} {form} in {place}"));
                }
            }
        }
        found
    }

    /// Which of them any file under `folder` holds as it is; files named in `but` are left out.
    pub fn found_under(&self, folder: &Path, but: &[&str]) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                found.extend(self.found_under(&path, but)?);
            } else if !but.contains(&name.as_str()) {
                let bytes = std::fs::read(&path).unwrap_or_default();
                let held = self.secrets.iter().filter(|(_, secret)| memmem::find(&bytes, secret.as_bytes()).is_some());
                found.extend(held.map(|(what, _)| format!("{what} in {name}")));
            }
        }
        Ok(found)
    }
}

/// Base64 of the middle of `bytes` that does not depend on what stands around it: whole groups of three, from a start
/// that is one itself. Enough to recognise a secret encoded alone.
fn base64_core(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks_exact(3) {
        let bits = u32::from(group[0]) << 16 | u32::from(group[1]) << 8 | u32::from(group[2]);
        for shift in [18, 12, 6, 0] {
            text.push(char::from(LETTERS[(bits >> shift & 63) as usize]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planted_secret_is_found_in_every_form() {
        let mut planted = Planted::default();
        planted.remember("a word", "Turnpike!");
        for text in ["xTurnpike!x", "VHVybnBpa2Uh", "5475726e70696b6521"] {
            assert_eq!(planted.found_in("here", text.as_bytes()).len(), 1, "{text}");
        }
        assert!(planted.found_in("here", b"turnpike").is_empty());
    }
}
