//! Ten small Telegram Desktop files, two of them broken on purpose.

use super::scene::{self, Options};
use crate::bench;
use crate::failure::Failure;

/// Runs the demonstration.
pub fn run(_: &Options) -> Result<String, Failure> {
    let folder = scene::shared_data("telegram")?.display().to_string();
    let programs = scene::programs()?;
    let emma = bench::fresh_case(&programs, &scene::folder("telegram"))?;
    emma.must(&["intake", "case", &folder, "--source", "telegram"])?;
    print!("{}", emma.must(&["report", "case", "loss"])?.out);
    let loss = emma.must(&["--json", "report", "case", "loss"])?.json()?;
    let mut faulty = None;
    let mut files = 0;
    for file in loss["exhibits"].as_array().into_iter().flatten() {
        let path = file["path"].as_str().unwrap_or_default();
        let records: u64 =
            file["records"].as_object().into_iter().flatten().filter_map(|(_, n)| n.as_u64()).sum();
        files += 1;
        if path.ends_with("error-unexpected.json") {
            faulty = Some(records);
        }
    }
    if faulty != Some(16) {
        return Err(Failure::found(format!(
            "error-unexpected.json yields {faulty:?} records, not 16"
        )));
    }
    let verified = scene::verify(&emma, &scene::key(&emma)?, None)?;
    if verified.code != 0 {
        return Err(Failure::found(format!("it does not verify: {}", verified.out)));
    }
    let found = scene::total(&emma, "")?;
    Ok(format!("{files} files, {found} messages; all 16 of the faulty file are records"))
}
