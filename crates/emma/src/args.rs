//! The command line as typed: no file is opened and nothing is decided here.

mod files;
mod table;

pub use files::{FileStateArg, FilesCommand, FilesListArgs};
pub use table::{TableArgs, TableFormat};

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Takes what came out of an encrypted phone network from the first byte received to the court
/// room: sealed, read, searched, and proven offline.
#[derive(Parser, Debug)]
#[command(name = "emma", version, max_term_width = 100, disable_help_subcommand = true)]
#[command(after_help = "Exit codes: 0 ok, 1 finding or mismatch, 2 usage, 3 refused by an \
    authority, 4 input or output.\nStart: emma actor add NAME, emma case new DIR, emma authority \
    add CASE FILE, emma intake CASE PATH... --source NAME.")]
pub struct Cli {
    /// Print JSON instead of text (docs/json.md).
    #[arg(long, global = true)]
    pub json: bool,
    /// Print no progress.
    #[arg(long, global = true)]
    pub quiet: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Actors: people with a key of their own, on this machine.
    #[command(subcommand)]
    Actor(ActorCommand),
    /// Cases: make one, print its public key.
    #[command(subcommand)]
    Case(CaseCommand),
    /// Authorities: the instruments under which data may be held or read.
    #[command(subcommand)]
    Authority(AuthorityCommand),
    /// Seal, read and publish what was received. Run it again after an interruption: it resumes.
    Intake(IntakeArgs),
    /// Mappings: try one on a file, or have one proposed.
    #[command(subcommand)]
    Mapping(MappingCommand),
    /// What is read without a mapping, how sure, and what it was tested on.
    Formats,
    /// Finish what an interrupted command left: read, publish.
    Run(RunArgs),
    /// Derive everything again beside the case and compare.
    Rebuild(RebuildArgs),
    /// What the case holds: roots, log size, totals with their definitions.
    Status(StatusArgs),
    /// Search messages.
    Search(SearchArgs),
    /// Show a message: raw bytes, place, exhibit, copies, replies, context.
    Show(ShowArgs),
    /// Calls, places, devices, SIMs and so on as tables, whatever format they came in.
    Table(TableArgs),
    /// Attachments: which delivered file each record names, what is missing, and their bytes.
    #[command(subcommand)]
    Files(FilesCommand),
    /// Append a signed note to a message, record, exhibit or delivery.
    Note(NoteArgs),
    /// Reports on the case.
    Report(ReportArgs),
    /// Who did what, when and why.
    Audit(AuditArgs),
    /// The evidence log.
    #[command(subcommand)]
    Log(LogCommand),
    /// Hash everything again and name whatever does not agree.
    Verify(VerifyArgs),
    /// Simulated networks: generate, live, describe, and score a case against the truth.
    ///
    /// Everything after `twin` is handed to emma-twin, and after `twin score` to emma-score: the
    /// programs beside this one. `emma twin --help` and `emma twin score --help` say what they
    /// take.
    #[command(disable_help_flag = true)]
    Twin {
        /// What emma-twin or emma-score is asked
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
    /// Print this reference as Markdown (docs/cli.md).
    #[command(hide = true)]
    HelpMarkdown,
}

/// `emma actor`.
#[derive(Subcommand, Debug)]
pub enum ActorCommand {
    /// Make a key for a person (or service) on this machine.
    Add {
        /// The person's name, as authorities will have it.
        name: String,
    },
    /// List the actors of this machine with their public keys.
    List,
}

/// `emma case`.
#[derive(Subcommand, Debug)]
pub enum CaseCommand {
    /// Make an empty case and its log key.
    New {
        /// The folder to make.
        dir: PathBuf,
        /// Data of people, or invented data. For ever.
        #[arg(long, value_enum, default_value = "real")]
        kind: KindArg,
        /// What the case is called, for people. The name of the folder unless given.
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        actor: ActorArgs,
    },
    /// Print the public key of the case's log, for verifiers.
    Key {
        /// The case's folder.
        case: PathBuf,
    },
}

/// The kind of a case.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum KindArg {
    /// Data of people.
    Real,
    /// Invented data.
    Synthetic,
}

/// `emma authority`.
#[derive(Subcommand, Debug)]
pub enum AuthorityCommand {
    /// Add an authority to a case (docs/formats/authority.md). Needs the case's log key.
    Add {
        /// The case's folder.
        case: PathBuf,
        /// The authority, as TOML.
        file: PathBuf,
        #[command(flatten)]
        actor: ActorArgs,
    },
    /// List the authorities of a case and what each opens.
    List {
        /// The case's folder.
        case: PathBuf,
    },
}

/// Who acts.
#[derive(Args, Debug, Clone)]
pub struct ActorArgs {
    /// Act as this actor of this machine (name or key name); not needed where there is one.
    #[arg(long = "as", value_name = "ACTOR", env = "EMMA_AS")]
    pub actor: Option<String>,
}

/// Who acts, why and under what.
#[derive(Args, Debug, Clone)]
pub struct ActingArgs {
    #[command(flatten)]
    pub actor: ActorArgs,
    /// Why. Kept in the log, signed by the actor.
    #[arg(long, value_name = "TEXT", env = "EMMA_REASON")]
    pub reason: Option<String>,
    /// The authority to act under; not needed where the case has one.
    #[arg(long, value_name = "ID", env = "EMMA_AUTHORITY")]
    pub authority: Option<String>,
}

/// `emma intake`.
#[derive(Args, Debug)]
pub struct IntakeArgs {
    /// The case's folder.
    pub case: PathBuf,
    /// Files and folders that were received; zip, tar, gz and zst are opened.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The named origin of this stream of deliveries.
    #[arg(long, value_name = "NAME")]
    pub source: String,
    /// Who handed it over.
    #[arg(long, value_name = "TEXT", default_value = "unstated")]
    pub sender: String,
    /// How the files are read, where no shipped mapping or built-in parser knows them.
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// What is known of custody before receipt: `proved`, `asserted`, `unknown` or
    /// `attested by NAME`.
    #[arg(long, value_name = "GRADE", default_value = "asserted")]
    pub custody: String,
    /// Threads; one per core unless given.
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    #[command(flatten)]
    pub acting: ActingArgs,
}

/// `emma mapping`.
#[derive(Subcommand, Debug)]
pub enum MappingCommand {
    /// Show the first rows of a file as a mapping would read them, and what was not understood.
    Try {
        /// The mapping, as TOML (docs/mappings.md).
        mapping: PathBuf,
        /// A file it is for.
        file: PathBuf,
        /// How many rows.
        #[arg(long, default_value_t = 10)]
        rows: usize,
    },
    /// Propose a mapping for a file.
    Guess {
        /// The file.
        file: PathBuf,
    },
    /// List the mappings shipped with emma, or print one.
    List {
        /// Print the text of this one.
        name: Option<String>,
    },
}

/// `emma run`.
#[derive(Args, Debug)]
pub struct RunArgs {
    /// The case's folder.
    pub case: PathBuf,
    /// Threads; one per core unless given.
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    #[command(flatten)]
    pub acting: ActingArgs,
}

/// `emma rebuild`.
#[derive(Args, Debug)]
pub struct RebuildArgs {
    /// The case's folder.
    pub case: PathBuf,
    /// Compare what is derived with what the case holds, beside the case. Changes nothing.
    #[arg(long)]
    pub check: bool,
    /// Threads; one per core unless given.
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

/// `emma status`.
#[derive(Args, Debug)]
pub struct StatusArgs {
    /// The case's folder.
    pub case: PathBuf,
    #[command(flatten)]
    pub acting: ActingArgs,
}

/// `emma search`.
#[derive(Args, Debug)]
pub struct SearchArgs {
    /// The case's folder.
    pub case: PathBuf,
    /// Words, "phrases", from:, to:, with:, in:, before:, after:, on:, OR, NOT, ( ), prefix*,
    /// fuzzy~, /regex/. Nothing finds everything.
    #[arg(default_value = "")]
    pub query: String,
    /// In which order.
    #[arg(long, value_enum, default_value = "newest")]
    pub order: OrderArg,
    /// How many to print.
    #[arg(long, default_value_t = 20)]
    pub limit: usize,
    /// How many to skip.
    #[arg(long, default_value_t = 0)]
    pub offset: usize,
    /// Print the total only.
    #[arg(long, conflicts_with_all = ["limit", "offset", "export"])]
    pub count: bool,
    /// Say in words what the query asks, and stop.
    #[arg(long)]
    pub explain: bool,
    /// Write every hit, without a cap, to standard output or --output.
    #[arg(long, value_enum, conflicts_with_all = ["limit", "offset"])]
    pub export: Option<ExportArg>,
    /// The file for --export. It must not exist.
    #[arg(long, value_name = "FILE", requires = "export")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub acting: ActingArgs,
}

/// Order of hits.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderArg {
    /// Newest first; undated messages last.
    Newest,
    /// Best match first.
    Best,
}

/// Form of an export.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportArg {
    /// Comma-separated, with a header; cells that a spreadsheet would run are made inert.
    Csv,
    /// One JSON object a line.
    Ndjson,
}

/// `emma show`.
#[derive(Args, Debug)]
pub struct ShowArgs {
    /// The case's folder.
    pub case: PathBuf,
    /// A message id, record id or network id, as `emma search` prints it.
    pub id: String,
    /// Write a proof that `emma-verify` checks offline. The file must not exist.
    #[arg(long, value_name = "FILE")]
    pub proof: Option<PathBuf>,
    /// How many messages of the conversation to show before and after.
    #[arg(long, default_value_t = 3)]
    pub context: usize,
    #[command(flatten)]
    pub acting: ActingArgs,
}

/// `emma note`.
#[derive(Args, Debug)]
pub struct NoteArgs {
    /// The case's folder.
    pub case: PathBuf,
    /// What the note is about: a message id, record id, exhibit id or delivery id.
    pub id: String,
    /// The note.
    pub text: String,
    #[command(flatten)]
    pub acting: ActingArgs,
}

/// `emma report`.
#[derive(Args, Debug)]
pub struct ReportArgs {
    /// The case's folder.
    pub case: PathBuf,
    /// Which report.
    #[arg(value_enum)]
    pub report: ReportName,
    /// In which form (`--json` is `--format json`).
    #[arg(long, value_enum, default_value = "text")]
    pub format: ReportFormat,
    #[command(flatten)]
    pub acting: ActingArgs,
}

/// The reports there are.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportName {
    /// Every byte received: records, framing, anomalies, blobs; every anomaly with its place.
    Loss,
}

/// Form of a report.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For spreadsheets.
    Csv,
}

/// `emma audit`.
#[derive(Args, Debug)]
pub struct AuditArgs {
    /// The case's folder.
    pub case: PathBuf,
    /// Only what this actor did (name or key name).
    #[arg(long, value_name = "ACTOR")]
    pub actor: Option<String>,
    /// Only entries of this kind (`access`, `note`, `delivery`, ...).
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// Only entries about this id.
    #[arg(long, value_name = "ID")]
    pub about: Option<String>,
}

/// `emma log`.
#[derive(Subcommand, Debug)]
pub enum LogCommand {
    /// Sign and print a checkpoint over all entries. Needs the case's log key.
    Checkpoint {
        /// The case's folder.
        case: PathBuf,
        /// Also write it to this file. The file must not exist.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// `emma verify`.
#[derive(Args, Debug)]
pub struct VerifyArgs {
    /// The case's folder.
    pub case: PathBuf,
    /// The log's public key as you were given it (`emma case key`), not as the case has it.
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
    /// A checkpoint kept elsewhere: the case must contain all that it covers.
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
}
