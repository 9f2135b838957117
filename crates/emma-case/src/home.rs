//! The user's own folder, outside every case: private keys and who they belong to.
//!
//! ```text
//! EMMA_HOME/actors/<key name>.pem     an actor's private key (PKCS#8, mode 0600)
//! EMMA_HOME/actors/<key name>.toml    that actor's name and public key
//! EMMA_HOME/cases/<case id>/log.pem   the log key of a case, where this user is its custodian
//! ```
//!
//! A case never holds a private key, so that whoever has the case cannot sign for anybody.

use crate::error::{CaseError, Result, at};
use emma_evidence::{CaseId, Signer};
use std::path::{Path, PathBuf};

/// The variable that names the folder.
pub const HOME_VARIABLE: &str = "EMMA_HOME";

const LOG_KEY_FILE: &str = "log.pem";

/// The user's folder of keys.
#[derive(Debug, Clone)]
pub struct Home {
    root: PathBuf,
}

impl Home {
    /// The folder `root`, made on the first write.
    pub fn at(root: impl Into<PathBuf>) -> Home {
        Home { root: root.into() }
    }

    /// `EMMA_HOME`, else `emma` in the user's configuration folder.
    pub fn from_environment() -> Result<Home> {
        if let Some(root) = non_empty(HOME_VARIABLE) {
            return Ok(Home::at(root));
        }
        let config = if cfg!(windows) {
            non_empty("APPDATA")
        } else if cfg!(target_os = "macos") {
            non_empty("HOME").map(|home| home.join("Library/Application Support"))
        } else {
            non_empty("XDG_CONFIG_HOME")
                .filter(|path| path.is_absolute())
                .or_else(|| non_empty("HOME").map(|home| home.join(".config")))
        };
        config.map(|config| Home::at(config.join("emma"))).ok_or_else(|| {
            CaseError::usage("there is no configuration folder", "set EMMA_HOME to a folder")
        })
    }

    /// The folder of actors' keys.
    pub fn actors(&self) -> PathBuf {
        self.root.join("actors")
    }

    /// The folder of what this user holds of a case.
    pub fn case(&self, case: CaseId) -> PathBuf {
        self.root.join("cases").join(case.to_string())
    }

    /// The log key of a case, if this user is its custodian.
    pub fn log_key(&self, case: CaseId) -> Result<Option<Signer>> {
        let path = self.case(case).join(LOG_KEY_FILE);
        if !path.exists() {
            return Ok(None);
        }
        Ok(Some(Signer::load_log(&path, case)?))
    }

    /// The log key of a case, which the command cannot do without.
    pub fn need_log_key(&self, case: CaseId) -> Result<Signer> {
        self.log_key(case)?.ok_or_else(|| {
            CaseError::usage(
                "this user does not hold the log key of the case",
                "its custodian can do this: whoever ran `emma case new`",
            )
        })
    }

    /// Keeps the log key of a case. Refuses to replace one.
    pub fn keep_log_key(&self, case: CaseId, key: &Signer) -> Result<()> {
        keep_private(&self.case(case), LOG_KEY_FILE, key)
    }

    /// Keeps an actor's private key and its public card. Refuses to replace one.
    pub(crate) fn keep_actor(&self, key: &Signer, card: &str) -> Result<()> {
        // The card comes last: an actor is listed only once its key is durable.
        keep_private(&self.actors(), &format!("{}.pem", key.name()), key)?;
        let path = self.actors().join(format!("{}.toml", key.name()));
        Ok(emma_store::write_new(&path, card.as_bytes())?)
    }

    /// The private key of an actor.
    pub(crate) fn actor_key(&self, key_name: &str) -> Result<Signer> {
        Ok(Signer::load_actor(&self.actors().join(format!("{key_name}.pem")))?)
    }

    /// The text of every actor's card, by key name, sorted.
    pub(crate) fn actor_cards(&self) -> Result<Vec<(String, String)>> {
        const LIST: &str = "list the actors of this machine";
        let mut cards = Vec::new();
        let entries = match std::fs::read_dir(self.actors()) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(cards),
            other => at(LIST, other)?,
        };
        for entry in entries {
            let path = at(LIST, entry)?.path();
            if path.extension().is_some_and(|ending| ending == "toml") {
                let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) else {
                    continue;
                };
                cards.push((stem.to_owned(), at(LIST, std::fs::read_to_string(&path))?));
            }
        }
        cards.sort();
        Ok(cards)
    }
}

fn non_empty(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn keep_private(folder: &Path, name: &str, key: &Signer) -> Result<()> {
    emma_store::create_dir_durable(folder)?;
    let path = folder.join(name);
    if path.exists() {
        return Err(CaseError::usage(
            "there is a private key of that name already",
            "keys are never replaced: move the old one away if you mean it",
        ));
    }
    Ok(key.save(&path)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_key_is_kept_once_and_only_for_its_owner() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path().join("deep/home"));
        let case = CaseId([7; 16]);
        assert!(home.log_key(case).unwrap().is_none());
        assert!(matches!(home.need_log_key(case), Err(CaseError::Usage { .. })));
        let key = Signer::log_from_secret(case, [1; 32]);
        home.keep_log_key(case, &key).unwrap();
        assert_eq!(home.need_log_key(case).unwrap().verifier(), key.verifier());
        assert!(home.keep_log_key(case, &Signer::log_from_secret(case, [2; 32])).is_err());
        let mode = std::fs::metadata(home.case(case).join(LOG_KEY_FILE)).unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
    }
}
