//! One picture to one thumbnail, within limits.

use image::codecs::jpeg::JpegEncoder;
use image::error::{ImageError, LimitError, LimitErrorKind};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits, RgbImage};
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Widest and highest picture decoded, in pixels.
const SIDE_MAX: u32 = 20_000;
/// Most memory a decoder may ask for, in bytes; the process's own limit lies above it.
const DECODED_BYTES_MAX: u64 = 256 << 20;
/// Quality of thumbnails, of 100.
const QUALITY: u8 = 80;

/// How it went. The number is the answer's first byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Outcome {
    /// A thumbnail was made.
    Made = 0,
    /// The bytes are no picture of a kind that is read, or a damaged one.
    NotDecoded = 1,
    /// It is larger than the limits.
    OverLimit = 2,
}

/// A thumbnail, or why there is none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Made {
    /// How it went.
    pub outcome: Outcome,
    /// Width of the picture in pixels, as it is shown; 0 where it is not known.
    pub width: u32,
    /// Height likewise.
    pub height: u32,
    /// The thumbnail.
    pub jpeg: Vec<u8>,
}

/// Decodes `bytes`, turns the picture as its EXIF says, and makes it fit a square of `edge`.
pub fn thumbnail(bytes: &[u8], edge: u32) -> Made {
    let none = |outcome| Made { outcome, width: 0, height: 0, jpeg: Vec::new() };
    // Decoders promise not to panic; one that does costs its picture, not the process.
    match catch_unwind(AssertUnwindSafe(|| make(bytes, edge))) {
        Ok(Ok(made)) => made,
        Ok(Err(ImageError::Limits(_))) => none(Outcome::OverLimit),
        Ok(Err(_)) | Err(_) => none(Outcome::NotDecoded),
    }
}

fn make(bytes: &[u8], edge: u32) -> Result<Made, ImageError> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(DECODED_BYTES_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    // The reader's limits do not count the picture itself.
    if decoder.total_bytes() > DECODED_BYTES_MAX {
        let kind = LimitErrorKind::InsufficientMemory;
        return Err(ImageError::Limits(LimitError::from_kind(kind)));
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder)?;
    let (mut width, mut height) = (picture.width(), picture.height());
    // Turned after it has become small: the same picture for less.
    if width > edge || height > edge {
        picture = picture.thumbnail(edge, edge);
    }
    picture.apply_orientation(orientation);
    if matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    ) {
        (width, height) = (height, width);
    }
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(&opaque(&picture))?;
    Ok(Made { outcome: Outcome::Made, width, height, jpeg })
}

/// The picture on white where it is transparent.
fn opaque(picture: &DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.to_rgb8();
    }
    let rgba = picture.to_rgba8();
    RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let [red, green, blue, alpha] = rgba.get_pixel(x, y).0;
        let over = |value: u8| {
            let (value, alpha) = (u32::from(value), u32::from(alpha));
            ((value * alpha + 255 * (255 - alpha)) / 255) as u8
        };
        image::Rgb([over(red), over(green), over(blue)])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::ImageFormat;

    fn picture(width: u32, height: u32) -> DynamicImage {
        let pixel =
            |x: u32, y: u32| image::Rgb([(x * 255 / width) as u8, (y * 255 / height) as u8, 90]);
        DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, pixel))
    }

    fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    const FORMATS: [ImageFormat; 6] = [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::Gif,
        ImageFormat::WebP,
        ImageFormat::Bmp,
        ImageFormat::Tiff,
    ];

    #[test]
    fn every_kind_of_picture_becomes_small() {
        for format in FORMATS {
            let made = thumbnail(&encoded(&picture(600, 300), format), 100);
            assert_eq!(made.outcome, Outcome::Made, "{format:?}");
            assert_eq!((made.width, made.height), (600, 300));
            let small = image::load_from_memory(&made.jpeg).unwrap();
            assert_eq!((small.width(), small.height()), (100, 50), "{format:?}");
        }
    }

    #[test]
    fn small_pictures_stay_as_they_are() {
        let made = thumbnail(&encoded(&picture(40, 30), ImageFormat::Png), 100);
        let small = image::load_from_memory(&made.jpeg).unwrap();
        assert_eq!((small.width(), small.height()), (40, 30));
    }

    #[test]
    fn a_transparent_picture_stands_on_white() {
        let clear = DynamicImage::ImageRgba8(image::RgbaImage::new(8, 8));
        let made = thumbnail(&encoded(&clear, ImageFormat::Png), 8);
        let small = image::load_from_memory(&made.jpeg).unwrap().to_rgb8();
        assert!(small.pixels().all(|pixel| pixel.0.iter().all(|value| *value > 250)));
    }

    /// A JPEG with an EXIF block that says: turn me a quarter clockwise.
    #[test]
    fn a_picture_is_turned_as_its_camera_was_held() {
        let plain = encoded(&picture(60, 20), ImageFormat::Jpeg);
        let tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        let mut block = b"\xff\xe1".to_vec();
        block.extend(((tiff.len() + 8) as u16).to_be_bytes());
        block.extend(b"Exif\0\0");
        block.extend(tiff);
        let turned = [&plain[..2], &block, &plain[2..]].concat();
        let made = thumbnail(&turned, 100);
        assert_eq!((made.width, made.height), (20, 60));
        let small = image::load_from_memory(&made.jpeg).unwrap();
        assert_eq!((small.width(), small.height()), (20, 60));
    }

    #[test]
    fn a_picture_beyond_the_limits_is_not_unpacked() {
        let mut bomb = encoded(&picture(4, 4), ImageFormat::Png);
        bomb[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
        let crc = crc32(&bomb[12..29]);
        bomb[29..33].copy_from_slice(&crc.to_be_bytes());
        assert_eq!(thumbnail(&bomb, 100).outcome, Outcome::OverLimit);
    }

    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 }
            })
        })
    }

    #[test]
    fn damaged_pictures_of_every_kind_are_refused_or_shown_as_far_as_they_go() {
        for format in FORMATS {
            let whole = encoded(&picture(64, 64), format);
            for cut in [0, 1, 4, 16, whole.len() / 2, whole.len() - 1] {
                let _ = thumbnail(&whole[..cut], 32);
            }
            for at in 0..whole.len().min(400) {
                let mut flipped = whole.clone();
                flipped[at] ^= 0x55;
                let _ = thumbnail(&flipped, 32);
            }
            assert_eq!(thumbnail(&whole[..4], 32).outcome, Outcome::NotDecoded, "{format:?}");
        }
    }
}
