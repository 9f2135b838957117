//! What can go wrong with a case, for whom, and what to do about it.
//!
//! A variant says what failed and on which object, by id or place and never by content, name or
//! path; [`CaseError::help`] says what to do. [`CaseError::class`] sorts them into the exit
//! codes of the command line.

use std::ops::Range;

/// The result of this crate's functions.
pub type Result<T> = std::result::Result<T, CaseError>;

/// Whose turn it is after an error; the command line's exit codes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorClass {
    /// Something was found wrong in the case: exit 1.
    Finding,
    /// The command was put wrongly: exit 2.
    Usage,
    /// An authority does not allow it: exit 3.
    Refused,
    /// The system failed: exit 4. Repeating the command is safe.
    Io,
}

/// Why an authority does not allow something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// The actor is not one of the authority's.
    NotAnActor {
        /// The actor's key name.
        actor: String,
        /// The authority.
        authority: String,
    },
    /// Intake before the authority began.
    NotYetValid {
        /// The authority.
        authority: String,
        /// When it begins.
        from: String,
    },
    /// Intake after the authority ended.
    NoLongerValid {
        /// The authority.
        authority: String,
        /// When it ended.
        to: String,
    },
    /// Reading after the authority's last day of reading.
    ReadingOver {
        /// The authority.
        authority: String,
        /// When reading ended.
        until: String,
    },
    /// A source belongs to another authority.
    ForeignSource {
        /// The authority under which it was taken in.
        authority: String,
    },
    /// The authority is not the kind of the case.
    OtherKind {
        /// The case's kind.
        case: &'static str,
        /// The authority's kind.
        authority: &'static str,
    },
    /// The clock is held still, and the case is a real one.
    ClockHeld,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Refusal::NotAnActor { actor, authority } => {
                write!(f, "actor {actor} may not act under authority {authority}")
            }
            Refusal::NotYetValid { authority, from } => {
                write!(f, "authority {authority} allows intake only from {from}")
            }
            Refusal::NoLongerValid { authority, to } => {
                write!(f, "authority {authority} allowed intake only until {to}")
            }
            Refusal::ReadingOver { authority, until } => {
                write!(f, "authority {authority} allowed reading only until {until}")
            }
            Refusal::ForeignSource { authority } => {
                write!(f, "this source was taken in under authority {authority}")
            }
            Refusal::OtherKind { case, authority } => {
                write!(f, "the case is {case} and the authority is {authority}")
            }
            Refusal::ClockHeld => {
                write!(f, "the clock is held still by EMMA_CLOCK and the case is a real one")
            }
        }
    }
}

impl Refusal {
    fn help(&self) -> &'static str {
        match self {
            Refusal::NotAnActor { .. } => {
                "ask an actor of this authority, or add an authority that names you"
            }
            Refusal::NotYetValid { .. } => "repeat the intake once the authority has begun",
            Refusal::NoLongerValid { .. } | Refusal::ReadingOver { .. } => {
                "add the authority that prolongs it with `emma authority add`"
            }
            Refusal::ForeignSource { .. } => {
                "a source has one authority: give this delivery a source name of its own"
            }
            Refusal::OtherKind { .. } => {
                "a case is of one kind for ever: make another with `emma case new --kind`"
            }
            Refusal::ClockHeld => "unset EMMA_CLOCK",
        }
    }
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaseError {
    /// The disk refused a write, or a read at the door.
    #[error(transparent)]
    Store(#[from] emma_store::StoreError),
    /// The system refused something else.
    #[error("cannot {operation}: {source}")]
    Io {
        /// What was tried, in words.
        operation: &'static str,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The evidence log or store refused.
    #[error(transparent)]
    Evidence(#[from] emma_evidence::EvidenceError),
    /// The lake refused.
    #[error(transparent)]
    Lake(#[from] emma_lake::LakeError),
    /// An exhibit could not be read (I/O only: damaged content is data).
    #[error(transparent)]
    Parse(#[from] emma_parse::ParseError),
    /// The search engine failed to build or open a split.
    #[error("search index: {0}")]
    Engine(String),
    /// One pipeline runs at a time, and another process has it.
    #[error("another process runs this case's pipeline: {holder}")]
    Busy {
        /// What it wrote about itself: what it does and since when.
        holder: String,
    },
    /// Derived files of the snapshot are not there.
    #[error("files of snapshot {number} are missing: the lake or index was deleted")]
    DerivedMissing {
        /// The snapshot.
        number: u64,
    },
    /// The state database refused.
    #[error("cannot use the state database: {0}")]
    State(#[from] rusqlite::Error),
    /// An authority does not allow it.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// The text of an authority is wrong.
    #[error("line {line}, column {column}: {what}")]
    AuthorityText {
        /// Line, counted from 1.
        line: usize,
        /// Column in characters, counted from 1.
        column: usize,
        /// The byte span of the text that is wrong.
        span: Range<usize>,
        /// What is wrong with it; repeats no value.
        what: String,
        /// What to do.
        help: &'static str,
    },
    /// The command cannot be carried out as put.
    #[error("{what}")]
    Usage {
        /// What is missing or wrong.
        what: String,
        /// What to do.
        help: &'static str,
    },
    /// An id names nothing that may be shown. Says nothing of what may not.
    #[error("there is no {what} {id} that this authority opens")]
    NotFound {
        /// Kind of object.
        what: &'static str,
        /// The id as given, which is an id and no content.
        id: String,
    },
    /// `EMMA_CLOCK` is not an instant.
    #[error("EMMA_CLOCK is not an instant")]
    ClockText,
    /// Something in the case does not agree with something else in it.
    #[error("{object}: {what}")]
    Corrupt {
        /// Which object, by id.
        object: String,
        /// What does not agree.
        what: String,
    },
}

impl CaseError {
    /// A command that cannot be carried out as put.
    pub fn usage(what: impl Into<String>, help: &'static str) -> CaseError {
        CaseError::Usage { what: what.into(), help }
    }

    /// True where the disk is full, wherever that was noticed.
    pub fn is_disk_full(&self) -> bool {
        match self {
            CaseError::Store(error) => error.is_disk_full(),
            CaseError::Evidence(error) => error.is_disk_full(),
            CaseError::Lake(error) => error.is_disk_full(),
            CaseError::Io { source, .. }
            | CaseError::Parse(
                emma_parse::ParseError::Read(source) | emma_parse::ParseError::Write(source),
            ) => emma_store::is_disk_full(source),
            CaseError::State(error) => {
                error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull)
            }
            _ => false,
        }
    }

    /// Whose turn it is.
    pub fn class(&self) -> ErrorClass {
        match self {
            CaseError::Store(_) | CaseError::Io { .. } | CaseError::State(_) => ErrorClass::Io,
            CaseError::Evidence(_)
            | CaseError::Lake(_)
            | CaseError::Parse(_)
            | CaseError::Engine(_)
            | CaseError::Busy { .. } => ErrorClass::Io,
            CaseError::Refused(_) => ErrorClass::Refused,
            CaseError::AuthorityText { .. }
            | CaseError::Usage { .. }
            | CaseError::NotFound { .. }
            | CaseError::ClockText => ErrorClass::Usage,
            CaseError::Corrupt { .. } | CaseError::DerivedMissing { .. } => ErrorClass::Finding,
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            error if error.is_disk_full() => {
                Some("free some space and run the same command again: it resumes")
            }
            CaseError::DerivedMissing { .. } => Some("bring it back with `emma rebuild CASE`"),
            CaseError::Refused(refusal) => Some(refusal.help()),
            CaseError::AuthorityText { help, .. } | CaseError::Usage { help, .. } => Some(help),
            CaseError::NotFound { .. } => {
                Some("ids are printed by `emma search`; `emma authority list` says what is opened")
            }
            CaseError::Busy { .. } => Some("wait until it ends, then run the same command again"),
            CaseError::ClockText => Some("write RFC 3339 with an offset: 2026-11-24T08:00:00Z"),
            CaseError::Corrupt { .. } => Some("run `emma verify` on the case"),
            _ => None,
        }
    }
}

/// Names the operation of a failed system call.
pub(crate) fn at<T>(operation: &'static str, result: std::io::Result<T>) -> Result<T> {
    result.map_err(|source| CaseError::Io { operation, source })
}
