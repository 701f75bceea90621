//! Reading a GeoTIFF: what it is, then its rows, one strip or row of tiles at a time.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use tiff::decoder::{ChunkType, Decoder, DecodingResult};
use tiff::tags::Tag;
use wording::{Told, told};

use super::besides::{Besides, LeftOut};
use super::coded::{Coded, GDAL_METADATA};
use super::geokeys::GeoKeys;
use super::photometric::Numbers;
use super::{PixelGrid, Raster, RasterInfo, SampleKind};
use crate::{Error, Limits};

/// Bytes of rows that are held at a time, at most.
const MAX_ROWS_BYTES: u64 = 1 << 30;
/// Values of a pixel, at most.
const MAX_BANDS: u16 = 256;

type Tiff = Decoder<BufReader<Numbers<File>>>;

/// A GeoTIFF file.
pub struct GeoTiff {
    decoder: Tiff,
    info: RasterInfo,
    /// Bits of a value in the file.
    bits: u16,
    besides: Besides,
    /// How the numbers of the file become values, where it says so.
    coded: Option<Coded>,
    /// Rows that are read.
    row: u32,
}

impl GeoTiff {
    /// Opens the first image of a file. One that does not say where its pixels lie is refused.
    pub fn open(path: &Path, limits: &Limits) -> Result<GeoTiff, Error> {
        let file = File::open(path)?;
        crate::decode::check_size(file.metadata()?.len(), limits)?;
        let numbers = Numbers::of(file)?;
        let (has_palette, is_colours) = (numbers.has_palette(), numbers.is_colours());
        let mut decoder = Decoder::new(BufReader::with_capacity(256 * 1024, numbers)).map_err(failed)?;
        let mut bounds = tiff::decoder::Limits::default();
        bounds.decoding_buffer_size = usize::try_from(MAX_ROWS_BYTES).unwrap_or(usize::MAX);
        bounds.intermediate_buffer_size = bounds.decoding_buffer_size;
        bounds.ifd_value_size = 256 << 20;
        decoder = decoder.with_limits(bounds);
        let (info, bits, vertical) = info(&mut decoder)?;
        let alpha = if is_colours { None } else { alpha(&mut decoder, info.bands)? };
        let images = more_images(path)?;
        let metadata = text(&mut decoder, Tag::Unknown(GDAL_METADATA))?;
        let coded = Coded::of(&metadata, &info);
        let mut besides = Besides::of(&metadata, info.bands);
        besides.left_out.extend(left_out(&mut decoder, &info, has_palette, images));
        if let Some(vertical) = vertical {
            besides.left_out.push(LeftOut { what: LeftOut::DATUM, names: vec![vertical] });
        }
        let (_, chunk_height) = decoder.chunk_dimensions();
        let row_bytes = u64::from(info.width) * u64::from(info.bands) * info.kind.bytes() as u64;
        if row_bytes.saturating_mul(u64::from(chunk_height.min(info.height))) > MAX_ROWS_BYTES {
            return Err(Error::limit(
                "raster_rows",
                told!(
                    "formats-one-strip-row-tiles-raster-too-many",
                    "one strip or row of tiles of the raster has too many bytes"
                ),
                MAX_ROWS_BYTES,
                told!(
                    "formats-write-raster-again-tiles-gdal-translate-co-tiled",
                    "write the raster again in tiles: gdal_translate -co TILED=YES"
                ),
            ));
        }
        let info = coded.as_ref().map_or(info.clone(), |coded| coded.info(info));
        let mut raster = GeoTiff { decoder, info, bits, besides, coded, row: 0 };
        if let Some(alpha) = alpha
            && raster.takes_away(alpha)?
        {
            return Err(masked());
        }
        Ok(raster)
    }
}

impl GeoTiff {
    /// Whether a band of opacity leaves out pixels; then it begins anew.
    fn takes_away(&mut self, alpha: usize) -> Result<bool, Error> {
        let (kind, bands) = (self.info.kind, usize::from(self.info.bands));
        let mut found = false;
        while let Some(rows) = self.next_rows()?.filter(|_| !found) {
            found =
                rows.chunks_exact(kind.bytes()).skip(alpha).step_by(bands).any(|opacity| {
                    kind.read(opacity).is_some_and(|opacity| opacity == 0.0 || opacity.is_nan())
                });
        }
        self.row = 0;
        Ok(found)
    }
}

/// The band that says how opaque pixels are (TIFF 6.0, ExtraSamples 1 and 2).
fn alpha(decoder: &mut Tiff, bands: u16) -> Result<Option<usize>, Error> {
    let extra = decoder.find_tag_unsigned_vec::<u16>(Tag::ExtraSamples).map_err(failed)?.unwrap_or_default();
    let first = usize::from(bands).saturating_sub(extra.len());
    Ok(extra.iter().position(|what| matches!(what, 1 | 2)).map(|at| first + at))
}

impl Raster for GeoTiff {
    fn info(&self) -> &RasterInfo {
        &self.info
    }

    fn rewind(&mut self) -> bool {
        self.row = 0;
        true
    }

    fn besides(&self) -> Besides {
        self.besides.clone()
    }

    fn next_rows(&mut self) -> Result<Option<Vec<u8>>, Error> {
        if self.row >= self.info.height {
            return Ok(None);
        }
        let (chunk_width, chunk_height) = self.decoder.chunk_dimensions();
        let across = match self.decoder.get_chunk_type() {
            ChunkType::Strip => 1,
            ChunkType::Tile => self.info.width.div_ceil(chunk_width.max(1)),
        };
        let chunk_row = self.row / chunk_height.max(1);
        let height = chunk_height.min(self.info.height - self.row);
        let kind = self.coded.as_ref().map_or(self.info.kind, Coded::kind);
        let pixel = usize::from(self.info.bands) * kind.bytes();
        let stride = self.info.width as usize * pixel;
        let mut rows = vec![0; stride * height as usize];
        for column in 0..across {
            let index = chunk_row * across + column;
            let (width, data_height) = self.decoder.chunk_data_dimensions(index);
            let mut bytes = le_bytes(self.decoder.read_chunk(index).map_err(failed)?).ok_or_else(|| {
                not_read(told!(
                    "formats-whole-numbers-too-large",
                    "has whole numbers that are too large to be kept exactly"
                ))
            })?;
            if self.bits < 8 {
                bytes = unpacked(&bytes, self.bits, width as usize * usize::from(self.info.bands));
            }
            let part = width as usize * pixel;
            if bytes.len() < part * data_height as usize || data_height < height {
                return Err(damaged(told!(
                    "formats-part-shorter-than-should",
                    "a part of it is shorter than it should be"
                )));
            }
            let start = column as usize * chunk_width as usize * pixel;
            for row in 0..height as usize {
                let target = rows.get_mut(row * stride + start..row * stride + start + part);
                target
                    .ok_or_else(|| {
                        damaged(told!(
                            "formats-parts-larger-than-whole",
                            "its parts are larger than the whole"
                        ))
                    })?
                    .copy_from_slice(&bytes[row * part..(row + 1) * part]);
            }
        }
        self.row += height;
        Ok(Some(match &self.coded {
            Some(coded) => coded.values(&rows),
            None => rows,
        }))
    }
}

/// A byte for each number of rows whose numbers have fewer bits; every row begins with a byte of its own.
fn unpacked(rows: &[u8], bits: u16, across: usize) -> Vec<u8> {
    let per_byte = usize::from(8 / bits);
    let mask = u8::MAX >> (8 - bits);
    let mut numbers = Vec::with_capacity(rows.len() * per_byte);
    for row in rows.chunks_exact(across.div_ceil(per_byte).max(1)) {
        for at in 0..across {
            // The first number is in the highest bits.
            let shift = 8 - usize::from(bits) * (at % per_byte + 1);
            numbers.push((row[at / per_byte] >> shift) & mask);
        }
    }
    numbers
}

/// How many images follow the first that are no smaller version of it. A raster whose pixels a mask of its own takes
/// away is refused: they would be read as values.
fn more_images(path: &Path) -> Result<usize, Error> {
    let mut images = Decoder::new(BufReader::new(File::open(path)?)).map_err(failed)?;
    let mut count = 0;
    for _ in 0..MAX_IMAGES {
        if !images.more_images() {
            break;
        }
        // What cannot be read here is no mask that anybody could apply.
        if images.next_image().is_err() {
            break;
        }
        let kind = images.find_tag_unsigned::<u32>(Tag::NewSubfileType).ok().flatten().unwrap_or(0);
        if kind & 4 != 0 {
            return Err(masked());
        }
        count += usize::from(kind & 1 == 0);
    }
    Ok(count)
}

/// Pixels that something takes away are no values.
fn masked() -> Error {
    Error::invalid(
        "raster_not_read",
        told!(
            "formats-raster-mask-of-its-own",
            "the raster has a mask of its own that takes away some of its pixels, which is not read here"
        ),
        told!(
            "formats-write-mask-as-nodata",
            "write the mask into the pixels as a number that stands for none: gdalwarp -dstnodata -9999 (of a type that has it), without -dstalpha"
        ),
    )
}

/// What of a file is not kept.
fn left_out(decoder: &mut Tiff, info: &RasterInfo, has_palette: bool, images: usize) -> Vec<LeftOut> {
    let mut left_out = Vec::new();
    if has_palette {
        left_out.push(LeftOut { what: LeftOut::COLOURS, names: Vec::new() });
    }
    if images > 0 {
        left_out.push(LeftOut { what: LeftOut::IMAGES, names: vec![images.to_string()] });
    }
    let mut said = |tag: Tag| text(decoder, tag).unwrap_or_default().trim_matches(['\0', ' ']).to_owned();
    let description = said(Tag::ImageDescription);
    if !description.is_empty() {
        let names = vec![description.chars().take(160).collect()];
        left_out.push(LeftOut { what: LeftOut::DESCRIPTION, names });
    }
    let nodata = said(Tag::GdalNodata);
    if !nodata.is_empty() && info.nodata.is_none() {
        left_out.push(LeftOut { what: LeftOut::NODATA, names: vec![nodata.chars().take(40).collect()] });
    }
    left_out
}

/// Images of a file that are looked at.
const MAX_IMAGES: usize = 64;

/// What is known of a raster, how many bits a value of it has in the file, and what heights are counted from.
fn info(decoder: &mut Tiff) -> Result<(RasterInfo, u16, Option<String>), Error> {
    let (width, height) = decoder.dimensions().map_err(failed)?;
    if width == 0 || height == 0 {
        return Err(damaged(told!("formats-no-pixels", "it has no pixels")));
    }
    let shorts = |decoder: &mut Tiff, tag: Tag| -> Result<Vec<u16>, Error> {
        Ok(decoder.find_tag_unsigned_vec::<u16>(tag).map_err(failed)?.unwrap_or_default())
    };
    let bits = shorts(decoder, Tag::BitsPerSample)?;
    let formats = shorts(decoder, Tag::SampleFormat)?;
    let bands = shorts(decoder, Tag::SamplesPerPixel)?.first().copied().unwrap_or(1);
    if bands == 0 || bands > MAX_BANDS {
        return Err(Error::limit(
            "bands",
            told!("formats-raster-too-many-bands", "the raster has too many bands"),
            u64::from(MAX_BANDS),
            told!("formats-split", "split it"),
        ));
    }
    let (bit, format) = (bits.first().copied().unwrap_or(1), formats.first().copied().unwrap_or(1));
    if bits.iter().any(|other| *other != bit) || formats.iter().any(|other| *other != format) {
        return Err(not_read(told!("formats-bands-different-types", "has bands of different types")));
    }
    let kind = match (format, bit) {
        // Classes and masks in few bits.
        (1, 1 | 2 | 4) => Some(SampleKind::U8),
        // What no number of ours holds is kept in the next larger one.
        (1 | 2, 64) => Some(SampleKind::F64),
        (3, 16) => Some(SampleKind::F32),
        _ => SampleKind::of_tiff(format, bit),
    };
    let kind = kind.ok_or_else(|| {
        not_read(told!(
            "formats-values-bits-format",
            "has values of {bit} bits in the format {format}",
            bit = bit,
            format = format
        ))
    })?;
    if bands > 1 && shorts(decoder, Tag::PlanarConfiguration)?.first() == Some(&2) {
        return Err(not_read(told!(
            "formats-keeps-bands-apart-interleave-band",
            "keeps its bands apart (INTERLEAVE=BAND)"
        )));
    }
    let keys = GeoKeys {
        directory: shorts(decoder, Tag::GeoKeyDirectoryTag)?,
        doubles: doubles(decoder, Tag::GeoDoubleParamsTag)?,
        ascii: text(decoder, Tag::GeoAsciiParamsTag)?,
    };
    let mut grid = grid(decoder)?;
    if keys.is_point() {
        // The position is that of the first pixel's middle.
        grid.x0 -= grid.dx / 2.0;
        grid.y0 += grid.dy / 2.0;
    }
    let nodata = text(decoder, Tag::GdalNodata)?;
    let nodata = nodata.trim_matches(['\0', ' ']).to_owned();
    let nodata = if nodata.is_empty() { None } else { nodata.parse().ok() };
    let declared = keys.declared();
    Ok((
        RasterInfo { width, height, bands, kind, grid, nodata, declared, applied: Vec::new() },
        bit,
        keys.vertical(),
    ))
}

fn doubles(decoder: &mut Tiff, tag: Tag) -> Result<Vec<f64>, Error> {
    match decoder.find_tag(tag).map_err(failed)? {
        Some(value) => value.into_f64_vec().map_err(failed),
        None => Ok(Vec::new()),
    }
}

fn text(decoder: &mut Tiff, tag: Tag) -> Result<String, Error> {
    match decoder.find_tag(tag).map_err(failed)? {
        // Some programs write a text that is not ASCII here: it says nothing then.
        Some(value) => Ok(value.into_string().unwrap_or_default()),
        None => Ok(String::new()),
    }
}

fn grid(decoder: &mut Tiff) -> Result<PixelGrid, Error> {
    let matrix = doubles(decoder, Tag::ModelTransformationTag)?;
    let scale = doubles(decoder, Tag::ModelPixelScaleTag)?;
    let ties = doubles(decoder, Tag::ModelTiepointTag)?;
    let grid = match (matrix.as_slice(), scale.as_slice(), ties.as_slice()) {
        ([a, b, _, x, d, e, _, y, ..], _, _) => {
            if *b != 0.0 || *d != 0.0 {
                return Err(to_be_warped(told!(
                    "formats-turned-against-coordinate-axes",
                    "is turned against its coordinate axes"
                )));
            }
            PixelGrid { x0: *x, y0: *y, dx: *a, dy: -*e }
        }
        (_, [dx, dy, ..], [column, row, _, x, y, ..]) => {
            PixelGrid { x0: x - column * dx, y0: y + row * dy, dx: *dx, dy: *dy }
        }
        _ => {
            return Err(Error::invalid(
                "no_position",
                told!(
                    "formats-raster-does-not-say-where-pixels-lie",
                    "the raster does not say where its pixels lie"
                ),
                told!(
                    "formats-hand-geotiff-world-file-beside-tfw-can",
                    "hand in a GeoTIFF: a world file beside it (.tfw) can be built in with gdal_translate"
                ),
            ));
        }
    };
    let values = [grid.x0, grid.y0, grid.dx, grid.dy];
    if values.iter().any(|value| !value.is_finite()) || grid.dx <= 0.0 || grid.dy <= 0.0 {
        return Err(to_be_warped(told!(
            "formats-pixels-mirrored-have-no-size",
            "has pixels that are mirrored or have no size"
        )));
    }
    Ok(grid)
}

/// The bytes of the numbers, of those with 64 bits as doubles; `None` where one is too large for that.
fn le_bytes(result: DecodingResult) -> Option<Vec<u8>> {
    Some(match result {
        DecodingResult::U8(values) => values,
        DecodingResult::I8(values) => values.into_iter().flat_map(i8::to_le_bytes).collect(),
        DecodingResult::U16(values) => values.into_iter().flat_map(u16::to_le_bytes).collect(),
        DecodingResult::I16(values) => values.into_iter().flat_map(i16::to_le_bytes).collect(),
        DecodingResult::U32(values) => values.into_iter().flat_map(u32::to_le_bytes).collect(),
        DecodingResult::I32(values) => values.into_iter().flat_map(i32::to_le_bytes).collect(),
        DecodingResult::F32(values) => values.into_iter().flat_map(f32::to_le_bytes).collect(),
        DecodingResult::F64(values) => values.into_iter().flat_map(f64::to_le_bytes).collect(),
        DecodingResult::F16(values) => values.into_iter().flat_map(|v| v.to_f32().to_le_bytes()).collect(),
        DecodingResult::U64(values) => {
            exact(values.into_iter().map(|value| (value <= EXACT).then_some(value as f64)))?
        }
        DecodingResult::I64(values) => {
            exact(values.into_iter().map(|value| (value.unsigned_abs() <= EXACT).then_some(value as f64)))?
        }
    })
}

/// Up to here a double holds every whole number.
const EXACT: u64 = 1 << 53;

fn exact(values: impl Iterator<Item = Option<f64>>) -> Option<Vec<u8>> {
    let values: Option<Vec<[u8; 8]>> = values.map(|value| value.map(f64::to_le_bytes)).collect();
    values.map(|values| values.concat())
}

fn not_read(what: impl Into<Told>) -> Error {
    Error::invalid(
        "raster_not_read",
        told!("formats-raster-not-read-here", "the raster {what}, which is not read here", what => what.into()),
        told!(
            "formats-write-again-gdal-translate-co-tiled-yes-co",
            "write it again with: gdal_translate -co TILED=YES -co COMPRESS=DEFLATE -co INTERLEAVE=PIXEL"
        ),
    )
}

fn to_be_warped(what: impl Into<Told>) -> Error {
    Error::invalid(
        "raster_not_read",
        told!("formats-raster-not-read-here", "the raster {what}, which is not read here", what => what.into()),
        told!(
            "formats-write-again-north-up-gdalwarp",
            "write it again with the north above: gdalwarp -co TILED=YES -co COMPRESS=DEFLATE in.tif out.tif"
        ),
    )
}

fn damaged(what: impl Into<Told>) -> Error {
    Error::invalid(
        "damaged_tiff",
        told!("formats-tiff-file-cannot-read", "the TIFF file cannot be read: {what}", what => what.into()),
        told!(
            "formats-check-sent-whole-write-again-deflate-lzw",
            "check that it was sent whole, or write it again with Deflate, LZW or no compression"
        ),
    )
}

fn failed(error: tiff::TiffError) -> Error {
    damaged(Told::excerpt(error))
}
