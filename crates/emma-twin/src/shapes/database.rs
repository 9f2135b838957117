//! A server's tables as the SQLite database that was found on it.
//!
//! Built in memory and taken out as bytes: one version of SQLite gives the same bytes every time.

use super::{Shape, servers};
use crate::time::{DAY, stamp};
use crate::world::World;
use crate::{Result, TWIN_VERSION, ids};
use rusqlite::{Connection, params};
use std::collections::BTreeMap;
use std::io;

const TABLES: &str = "
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE sim (
        id INTEGER PRIMARY KEY, imsi TEXT NOT NULL, iccid TEXT NOT NULL, home TEXT NOT NULL,
        synthetic INTEGER NOT NULL DEFAULT 1
    );
    CREATE TABLE assignment (
        id INTEGER PRIMARY KEY, sim INTEGER NOT NULL REFERENCES sim (id), imei TEXT NOT NULL,
        assigned INTEGER NOT NULL, synthetic INTEGER NOT NULL DEFAULT 1
    );
";
/// Made after the rows: faster, and its pages lie together.
const INDEX: &str = "CREATE INDEX assignment_imei ON assignment (imei)";

/// The database of the server that watches SIMs: which SIM was put into which handset, and when by
/// the server's clock (milliseconds since 1970). Its rows are those of `sim-assignments.csv`.
pub fn sim_monitoring(world: &World) -> Result<Shape> {
    let (bytes, rows) = build(world).map_err(io::Error::other)?;
    Ok(("deliveries/servers/sim-monitoring.sqlite".into(), bytes, rows))
}

fn build(world: &World) -> rusqlite::Result<(Vec<u8>, u64)> {
    let mut database = Connection::open_in_memory()?;
    let write = database.transaction()?;
    write.execute_batch(TABLES)?;
    let mut rows = 0;
    {
        let mut meta = write.prepare("INSERT INTO meta VALUES (?1, ?2)")?;
        let taken = stamp(world.days.end + DAY);
        let facts =
            [("synthetic", "true"), ("server", "vm-47"), ("taken", &taken), ("twin", TWIN_VERSION)];
        for (key, value) in facts {
            rows += meta.execute([key, value])? as u64;
        }
        let mut sim = write.prepare("INSERT INTO sim (id, imsi, iccid, home) VALUES (?,?,?,?)")?;
        let mut assignment =
            write.prepare("INSERT INTO assignment (sim, imei, assigned) VALUES (?,?,?)")?;
        let skew = servers::ahead(world, servers::SIM_MONITORING);
        let mut known = BTreeMap::new();
        for (number, account) in world.accounts.iter().enumerate() {
            for (from, card) in &account.sims {
                let next = known.len() as i64 + 1;
                let id = *known.entry(*card).or_insert(next);
                if id == next {
                    let home = &world.country(number as u32).code;
                    sim.execute(params![id, ids::imsi(*card), ids::iccid(*card), home])?;
                    rows += 1;
                }
                let device = world.device(number as u32, *from);
                let imei = &world.devices[device as usize].imei;
                assignment.execute(params![id, &**imei, from + skew])?;
                rows += 1;
            }
        }
    }
    write.execute_batch(INDEX)?;
    write.commit()?;
    Ok((database.serialize("main")?.to_vec(), rows))
}
