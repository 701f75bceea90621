//! A zip archive of files of features: each file is a layer, named by its path in the archive.
//!
//! The files are unpacked to the disk, within the limits, and read one after the other. What is not
//! taken is told with the reason.

use std::collections::BTreeSet;
use std::path::Path;

use tempfile::NamedTempFile;
use wording::told;

use super::{About, Declared, FeatureOptions, Features, Item, open};
use crate::archive::Archive;
use crate::crs::Crs;
use crate::{Charset, Error, Format, LeftOut, Limits, Note, detect_file};

/// Files of features of one archive, at most.
const MAX_FILES: usize = 1000;

/// The features of the files of an archive.
pub(super) struct Zipped {
    files: Vec<Inner>,
    about: About,
    left_out: Vec<LeftOut>,
    options: FeatureOptions,
    limits: Limits,
    /// The file that is read, by its place among the files, and its reader.
    at: usize,
    reader: Option<Box<dyn Features + Send>>,
    notes: Vec<Note>,
    charsets: BTreeSet<Charset>,
    size: u64,
}

/// A file of the archive.
struct Inner {
    file: NamedTempFile,
    format: Format,
    /// Its number among the layers.
    layer: u16,
}

impl Zipped {
    pub(super) fn open(path: &Path, options: &FeatureOptions, limits: &Limits) -> Result<Zipped, Error> {
        let mut archive = Archive::open(path, limits)?;
        let members = archive.members().to_vec();
        let own = FeatureOptions { layer: None, layer_number: None, ..options.clone() };
        let (mut files, mut left_out) = (Vec::new(), Vec::new());
        let (mut about, mut first_error) = (About::default(), None);
        for member in &members {
            let file = archive.unpack(member)?;
            let format = detect_file(member.file_name(), file.path());
            let opened = match format.and_then(|format| of_features(format).map(|()| format)) {
                // What is of features and cannot be read is a layer that would be missing.
                Ok(format) => {
                    let layer = u16::try_from(files.len()).unwrap_or(u16::MAX);
                    let reader = open(file.path(), &format, &own, limits);
                    let reader = reader.map_err(|error| error.within(layer, &member.name))?;
                    Ok((format, reader.about().declared.clone()))
                }
                Err(error) => Err(error),
            };
            let is_alike = |declared: &Option<Declared>| {
                about.layers.is_empty() || system(declared.as_ref()) == system(about.declared.as_ref())
            };
            let opened = opened.and_then(|(format, declared)| match is_alike(&declared) {
                true => Ok((format, declared)),
                false => Err(Error::invalid(
                    "another_system",
                    told!(
                        "formats-coordinates-another-system-than-those-files-before",
                        "its coordinates are in another system than those of the files before it"
                    ),
                    told!("formats-hand-itself", "hand it in by itself"),
                )),
            });
            match opened {
                Ok((format, declared)) => {
                    if files.len() == MAX_FILES {
                        return Err(Error::limit(
                            "members",
                            told!(
                                "formats-archive-holds-too-many-files-features",
                                "the archive holds too many files of features"
                            ),
                            MAX_FILES as u64,
                            told!("formats-hand-files-few-time", "hand its files in a few at a time"),
                        ));
                    }
                    let layer = u16::try_from(files.len()).unwrap_or(u16::MAX);
                    let named =
                        |said: Declared| Declared { by: format!("{}: {}", member.name, said.by), ..said };
                    let by = declared.map(named);
                    about.declared = about.declared.take().or(by);
                    about.layers.push(member.name.clone());
                    files.push(Inner { file, format, layer });
                }
                Err(Error::Internal(error)) => return Err(Error::Internal(error)),
                Err(error) => {
                    left_out.push(LeftOut { name: member.name.clone(), why: error.told() });
                    first_error.get_or_insert(error);
                }
            }
        }
        if files.is_empty() {
            return Err(first_error.unwrap_or_else(|| {
                Error::invalid(
                    "empty_file",
                    told!("formats-archive-holds-no-files", "the archive holds no files"),
                    told!("formats-put-layer-into-hand", "put the layer into it, or hand it in as it is"),
                )
            }));
        }
        match (&options.layer, options.layer_number) {
            (Some(wanted), _) if about.layers.contains(wanted) => {
                files.retain(|inner| about.layers[usize::from(inner.layer)] == *wanted);
            }
            (Some(_), _) => drop(super::choose_layer(&about.layers, options)?),
            (None, Some(number)) => files.retain(|inner| inner.layer == number),
            (None, None) => {}
        }
        about.layer = files.first().map_or(0, |inner| inner.layer);
        let size = std::fs::metadata(path)?.len();
        let limits = limits.clone();
        let (reader, notes, charsets) = (None, Vec::new(), BTreeSet::new());
        Ok(Zipped { files, about, left_out, options: own, limits, at: 0, reader, notes, charsets, size })
    }

    fn read(&mut self) -> Result<Option<Item>, Error> {
        while let Some(inner) = self.files.get(self.at) {
            let reader = match &mut self.reader {
                Some(reader) => reader,
                None => {
                    let opened = open(inner.file.path(), &inner.format, &self.options, &self.limits)?;
                    self.about.layer = inner.layer;
                    self.reader.insert(opened)
                }
            };
            let item = reader.next()?;
            let noted = reader.notes().into_iter().map(|mut note| {
                note.cell.sheet = inner.layer;
                note
            });
            self.notes.extend(noted);
            if item.is_some() {
                return Ok(item);
            }
            self.charsets.extend(reader.charsets());
            self.reader = None;
            self.at += 1;
        }
        Ok(None)
    }
}

/// The system that a file says: WGS 84 where it says none, as GeoJSON and KML do.
fn system(declared: Option<&Declared>) -> Option<Crs> {
    declared.map_or_else(|| Some(Crs::wgs84()), |declared| declared.crs().ok())
}

/// Whether the features of a file can be taken out of an archive.
fn of_features(format: Format) -> Result<(), Error> {
    match format {
        Format::GeoJson | Format::GeoPackage | Format::Kml | Format::Records | Format::Parquet => Ok(()),
        Format::Zip | Format::FeatureZip | Format::Shapefile => Err(Error::invalid(
            "nested_archive",
            told!("formats-archive-within-archive", "it is an archive within an archive"),
            told!("formats-unpack-first-hand-files", "unpack it first, and hand its files in"),
        )),
        Format::GeoTiff => Err(Error::invalid(
            "not_features",
            told!("formats-raster-beside-files-features", "it is a raster beside files of features"),
            told!("formats-hand-dataset-kind-coverage", "hand it in to a dataset of the kind `coverage`"),
        )),
        _ => Err(Error::invalid(
            "not_features",
            told!("formats-table-beside-files-features", "it is a table beside files of features"),
            told!("formats-hand-itself", "hand it in by itself"),
        )),
    }
}

impl Features for Zipped {
    fn next(&mut self) -> Result<Option<Item>, Error> {
        let item = self.read().map_err(|error| match self.files.get(self.at) {
            Some(inner) if self.about.layers.len() > 1 => {
                error.within(inner.layer, &self.about.layers[usize::from(inner.layer)])
            }
            _ => error,
        });
        if item.is_err() {
            // After an error there is nothing more to read.
            self.at = self.files.len();
            self.reader = None;
        }
        item
    }

    fn bytes_read(&self) -> u64 {
        self.size * (self.at as u64 + 1).min(self.files.len() as u64) / self.files.len().max(1) as u64
    }

    fn about(&self) -> &About {
        &self.about
    }

    fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    fn notes(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.notes)
    }

    fn charsets(&self) -> Vec<Charset> {
        self.charsets.iter().copied().collect()
    }
}
