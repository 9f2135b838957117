//! The dependency table of ARCHITECTURE.md against what cargo says.

use crate::failure::{During, Failure};
use crate::workspace;
use serde_json::Value;
use std::collections::BTreeMap;

const TABLE_START: &str = "<!-- dependency table";
const TABLE_END: &str = "<!-- end of dependency table -->";

/// What one crate of the workspace depends on, outside its tests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// Crates of the workspace, without the prefix `emma-`, sorted.
    pub inside: Vec<String>,
    /// Crates from the registry, sorted.
    pub outside: Vec<String>,
}

/// Prints the rows of the table that differ from the manifests, or with `--write` corrects them.
///
/// A crate without a row is only named: what it is for has to be written by a person.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let write = match arguments {
        [] => false,
        [flag] if flag == "--write" => true,
        _ => return Err(Failure::usage("deps takes nothing but --write")),
    };
    let path = workspace::root().join("ARCHITECTURE.md");
    let mut page = std::fs::read_to_string(&path).during("cannot read ARCHITECTURE.md")?;
    let tabulated = tabulated(&page);
    for (name, row) in declared()? {
        let (inside, outside) = (cell(&row.inside), cell(&row.outside));
        match tabulated.get(&name) {
            Some(said) if *said == row => {}
            Some(_) => {
                println!("{name}: {inside} | {outside}");
                page = corrected(&page, &name, &inside, &outside);
            }
            None => println!("{name}: {inside} | {outside} (has no row yet)"),
        }
    }
    if write {
        std::fs::write(&path, page).during("cannot write ARCHITECTURE.md")?;
    }
    Ok(())
}

/// The page with the two lists of one row replaced.
fn corrected(page: &str, name: &str, inside: &str, outside: &str) -> String {
    let start = format!("| `{name}` |");
    let lines: Vec<String> = page
        .lines()
        .map(|line| {
            let cells: Vec<&str> = line.split('|').collect();
            match cells.as_slice() {
                [_, _, purpose, _, _, rest @ ..] if line.starts_with(&start) => {
                    format!("{start}{purpose}| {inside} | {outside} |{}", rest.join("|"))
                }
                _ => line.to_owned(),
            }
        })
        .collect();
    lines.join("\n") + "\n"
}

fn cell(names: &[String]) -> String {
    if names.is_empty() { "–".to_owned() } else { names.join(", ") }
}

/// What the manifests declare, by crate.
pub fn declared() -> Result<BTreeMap<String, Row>, Failure> {
    let output = workspace::cargo()
        .args(["metadata", "--no-deps", "--format-version", "1", "--locked"])
        .output()
        .during("cannot start cargo")?;
    if !output.status.success() {
        return Err(Failure::found("cargo metadata failed"));
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().cloned().unwrap_or_default();
    Ok(packages.iter().map(row).collect())
}

fn row(package: &Value) -> (String, Row) {
    let mut row = Row::default();
    for dependency in package["dependencies"].as_array().into_iter().flatten() {
        // Tests may lean on anything; what ships may not.
        if dependency["kind"].as_str().is_some() {
            continue;
        }
        let name = dependency["name"].as_str().unwrap_or_default();
        match name.strip_prefix("emma-").filter(|_| dependency["path"].is_string()) {
            Some(short) => row.inside.push(short.to_owned()),
            None => row.outside.push(name.to_owned()),
        }
    }
    row.inside.sort();
    row.outside.sort();
    (package["name"].as_str().unwrap_or_default().to_owned(), row)
}

/// What a page's table says, by crate.
pub fn tabulated(page: &str) -> BTreeMap<String, Row> {
    let table = page.split(TABLE_START).nth(1).unwrap_or_default();
    let table = table.split(TABLE_END).next().unwrap_or_default();
    let mut rows = BTreeMap::new();
    for line in table.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, name, _, inside, outside, ..] = cells.as_slice() else {
            continue;
        };
        let row = Row { inside: names(inside), outside: names(outside) };
        rows.insert(name.trim_matches('`').to_owned(), row);
    }
    rows
}

fn names(cell: &str) -> Vec<String> {
    let mut names: Vec<String> =
        cell.split(',').map(|name| name.trim().to_owned()).filter(|name| name != "–").collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_architecture_md_is_what_cargo_says() {
        let page = std::fs::read_to_string(workspace::root().join("ARCHITECTURE.md")).unwrap();
        let tabulated = tabulated(&page);
        let declared = declared().unwrap();
        let mut wrong = Vec::new();
        for (name, row) in &declared {
            match tabulated.get(name) {
                None => wrong.push(format!("{name} has no row")),
                Some(said) if said != row => {
                    wrong.push(format!("{name}: the table says {said:?}, cargo says {row:?}"))
                }
                Some(_) => {}
            }
        }
        for name in tabulated.keys().filter(|name| !declared.contains_key(*name)) {
            wrong.push(format!("{name} is in the table and not in the workspace"));
        }
        assert!(wrong.is_empty(), "`cargo xtask deps --write` corrects it:\n{}", wrong.join("\n"));
    }

    #[test]
    fn dependencies_point_one_way() {
        let layers: [&[&str]; 5] = [
            &["model", "store"],
            &["evidence", "parse", "lake"],
            &["index", "verify", "testkit"],
            &["case"],
            &["bench"],
        ];
        let layer = |name: &str| layers.iter().position(|names| names.contains(&name));
        for (name, row) in declared().unwrap() {
            let Some(own) = name.strip_prefix("emma-").and_then(layer) else {
                continue;
            };
            for below in &row.inside {
                assert!(layer(below).is_some_and(|layer| layer < own), "{name} on {below}");
            }
        }
    }

    #[test]
    fn a_row_is_corrected_in_place() {
        let page = "| `a` | why | – | x | none |\n| `ab` | why | – | x | none |\n";
        let expected = "| `a` | why | model | x, y | none |\n| `ab` | why | – | x | none |\n";
        assert_eq!(corrected(page, "a", "model", "x, y"), expected);
    }

    #[test]
    fn a_row_is_read_from_its_cells() {
        let page = "| `a` | before the table | x | y | z |\n<!-- dependency table -->\n\
            | crate | purpose | emma crates | outside crates | invariant |\n\
            | `emma-lake` | rows | store, model | zstd, parquet | none |\n\
            | `emma-model` | nouns | – | sha2 | none |\n\
            <!-- end of dependency table -->";
        let rows = tabulated(page);
        assert_eq!(rows.len(), 2);
        assert_eq!(rows["emma-lake"].inside, ["model", "store"]);
        assert_eq!(rows["emma-lake"].outside, ["parquet", "zstd"]);
        assert!(rows["emma-model"].inside.is_empty());
    }
}
