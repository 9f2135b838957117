//! `cargo xtask prove NAME`: one promise of the product, tried hard, outside CI.
//!
//! Each demonstration works in `target/prove/NAME` on the release program, keeps to the command
//! line that users have, fails with what it found, and prints its figure last.

mod disk_full;
mod faults;
mod flips;
mod formats;
mod hostile;
mod irc;
mod kills;
mod order;
mod reader;
mod rebuild;
mod scene;
mod tamper;
mod telegram;
mod writers;

use crate::failure::Failure;
use scene::Options;

/// A demonstration.
struct Proof {
    name: &'static str,
    says: &'static str,
    run: fn(&Options) -> Result<String, Failure>,
}

const PROOFS: &[Proof] = &[
    Proof {
        name: "disk-full",
        says: "a full disk stops an intake cleanly and it resumes",
        run: disk_full::run,
    },
    Proof {
        name: "faults",
        says: "a fault at each persist leaves no receipt for missing data, and the intake resumes",
        run: faults::run,
    },
    Proof {
        name: "flips",
        says: "one flipped bit anywhere is found and the object named (1,000 flips)",
        run: flips::run,
    },
    Proof {
        name: "formats",
        says: "every specimen and public file read as expected; fifty mixed files by one command",
        run: formats::run,
    },
    Proof {
        name: "hostile",
        says: "bombs, entities, depth, bad pictures, corrupt databases: bounded, told, good read",
        run: hostile::run,
    },
    Proof {
        name: "irc",
        says: "326 files of public IRC logs: sealed, read, balanced, searched, proven",
        run: irc::run,
    },
    Proof {
        name: "kills",
        says: "kill -9 at 50 random moments of an intake of 1 M messages, resumed each time",
        run: kills::run,
    },
    Proof {
        name: "order",
        says: "other order, custodian and parent folder: same exhibit ids and content roots",
        run: order::run,
    },
    Proof {
        name: "reader",
        says: "a reader for two handles and one month sees only those, the rest is counted",
        run: reader::run,
    },
    Proof {
        name: "rebuild",
        says: "everything derived again with 1 and 2 threads is the same",
        run: rebuild::run,
    },
    Proof {
        name: "tamper",
        says: "an older copy, a replaced exhibit under another key and a cut log are found",
        run: tamper::run,
    },
    Proof {
        name: "telegram",
        says: "ten public Telegram files, broken ones among them, read as far as they read",
        run: telegram::run,
    },
    Proof {
        name: "writers",
        says: "four writers of 1,000 notes, an intake and two readers at once",
        run: writers::run,
    },
];

/// Runs one demonstration, or lists them.
pub fn run(arguments: &[String]) -> Result<u8, Failure> {
    let Some((name, rest)) = arguments.split_first() else {
        println!("cargo xtask prove NAME [--messages N] [--times N] [--seed N]\n");
        for proof in PROOFS {
            println!("  {:<10} {}", proof.name, proof.says);
        }
        return Ok(0);
    };
    let proof = PROOFS.iter().find(|proof| proof.name == name);
    let proof = proof.ok_or_else(|| Failure::usage(format!("no demonstration `{name}`")))?;
    let figure = (proof.run)(&Options::parse(rest)?)?;
    println!("{}: {figure}", proof.name);
    Ok(0)
}
