//! Shapefiles (ESRI, 1998): a set of files in a zip archive.
//!
//! The geometries (`.shp`) and the attributes (`.dbf`) are unpacked to files that are gone
//! afterwards, and read side by side, one record at a time: memory is bounded by one record. What
//! `.prj` says is told, and believed only as far as the numbers bear it out; `.cpg` is wrong so
//! often that the bytes themselves decide.

mod dbf;
mod rings;
mod shp;

use std::fs::File;
use std::io::{BufReader, Read as _, Seek, SeekFrom};
use std::path::Path;

use super::{About, Declared, FeatureNote, FeatureOptions, Features, Item, Read, Refused, choose_layer};
use crate::{Charset, Error, LeftOut, Limits, Note};
use dbf::Dbf;
use shp::{Drawn, Shape, Shp};
use wording::told;

/// Bytes of a `.prj` that are read.
const MAX_SIDECAR: u64 = 64 * 1024;
/// Members of an archive, at most.
const MAX_MEMBERS: usize = 10_000;

/// The features of a shapefile.
pub(super) struct Shapefile {
    shp: Shp<BufReader<File>>,
    dbf: Option<Dbf>,
    row: u32,
    about: About,
    left_out: Vec<LeftOut>,
    /// Shapes that the attribute table has no record for.
    without_record: u32,
    is_compared: bool,
}

impl Shapefile {
    pub(super) fn open(path: &Path, options: &FeatureOptions, limits: &Limits) -> Result<Shapefile, Error> {
        let size = std::fs::metadata(path)?.len();
        crate::decode::check_size(size, limits)?;
        let mut archive = zip::ZipArchive::new(BufReader::new(File::open(path)?)).map_err(not_zip)?;
        if archive.len() > MAX_MEMBERS {
            return Err(Error::limit(
                "members",
                told!("formats-archive-too-many-files", "the archive has too many files"),
                MAX_MEMBERS as u64,
                told!("formats-split", "split it"),
            ));
        }
        let names: Vec<String> = archive.file_names().flatten().map(|name| name.into_owned()).collect();
        let sets: Vec<&String> = names.iter().filter(|name| is_shp(name)).collect();
        if sets.is_empty() {
            return Err(Error::invalid(
                "no_shapefile",
                told!("formats-archive-holds-no-shp", "the archive holds no `.shp`"),
                told!(
                    "formats-put-files-layer-shp-shx-dbf-prj",
                    "put the files of the layer (.shp, .shx, .dbf, .prj, .cpg) into one zip archive"
                ),
            ));
        }
        let layers: Vec<String> = sets.iter().map(|name| stem(name).to_owned()).collect();
        let layer = choose_layer(&layers, options)?;
        let name = sets[usize::from(layer)].clone();
        let sibling = |extension: &str| {
            names.iter().find(|other| {
                other.rsplit_once('.').is_some_and(|(before, after)| {
                    Some(before) == name.rsplit_once('.').map(|(before, _)| before)
                        && after.eq_ignore_ascii_case(extension)
                })
            })
        };
        let mut budget = Budget { left: limits.max_unpacked_bytes.max(size.saturating_mul(4)), limits };
        let shp = budget.unpack(&mut archive, &name, size)?;
        let dbf = match sibling("dbf") {
            Some(name) => Some(budget.unpack(&mut archive, name, size)?),
            None => None,
        };
        let mut declared = None;
        if let Some(by) = sibling("prj") {
            let mut bytes = Vec::new();
            archive.by_name(by).map_err(not_zip)?.take(MAX_SIDECAR).read_to_end(&mut bytes)?;
            let text = String::from_utf8_lossy(&bytes).trim().to_owned();
            declared = Some(Declared { by: by.clone(), text });
        }
        let dbf = match dbf {
            Some(file) => Some(Dbf::open(file, &options.reading, limits)?),
            None => None,
        };
        Ok(Shapefile {
            shp: Shp::open(shp, limits)?,
            dbf,
            row: 0,
            without_record: 0,
            is_compared: false,
            left_out: names.iter().filter(|name| !is_part(name, &sets)).map(|name| foreign(name)).collect(),
            about: About { layers, layer, declared, ..About::default() },
        })
    }
}

fn is_shp(name: &str) -> bool {
    // What macOS adds to archives is no data.
    name.rsplit_once('.').is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("shp"))
        && !name.contains("__MACOSX")
}

/// Whether a file of the archive belongs to one of its layers: it is called so but for the ending.
fn is_part(name: &str, sets: &[&String]) -> bool {
    let bare = |name: &str| name.rsplit_once('.').map_or(name, |(before, _)| before).to_lowercase();
    let is_of = |set: &&String| {
        let (own, layer) = (bare(name), bare(set));
        own == layer || bare(&own) == layer
    };
    name.ends_with('/') || name.contains("__MACOSX") || sets.iter().any(is_of)
}

fn foreign(name: &str) -> LeftOut {
    LeftOut {
        name: name.to_owned(),
        why: told!(
            "formats-no-part-shapefile-hand-itself",
            "it is no part of the shapefile: hand it in by itself"
        ),
    }
}

/// The name without folders and extension.
fn stem(name: &str) -> &str {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    last.rsplit_once('.').map_or(last, |(stem, _)| stem)
}

fn not_zip(error: zip::result::ZipError) -> Error {
    match error {
        zip::result::ZipError::Io(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => error.into(),
        other => Error::invalid(
            "bad_zip",
            told!("formats-archive-cannot-read", "the archive cannot be read: {error}", error = other),
            told!("formats-pack-files-again-without-password", "pack the files again without a password"),
        ),
    }
}

/// What may still be unpacked.
struct Budget<'a> {
    left: u64,
    limits: &'a Limits,
}

impl Budget<'_> {
    /// Unpacks one member to a file that is gone once it is closed.
    fn unpack(
        &mut self,
        archive: &mut zip::ZipArchive<BufReader<File>>,
        name: &str,
        packed: u64,
    ) -> Result<BufReader<File>, Error> {
        let too_large = |limit| {
            Error::limit(
                "unpacked_bytes",
                told!("formats-archive-unpacks-too-many-bytes", "the archive unpacks to too many bytes"),
                limit,
                told!("formats-hand-layer-several", "hand the layer in as several"),
            )
        };
        let most = self.left.min(packed.saturating_mul(self.limits.max_ratio).max(4 << 20));
        let mut member = archive.by_name(name).map_err(not_zip)?;
        let mut file = tempfile::tempfile()?;
        let written = std::io::copy(&mut (&mut member).take(most + 1), &mut file)
            .map_err(|error| not_zip(zip::result::ZipError::Io(error)))?;
        if written > most {
            return Err(too_large(most));
        }
        self.left -= written;
        file.seek(SeekFrom::Start(0))?;
        Ok(BufReader::with_capacity(256 * 1024, file))
    }
}

impl Shapefile {
    /// Tells, at the end, of records without a shape and of shapes without a record.
    fn compare_counts(&mut self) -> Result<(), Error> {
        let Some(dbf) = self.dbf.as_mut().filter(|_| !self.is_compared) else { return Ok(()) };
        self.is_compared = true;
        let name = self.about.layers.get(usize::from(self.about.layer)).cloned().unwrap_or_default() + ".dbf";
        let beyond = dbf.rest()?;
        if beyond > 0 {
            let why = told!(
                "formats-records-without-shapes",
                "{count} of its records have no shape, and are not kept: the shapefile may be damaged, export the layer again",
                count = beyond
            );
            self.left_out.push(LeftOut { name, why });
        } else if self.without_record > 0 {
            let why = told!(
                "formats-shapes-without-records",
                "it has no records for the last {count} shapes, whose attributes stay empty: the shapefile may be damaged, export the layer again",
                count = self.without_record
            );
            self.left_out.push(LeftOut { name, why });
        }
        Ok(())
    }
}

impl Features for Shapefile {
    fn next(&mut self) -> Result<Option<Item>, Error> {
        let Some(shape) = self.shp.next()? else {
            self.compare_counts()?;
            return Ok(None);
        };
        self.row += 1;
        let record = match &mut self.dbf {
            Some(dbf) => dbf.next()?,
            None => None,
        };
        self.without_record += u32::from(record.is_none() && self.dbf.is_some());
        let row = self.row;
        if record.as_ref().is_some_and(|record| record.deleted) {
            let reason = "the record is marked as deleted in the attribute table";
            return Ok(Some(Item::refused(row, Refused::new("deleted", reason, ""))));
        }
        let (properties, mut notes) =
            record.map(|record| (record.properties, record.notes)).unwrap_or_default();
        Ok(Some(match shape {
            Shape::Geometry(Drawn { geometry, had_heights, is_turned_otherwise }) => {
                if is_turned_otherwise {
                    let (property, value) = ("geometry".to_owned(), String::new());
                    notes.push(FeatureNote { code: "rings_by_place", property, value });
                }
                Item::Read(Read { row, id: None, geometry, properties, had_heights, notes })
            }
            Shape::Refused(refused) => Item::refused(row, refused),
        }))
    }

    fn bytes_read(&self) -> u64 {
        self.shp.bytes_read()
    }

    fn about(&self) -> &About {
        &self.about
    }

    fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    fn charsets(&self) -> Vec<Charset> {
        self.dbf.as_ref().map(Dbf::charsets).unwrap_or_default()
    }

    fn notes(&mut self) -> Vec<Note> {
        let mut notes = self.dbf.as_mut().map(Dbf::notes).unwrap_or_default();
        for note in &mut notes {
            note.cell.sheet = self.about.layer;
        }
        notes
    }
}
