//! Errors on their way to a person or program: what failed, which object, what to do.
//!
//! Exit codes: 0 ok, 1 finding or mismatch, 2 usage, 3 refused by an authority, 4 I/O.

use crate::output::Output;
use emma_case::error::{CaseError, ErrorClass};
use miette::{Diagnostic, GraphicalReportHandler, LabeledSpan, NamedSource, SourceCode};
use serde::Serialize;
use std::fmt;
use std::process::ExitCode;

/// The result of a command's parts.
pub type Result<T> = std::result::Result<T, Failure>;

/// How a command ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// Nothing to remark.
    Ok,
    /// Something was found wrong and has been printed.
    Found,
    /// Another program did it, and ended so.
    Code(u8),
}

impl Done {
    /// 0, 1 for a finding, or the other program's.
    pub fn exit_code(self) -> ExitCode {
        ExitCode::from(match self {
            Done::Ok => 0,
            Done::Found => 1,
            Done::Code(code) => code,
        })
    }
}

/// A command that failed.
#[derive(Debug)]
pub struct Failure {
    class: ErrorClass,
    what: String,
    help: Option<String>,
    place: Option<Box<Place>>,
    /// True where whoever reads our output has gone away: nobody is left to tell.
    reader_gone: bool,
}

/// The part of a text of the user's own that is wrong, to be underlined.
#[derive(Debug)]
struct Place {
    source: NamedSource<String>,
    span: std::ops::Range<usize>,
    label: String,
}

impl Failure {
    /// The command was put wrongly.
    pub fn usage(what: impl Into<String>, help: impl Into<String>) -> Failure {
        Failure::new(ErrorClass::Usage, what, Some(help.into()))
    }

    /// Law forbids it.
    pub fn refused(what: impl Into<String>, help: impl Into<String>) -> Failure {
        Failure::new(ErrorClass::Refused, what, Some(help.into()))
    }

    fn new(class: ErrorClass, what: impl Into<String>, help: Option<String>) -> Failure {
        Failure { class, what: what.into(), help, place: None, reader_gone: false }
    }

    /// Points at the wrong part of a text the user gave, called `name`.
    pub fn underline(
        mut self,
        name: &str,
        text: &str,
        span: std::ops::Range<usize>,
        label: impl Into<String>,
    ) -> Failure {
        let source = NamedSource::new(name, text.to_owned());
        // Something missing at the end is pointed at by the last character there is.
        let last = text.char_indices().last().map_or(0, |(at, _)| at);
        let span = if span.is_empty() && span.end >= text.len() { last..text.len() } else { span };
        self.place = Some(Box::new(Place { source, span, label: label.into() }));
        self
    }

    /// Prints the failure to standard error and gives the exit code.
    pub fn report(self, output: &Output) -> ExitCode {
        if self.reader_gone {
            return ExitCode::SUCCESS;
        }
        let exit = self.exit();
        if output.json {
            let (what, help) = (&self.what, self.help.as_deref());
            let document = ErrorDocument { schema: "emma/error/v1", exit, what, help };
            eprintln!("{}", serde_json::to_string_pretty(&document).unwrap_or_default());
        } else {
            let mut text = String::new();
            match GraphicalReportHandler::new().render_report(&mut text, &self) {
                Ok(()) => eprint!("{text}"),
                Err(_) => eprintln!("{self}"),
            }
        }
        ExitCode::from(exit)
    }

    fn exit(&self) -> u8 {
        match self.class {
            ErrorClass::Finding => 1,
            ErrorClass::Usage => 2,
            ErrorClass::Refused => 3,
            ErrorClass::Io => 4,
        }
    }
}

#[derive(Serialize)]
struct ErrorDocument<'a> {
    schema: &'a str,
    exit: u8,
    what: &'a str,
    help: Option<&'a str>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Failure {}

impl Diagnostic for Failure {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place.as_ref().map(|place| &place.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.place.as_ref()?;
        let label = LabeledSpan::new_with_span(Some(place.label.clone()), place.span.clone());
        Some(Box::new(std::iter::once(label)))
    }
}

impl From<CaseError> for Failure {
    fn from(error: CaseError) -> Failure {
        Failure::new(error.class(), error.to_string(), error.help().map(str::to_owned))
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        let mut failure =
            Failure::new(ErrorClass::Io, format!("cannot write the results: {error}"), None);
        failure.reader_gone = error.kind() == std::io::ErrorKind::BrokenPipe;
        failure
    }
}

impl From<emma_store::StoreError> for Failure {
    fn from(error: emma_store::StoreError) -> Failure {
        CaseError::from(error).into()
    }
}

impl From<emma_evidence::EvidenceError> for Failure {
    fn from(error: emma_evidence::EvidenceError) -> Failure {
        CaseError::from(error).into()
    }
}

impl From<emma_lake::LakeError> for Failure {
    fn from(error: emma_lake::LakeError) -> Failure {
        CaseError::from(error).into()
    }
}
