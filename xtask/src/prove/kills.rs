//! Kill -9 at random moments of an intake, resumed each time, against an undisturbed run.

use super::scene::{self, Options};
use crate::bench;
use crate::cli::Emma;
use crate::failure::{During, Failure};
use crate::random::Random;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Runs the demonstration.
pub fn run(options: &Options) -> Result<String, Failure> {
    let kills = options.times.unwrap_or(50);
    let messages = options.messages.unwrap_or(1_000_000);
    let programs = scene::programs()?;
    let (corpus, _) = bench::corpus(&programs, messages, options.seed)?;
    let folder = scene::folder("kills");

    let undisturbed = scene::fresh(&programs, &folder.join("undisturbed"))?;
    let started = Instant::now();
    undisturbed.must(&scene::words(&scene::corpus_intake(&corpus)))?;
    let whole = started.elapsed();
    println!("undisturbed: {} messages in {:.1} s", messages, whole.as_secs_f64());

    let mut random = Random::new(options.seed);
    let (mut done, mut cases) = (0, 0);
    while done < kills {
        let disturbed = scene::fresh(&programs, &folder.join("disturbed"))?;
        let here = disturb(&disturbed, &corpus, whole, kills - done, &mut random)?;
        done += here;
        cases += 1;
        scene::same_content(&undisturbed, &disturbed)?;
        let found = scene::total(&disturbed, "")?;
        if found != messages {
            return Err(Failure::found(format!("{found} messages, not {messages}")));
        }
        let key = scene::key(&disturbed)?;
        let verified = scene::verify(&disturbed, &key, None)?;
        if verified.code != 0 {
            return Err(Failure::found(format!("verify: {}{}", verified.out, verified.err)));
        }
        println!("case {cases}: {here} kills, then complete; same exhibits, trees and roots");
    }
    Ok(format!(
        "{done} kills in {cases} intakes of {messages} messages; exhibits, record trees and table \
         roots equal the undisturbed run's, nothing lost or doubled"
    ))
}

/// Kills and resumes one intake until it completes or `most` kills are done; returns the kills.
fn disturb(
    emma: &Emma,
    corpus: &Path,
    whole: Duration,
    most: u64,
    random: &mut Random,
) -> Result<u64, Failure> {
    let arguments = scene::corpus_intake(corpus);
    let mut kills = 0;
    loop {
        let mut command = emma.command("emma", &scene::words(&arguments));
        command.stdout(Stdio::null()).stderr(Stdio::null());
        if kills == most {
            emma.must(&scene::words(&arguments))?;
            return Ok(kills);
        }
        let mut child = command.spawn().during("cannot start emma")?;
        let micros = whole.as_micros() as u64;
        let moment = Instant::now() + Duration::from_micros(random.below(micros));
        let ended = loop {
            if let Some(status) = child.try_wait()? {
                break Some(status);
            }
            if Instant::now() >= moment {
                child.kill().during("cannot kill a child")?; // SIGKILL
                child.wait()?;
                break None;
            }
            std::thread::sleep(Duration::from_micros(500));
        };
        match ended {
            None => kills += 1,
            Some(status) if status.success() => return Ok(kills),
            Some(status) => {
                return Err(Failure::found(format!("after {kills} kills, intake: {status}")));
            }
        }
    }
}
