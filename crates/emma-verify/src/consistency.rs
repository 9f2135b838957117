//! `emma-verify consistency OLD NEW`: that a log only grew.

use crate::{Answer, Failure, read_checkpoint, read_file, read_keys};
use clap::Args;
use emma_evidence::bundle::ConsistencyProof;
use emma_evidence::{Bundle, Checkpoint, Log, VerifierKey, merkle};
use emma_model::Digest;
use std::path::PathBuf;

/// What to compare.
#[derive(Debug, Args)]
pub struct ConsistencyArgs {
    /// The older checkpoint
    old: PathBuf,
    /// The newer checkpoint
    new: PathBuf,
    /// The case's public log key, as text or file
    #[arg(long, required = true, value_name = "KEY")]
    key: Vec<String>,
    /// The case, whose log is asked for the proof; it need not be trusted
    #[arg(long, value_name = "DIR", conflicts_with = "proof")]
    case: Option<PathBuf>,
    /// A consistency proof, or a record's proof made since the older checkpoint
    #[arg(long, value_name = "FILE")]
    proof: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Checks and prints.
pub fn run(args: &ConsistencyArgs) -> Answer {
    let keys = read_keys(&args.key)?;
    let old = read_checkpoint(&args.old, "the older checkpoint")?;
    let new = read_checkpoint(&args.new, "the newer checkpoint")?;
    let (Some(old), Some(new)) = (old, new) else {
        return Ok(answer(args, 0, 0, Err("a file holds no checkpoint")));
    };
    let result = match signed(&old, &new, &keys) {
        Err(what) => Err(what),
        Ok(()) => path(args, &old, &new)?.and_then(|path| {
            let holds = merkle::verify_consistency(old.size, &old.root, new.size, &new.root, &path);
            if holds { Ok(()) } else { Err("the newer log does not extend the older") }
        }),
    };
    Ok(answer(args, old.size, new.size, result))
}

fn signed(old: &Checkpoint, new: &Checkpoint, keys: &[VerifierKey]) -> Result<(), &'static str> {
    let both = |checkpoint: &Checkpoint| keys.iter().any(|key| checkpoint.signed_by(key));
    if !both(old) {
        return Err("the older checkpoint is not signed by the key given");
    }
    if !both(new) {
        return Err("the newer checkpoint is not signed by the key given");
    }
    if old.origin != new.origin {
        return Err("the checkpoints are of different logs");
    }
    if old.size > new.size {
        return Err("the newer log is shorter: entries are gone");
    }
    Ok(())
}

/// The proof: from equal sizes, the case's log, or a file.
fn path(
    args: &ConsistencyArgs,
    old: &Checkpoint,
    new: &Checkpoint,
) -> Result<Result<Vec<Digest>, &'static str>, Failure> {
    if old.size == new.size || old.size == 0 {
        return Ok(Ok(Vec::new()));
    }
    if let Some(case) = &args.case {
        let proof =
            Log::open(&case.join("evidence")).and_then(|log| log.consistency(old.size, new.size));
        return Ok(proof.map_err(|_| "the case's log does not give a proof: it is damaged or cut"));
    }
    let Some(file) = &args.proof else {
        return Err(Failure::Usage(
            "the sizes differ: name the case (--case DIR) or a proof (--proof FILE)".to_owned(),
        ));
    };
    let bytes = read_file(file, "the proof")?;
    let proof =
        ConsistencyProof::from_file(&bytes).ok().or_else(|| Bundle::from_file(&bytes).ok()?.since);
    let Some(proof) = proof else {
        return Ok(Err("the proof does not read"));
    };
    if (proof.old, proof.new) != (old.size, new.size) {
        return Ok(Err("the proof is of other sizes"));
    }
    Ok(proof.hashes().ok_or("the proof does not read"))
}

fn answer(args: &ConsistencyArgs, old: u64, new: u64, result: Result<(), &'static str>) -> bool {
    let holds = result.is_ok();
    if args.json {
        let all = serde_json::json!({
            "holds": holds, "old_size": old, "new_size": new, "what": result.err(),
        });
        println!("{all:#}");
    } else {
        match result {
            Ok(()) => println!("consistent: {new} entries, the first {old} as they were"),
            Err(what) => println!("NOT CONSISTENT: {what}"),
        }
    }
    holds
}
