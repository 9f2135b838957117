//! Formats whose files are made as a whole: a database, a mailbox, a workbook.

use super::texts;
use emma_testkit::mailbox::{self, Item as MailItem, Pst};
use std::path::{Path, PathBuf};

/// A database of WhatsApp for Android, read by its mapping.
pub const SQLITE: &str = "sqlite";

pub fn make_database(folder: &Path, bytes: u64) -> Result<(PathBuf, u64), String> {
    let path = folder.join(SQLITE).join("msgstore.db");
    let parent = path.parent().expect("a file has a folder");
    let _ = std::fs::remove_file(&path);
    std::fs::create_dir_all(parent).map_err(|error| error.to_string())?;
    let fill = || -> rusqlite::Result<u64> {
        let mut db = rusqlite::Connection::open(&path)?;
        db.execute_batch(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
             CREATE TABLE jid (_id INTEGER PRIMARY KEY, user TEXT, server TEXT, raw_string TEXT);
             CREATE TABLE chat (_id INTEGER PRIMARY KEY, jid_row_id INTEGER, subject TEXT);
             CREATE TABLE message (_id INTEGER PRIMARY KEY, chat_row_id INTEGER,
               sender_jid_row_id INTEGER, from_me INTEGER, key_id TEXT, timestamp INTEGER,
               received_timestamp INTEGER, message_type INTEGER, text_data TEXT, status INTEGER,
               starred INTEGER);
             INSERT INTO jid VALUES (1, '15550001', 's.whatsapp.net', '15550001@s.whatsapp.net');
             INSERT INTO chat VALUES (1, 1, NULL);",
        )?;
        let texts = texts();
        let (mut count, mut written) = (0u64, 0);
        let transaction = db.transaction()?;
        {
            let mut insert = transaction
                .prepare("INSERT INTO message VALUES (NULL, 1, 0, ?1, ?2, ?3, 0, 0, ?4, 0, 0)")?;
            while written < bytes {
                let text = &texts[(count % texts.len() as u64) as usize];
                let at = 1_585_908_672_000i64 + count as i64;
                insert.execute(((count % 2) as i64, format!("K{count}"), at, text))?;
                written += text.len() as u64 + 40;
                count += 1;
            }
        }
        transaction.commit()?;
        Ok(count)
    };
    let count = fill().map_err(|error| error.to_string())?;
    Ok((path, count))
}

pub const PST: &str = "pst";
/// Messages a folder, and folders a folder of folders: the writer's tables are of one block.
const PST_FOLDER_MESSAGES: u64 = 300;
const PST_FOLDER_FOLDERS: u64 = 100;

/// A mailbox of two levels of folders.
pub fn make_mailbox(folder: &Path, bytes: u64) -> Result<(PathBuf, u64), String> {
    let path = folder.join(PST).join("mail.pst");
    let parent = path.parent().expect("a file has a folder");
    let mut mailbox = Pst::new(true, 1);
    let texts = texts();
    let (mut count, mut written) = (0u64, 0);
    let (mut above, mut within) = (mailbox::INBOX, mailbox::INBOX);
    let mut folder_id = mailbox::INBOX;
    let mut next = || {
        folder_id += 0x20;
        folder_id
    };
    while written < bytes {
        if count.is_multiple_of(PST_FOLDER_MESSAGES) {
            if count.is_multiple_of(PST_FOLDER_MESSAGES * PST_FOLDER_FOLDERS) {
                above = next();
                mailbox.folder(above, &format!("Folder {above:x}"), mailbox::INBOX);
            }
            within = next();
            mailbox.folder(within, &format!("Folder {within:x}"), above);
        }
        let text = &texts[(count % texts.len() as u64) as usize];
        let values = vec![
            (0x001A, mailbox::text("IPM.Note")),
            (0x0037, mailbox::text("heron")),
            (0x0039, mailbox::at(1_585_908_672 + count)),
            (0x0C1A, mailbox::text("Owl")),
            (0x0C1F, mailbox::text("owl@example.org")),
            (0x1000, mailbox::text(text)),
            (0x1035, mailbox::text(&format!("<{count}@example.org>"))),
        ];
        let to = vec![(1, "Wren", "wren@example.org")];
        mailbox.message(within, &MailItem { values, to, files: Vec::new() });
        // Two blocks and a list of blocks an item, padded as the format asks.
        written += 2 * text.len() as u64 + 680;
        count += 1;
    }
    std::fs::create_dir_all(parent).map_err(|error| error.to_string())?;
    std::fs::write(&path, mailbox.end()).map_err(|error| error.to_string())?;
    Ok((path, count))
}

pub const XLSX: &str = "xlsx";
/// Rows of a sheet: a little less than the format allows.
const XLSX_ROWS_MAX: u64 = 1_000_000;

/// A partner's workbook of about `bytes` bytes of cells (the file is smaller: it is a zip).
pub fn make_workbook(folder: &Path, bytes: u64) -> Result<(PathBuf, u64), String> {
    let path = folder.join(XLSX).join("partner.xlsx");
    std::fs::create_dir_all(path.parent().expect("a file has a folder"))
        .map_err(|error| error.to_string())?;
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let (texts, mut count, mut written) = (texts(), 0u64, 0);
    let mut fill = || -> Result<(), rust_xlsxwriter::XlsxError> {
        sheet.write_row(0, 0, ["Synthetic", "IMEI", "Van", "Aan", "Tijdstip", "Tekst"])?;
        while written < bytes && count < XLSX_ROWS_MAX {
            let text = &texts[(count % texts.len() as u64) as usize];
            let (from, time) = (format!("bird{}@phone.example", count % 97), "2020-04-03T10:11:12");
            let row = ["yes", "001000000000014", &from, "owl@phone.example", time, text];
            written += row.iter().map(|cell| cell.len() as u64).sum::<u64>();
            count += 1;
            sheet.write_row(count as u32, 0, row)?;
        }
        Ok(())
    };
    fill().and_then(|()| book.save(&path)).map_err(|error| error.to_string())?;
    Ok((path, count))
}
