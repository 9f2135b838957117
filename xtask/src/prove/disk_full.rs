//! A disk that is really full: a small file system in memory, where mounting is allowed;
//! otherwise the same error injected at random persists.

use super::scene::{self, Options};
use crate::bench;
use crate::cli::Emma;
use crate::failure::Failure;
use crate::random::Random;
use std::path::Path;
use std::process::{Command, Stdio};

/// Injected full disks, where none can be mounted.
const INJECTED: u64 = 40;
/// Sizes tried, in MiB: each stops the intake somewhere else.
const SIZES_MIB: [u64; 6] = [2, 6, 12, 20, 30, 45];

/// Runs the demonstration.
pub fn run(options: &Options) -> Result<String, Failure> {
    let messages = options.messages.unwrap_or(250_000);
    let programs = scene::programs()?;
    let (corpus, _) = bench::corpus(&programs, messages, options.seed)?;
    let folder = scene::folder("disk-full");
    let whole = scene::fresh(&programs, &folder.join("undisturbed"))?;
    whole.must(&scene::words(&scene::corpus_intake(&corpus)))?;
    let small = scene::fresh(&programs, &folder.join("small"))?;
    scene::copy(&small.folder().join("case"), &folder.join("before"))?;

    let disk = small.folder().join("case");
    if !mount(&disk, SIZES_MIB[0], false) {
        println!("no file system can be mounted here: the error is injected instead");
        return injected(&whole, &small, &folder, &corpus, options);
    }
    let outcome = mounted(&whole, &small, &folder, &corpus);
    let _ = Command::new("umount").arg(&disk).status();
    outcome
}

fn mount(at: &Path, mebibytes: u64, again: bool) -> bool {
    let size = format!("{}size={mebibytes}m", if again { "remount," } else { "" });
    let mut command = Command::new("mount");
    command.args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at);
    command.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn mounted(whole: &Emma, small: &Emma, folder: &Path, corpus: &Path) -> Result<String, Failure> {
    let disk = small.folder().join("case");
    let arguments = scene::corpus_intake(corpus);
    scene::copy(&folder.join("before"), &disk)?;
    let key = scene::key(small)?;
    let mut stopped = 0;
    // The same intake on a disk that grows a little each time it was full.
    for mebibytes in SIZES_MIB {
        if !mount(&disk, mebibytes, true) {
            return Err(Failure::found("the small file system cannot grow"));
        }
        let said = small.ask(&scene::words(&arguments))?;
        if said.code == 0 {
            break;
        }
        stopped += 1;
        let clear = ["No space left", "disk is full"].iter().any(|words| said.err.contains(words));
        if said.code != 4 || !clear {
            let (code, err) = (said.code, said.err);
            return Err(Failure::found(format!("{mebibytes} MiB: exit code {code}\n{err}")));
        }
        println!("{mebibytes} MiB: stopped cleanly, exit code 4");
    }
    mount(&disk, 4096, true);
    small.must(&scene::words(&arguments))?;
    scene::same_content(whole, small)?;
    let verified = scene::verify(small, &key, None)?;
    if verified.code != 0 || stopped == 0 {
        return Err(Failure::found(format!("{stopped} full disks; {}", verified.out)));
    }
    Ok(format!("{stopped} times really full, each a clean stop; resumed to the same content"))
}

fn injected(
    whole: &Emma,
    small: &Emma,
    folder: &Path,
    corpus: &Path,
    options: &Options,
) -> Result<String, Failure> {
    let arguments = scene::corpus_intake(corpus);
    let mut random = Random::new(options.seed);
    let times = options.times.unwrap_or(INJECTED);
    let mut stopped = 0;
    for _ in 0..times {
        scene::replace(&folder.join("before"), &small.folder().join("case"))?;
        let fault = format!("*:{}:full", 1 + random.below(400));
        let said = small.with("EMMA_FAULT", &fault).ask(&scene::words(&arguments))?;
        match said.code {
            0 => {} // The intake has fewer persists than that.
            4 => stopped += 1,
            code => return Err(Failure::found(format!("{fault}: exit code {code}"))),
        }
        small.must(&scene::words(&arguments))?;
        scene::same_content(whole, small)?;
    }
    Ok(format!("{stopped} injected full disks of {times}; each stopped cleanly and resumed"))
}
