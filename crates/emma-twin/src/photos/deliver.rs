//! The photos of a part as files: drawn one after another, kept, and told in the truth.

use crate::draw::{Draw, Stream};
use crate::output::{FileEntry, keep};
use crate::part::Part;
use crate::photos::exif::{self, Shot};
use crate::photos::{How, Photo, Sent, canvas::Canvas, jpeg, mark, png, scene};
use crate::record::Object;
use crate::shapes::handset::model;
use crate::shapes::outside::Outside;
use crate::time::{SECOND, write_clock, write_date};
use crate::world::World;
use crate::{Result, photos::Kind};
use std::path::Path;
use std::time::{Duration, Instant};

/// Files a folder: what a file manager still opens at once.
pub const FOLDER_FILES_MAX: usize = 1_000;
/// Share of photos taken with a camera that still hold EXIF when they are sent.
const EXIF: f64 = 0.7;
/// Share of those that also say where.
const PLACE: f64 = 0.3;
/// Qualities of a handset's camera.
const QUALITIES: [u8; 3] = [75, 82, 88];
/// Qualities of a photo compressed once more.
const LOW_QUALITIES: [u8; 3] = [30, 40, 50];

/// Photos drawn, and how long it took.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Drawn {
    /// Files.
    pub photos: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Time of drawing, encoding and keeping, summed over threads.
    pub time: Duration,
}

impl Drawn {
    /// Adds another's counts.
    pub fn add(&mut self, other: &Drawn) {
        self.photos += other.photos;
        self.bytes += other.bytes;
        self.time += other.time;
    }
}

/// Draws and keeps the delivered photos of part `number` and the truth about all its photos.
pub fn deliver(
    world: &World,
    part: &Part,
    number: usize,
    root: &Path,
) -> Result<(Vec<FileEntry>, Drawn)> {
    let start = Instant::now();
    let mut files = Vec::new();
    let mut truth = Vec::new();
    for sent in &part.photos {
        let file = if sent.delivered {
            let folder = files.len() / FOLDER_FILES_MAX;
            let path = format!("deliveries/photos/{number:05}-{folder:03}/{}", sent.name());
            files.push(keep(root, &path, &file(world, sent)?, 1)?);
            files.last()
        } else {
            None
        };
        tell(world, sent, file, &mut truth);
    }
    let bytes = files.iter().map(|file| file.bytes).sum();
    let drawn = Drawn { photos: files.len() as u64, bytes, time: start.elapsed() };
    if !part.photos.is_empty() {
        let path = format!("truth/photos/part-{number:05}.ndjson.zst");
        files.push(keep(root, &path, &truth, part.photos.len() as u64)?);
    }
    Ok((files, drawn))
}

/// One line of the truth.
fn tell(world: &World, sent: &Sent, file: Option<&FileEntry>, out: &mut Vec<u8>) {
    let mut object = Object::bare(out);
    object.text("photo", &sent.name()).id("id", sent.id);
    object.text("kind", sent.photo.kind.name());
    let words = sent.photo.words(world.seed);
    object.texts("text", words.iter().map(String::as_str));
    if let (Some(how), Some(source)) = (sent.how, sent.derived_from()) {
        object.text("derived_from", &source).text("how", how.name());
    }
    object.flag("delivered", file.is_some());
    if let Some(file) = file {
        object.text("path", &file.path).text("sha256", &file.sha256);
    }
    object.close();
}

/// The bytes of a photo as it is sent.
pub fn file(world: &World, sent: &Sent) -> Result<Vec<u8>> {
    let photo = &sent.photo;
    let whole = scene::draw(world.seed, photo);
    // What was drawn for the first sending, so that a second one gives the same bytes.
    let mut first = Draw::new(world.seed, Stream::Photo, photo.id | 1 << 62);
    let quality = *first.pick(&QUALITIES);
    let mut again = Draw::new(world.seed, Stream::Photo, sent.id | 1 << 61);
    match sent.how {
        None | Some(How::Resent) if photo.kind.is_screen() => Ok(png::encode(&whole)?),
        None | Some(How::Resent) => {
            let shot = shot(world, photo, &whole, &mut first);
            Ok(jpeg::encode(&whole, quality, shot.map(|shot| exif::tiff(&shot)).as_deref()))
        }
        Some(How::Recompressed) => Ok(jpeg::encode(&whole, *again.pick(&LOW_QUALITIES), None)),
        Some(How::Cropped) => {
            let mut cut = cut(&whole, &mut again);
            mark::word(&mut cut);
            match photo.kind.is_screen() {
                true => Ok(png::encode(&cut)?),
                false => Ok(jpeg::encode(&cut, quality, None)),
            }
        }
    }
}

/// A part of a photo: 60 to 90 % of each side, anywhere in it.
fn cut(whole: &Canvas, draw: &mut Draw) -> Canvas {
    let width = whole.width * draw.range(60, 90) as i32 / 100;
    let height = whole.height * draw.range(60, 90) as i32 / 100;
    let x = draw.range(0, i64::from(whole.width - width)) as i32;
    let y = draw.range(0, i64::from(whole.height - height)) as i32;
    whole.crop(x, y, width, height)
}

/// What the handset wrote into a photo of its camera, where it kept it.
fn shot(world: &World, photo: &Photo, whole: &Canvas, draw: &mut Draw) -> Option<Shot> {
    if photo.kind == Kind::Screen || !draw.chance(EXIF) {
        return None;
    }
    let number = world.device(photo.from, photo.at);
    let taken = photo.at - draw.range(2, 900) * SECOND;
    let (wall, minutes) = world.devices[number as usize].shows(taken, world.days.first);
    let mut time = Vec::new();
    write_date(&mut time, wall);
    time.push(b' ');
    write_clock(&mut time, wall);
    let sign = if minutes < 0 { '-' } else { '+' };
    let (hours, rest) = (minutes.unsigned_abs() / 60, minutes.unsigned_abs() % 60);
    let place = draw.chance(PLACE).then(|| Outside::of(world, photo.from)).flatten();
    Some(Shot {
        model: model(number),
        time: String::from_utf8_lossy(&time).replace('-', ":"),
        offset: format!("{sign}{hours:02}:{rest:02}"),
        size: (whole.width, whole.height),
        place: place.map(|outside| crate::ids::position(outside.home)),
    })
}
