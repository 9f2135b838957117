//! The twin on its own.
use emma_twin::measure;
use emma_twin::scenario::Scenario;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let s = Scenario::preset("town").unwrap();
    let lang = emma_twin::talk::language_number(&a[2]);
    if a[1] == "pages" {
        measure::speak(&s, 7, lang, a[3].parse().unwrap(), |n, act, r, t| println!("{n} {r} {act:12} {t}")).unwrap();
    } else {
        let r = measure::repeats(&s, 7, None, lang, 100_000).unwrap();
        println!("{} runs {} share {:.4}", r.language, r.runs, r.share());
        for (t, n) in &r.worst { println!("  {n} {t}"); }
    }
}
