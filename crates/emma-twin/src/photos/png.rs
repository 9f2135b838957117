//! PNG as a handset writes a screen: RGB, eight bits, no interlace. The same bytes every time.

use crate::photos::canvas::Canvas;
use crate::photos::mark::WORD;
use flate2::{Compression, Crc, write::ZlibEncoder};
use std::io::{self, Write};

fn chunk(out: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    out.extend_from_slice(&(data.len() as u32).to_be_bytes());
    let mut crc = Crc::new();
    crc.update(kind);
    crc.update(data);
    out.extend_from_slice(kind);
    out.extend_from_slice(data);
    out.extend_from_slice(&crc.sum().to_be_bytes());
}

/// The file's bytes, with the synthetic mark as a comment. Rows are not filtered: a screen repeats
/// itself, and so does the mark's pattern.
pub fn encode(canvas: &Canvas) -> io::Result<Vec<u8>> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut head = Vec::with_capacity(13);
    head.extend_from_slice(&(canvas.width as u32).to_be_bytes());
    head.extend_from_slice(&(canvas.height as u32).to_be_bytes());
    head.extend_from_slice(&[8, 2, 0, 0, 0]);
    chunk(&mut out, b"IHDR", &head);
    chunk(&mut out, b"tEXt", format!("Comment\0{WORD}").as_bytes());
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
    for row in canvas.pixels.chunks(canvas.width as usize) {
        encoder.write_all(&[0])?;
        encoder.write_all(row.as_flattened())?;
    }
    chunk(&mut out, b"IDAT", &encoder.finish()?);
    chunk(&mut out, b"IEND", &[]);
    Ok(out)
}
