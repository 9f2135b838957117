//! Everything derived again beside the case, with 1 and 2 threads, and after deleting it.

use super::scene::{self, Options};
use crate::bench;
use crate::demo::specimens;
use crate::failure::Failure;

/// Runs the demonstration.
pub fn run(options: &Options) -> Result<String, Failure> {
    let messages = options.messages.unwrap_or(200_000);
    let programs = scene::programs()?;
    let (corpus, _) = bench::corpus(&programs, messages, options.seed)?;
    let emma = scene::fresh(&programs, &scene::folder("rebuild"))?;
    specimens::write(emma.folder())?;
    emma.must(&scene::words(&scene::corpus_intake(&corpus)))?;
    emma.must(&["intake", "case", "phone-7.zip", "--source", "phone"])?;
    emma.must(&["intake", "case", "feed", "--source", "feed", "--mapping", "feed.toml"])?;
    let mut taken = vec!["corpus", "zip", "feed"];
    for (name, source) in [("irc", "irc"), ("telegram", "telegram")] {
        if let Ok(path) = scene::shared_data(name) {
            let path = path.display().to_string();
            emma.must(&["intake", "case", &path, "--source", source])?;
            taken.push(name);
        }
    }
    let before = scene::roots(&emma)?;
    for threads in ["1", "2"] {
        emma.must(&["rebuild", "case", "--check", "--threads", threads])?;
        println!("rebuild --check with {threads} threads: the same");
    }
    let case = emma.folder().join("case");
    for name in ["state.db", "state.db-wal", "state.db-shm"] {
        let _ = std::fs::remove_file(case.join(name));
    }
    if scene::roots(&emma)? != before {
        return Err(Failure::found("without state.db the case says something else"));
    }
    std::fs::remove_dir_all(case.join("lake"))?;
    std::fs::remove_dir_all(case.join("index"))?;
    emma.must(&["rebuild", "case"])?;
    if scene::roots(&emma)? != before {
        return Err(Failure::found("rebuilt from nothing, the case says something else"));
    }
    let found = scene::total(&emma, "")?;
    Ok(format!(
        "{found} messages of {} sources: same roots and files with 1 and 2 threads, without \
         state.db, and after deleting lake and index",
        taken.len()
    ))
}
