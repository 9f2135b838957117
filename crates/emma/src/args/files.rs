//! `emma files` as typed.

use super::{ActingArgs, ReportFormat};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `emma files`.
#[derive(Subcommand, Debug)]
pub enum FilesCommand {
    /// List the files that records name, by what each was found, and delivered files that no
    /// record names.
    List(FilesListArgs),
    /// Copy a delivered file's bytes out, checked against their seal.
    Save {
        /// The case's folder.
        case: PathBuf,
        /// The file's place, as `emma files list` prints it.
        place: String,
        /// The file to write. It must not exist.
        #[arg(long, value_name = "FILE")]
        output: PathBuf,
        #[command(flatten)]
        acting: ActingArgs,
    },
    /// Write a page of thumbnails with the messages that name them, to be opened in a browser.
    ///
    /// Pictures are decoded by emma-thumb, a process that can open no file and no connection.
    Sheet {
        /// The case's folder.
        case: PathBuf,
        /// The page to write. It must not exist.
        #[arg(long, value_name = "FILE")]
        output: PathBuf,
        /// Most pictures on the page; equal ones stand there once.
        #[arg(long, value_name = "N", default_value_t = 500)]
        limit: usize,
        #[command(flatten)]
        acting: ActingArgs,
    },
}

/// `emma files list`.
#[derive(Args, Debug)]
pub struct FilesListArgs {
    /// The case's folder.
    pub case: PathBuf,
    /// Only files of this state.
    #[arg(long, value_enum)]
    pub state: Option<FileStateArg>,
    /// How many to print for people; JSON and CSV have all.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: u64,
    /// In which form (`--json` is `--format json`).
    #[arg(long, value_enum, default_value = "text")]
    pub format: ReportFormat,
    #[command(flatten)]
    pub acting: ActingArgs,
}

/// What became of a file.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileStateArg {
    /// A delivered file is the one named.
    Delivered,
    /// Its bytes stand in the record itself.
    Inside,
    /// A file of that name was delivered; its size or digest is not the stated one.
    Differs,
    /// Several delivered files of that name have different bytes.
    Ambiguous,
    /// None was delivered.
    Missing,
    /// Delivered, and no record names it.
    Unnamed,
}
