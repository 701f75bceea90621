//! SensorThings collections (OGC 18-088): observations with what they belong to, datastreams with
//! their observations, and data arrays.
//!
//! The document is read twice: for what the series are, since that may stand behind their values, and
//! for the values. Of the values, one is held at a time.

mod walk;

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

use serde::de::DeserializeSeed;

use super::{Rows, damaged, no_values};
use crate::decode::{Carrying, check_size};
use crate::push::{Pusher, Stop};
use crate::{Error, Place};
use walk::{Document, Known, Walk};
use wording::{Told, told};

pub(super) fn read(path: &Path, size: u64, pusher: &Pusher) -> Result<(), Stop> {
    check_size(size, &pusher.limits)?;
    let limit = pusher.limits.max_feature_bytes as u64;
    let mut known = Known::default();
    let looked = parse(path, limit, |meter| Walk::looking(&mut known, meter));
    looked.map_err(|error| failed(&error, limit, None))?;
    let more = known.next.take().map(crate::records::follows);
    pusher.opened_beside(vec![String::new()], Vec::new(), more.into_iter().collect())?;
    let mut texts = 0;
    let mut rows = Rows::begin(pusher.sheet(0, None, u32::MAX, &mut texts))?;
    let mut stopped = None;
    let pushed = parse(path, limit, |meter| Walk::pushing(&mut known, meter, &mut rows, &mut stopped));
    match stopped {
        // Nothing more is wanted, or there was an error of our own: the document itself is well.
        Some(Some(stop)) => return Err(stop),
        Some(None) => {}
        None => pushed.map_err(|error| failed(&error, limit, Some(rows.next)))?,
    }
    if rows.is_empty() {
        return Err(no_values(told!(
            "formats-ask-observations-datastreams-expand-observations",
            "ask for observations: `…/Datastreams?$expand=Observations`"
        ))
        .into());
    }
    rows.rows.finish()
}

fn parse<'a, 'r: 'a>(
    path: &Path,
    limit: u64,
    walk: impl FnOnce(Meter) -> Walk<'a, 'r>,
) -> Result<(), serde_json::Error> {
    let meter = Meter::new(limit);
    let file = File::open(path).map_err(serde_json::Error::io)?;
    let input = Metered { inner: Carrying::new(file, false), meter: meter.clone() };
    let mut parser = serde_json::Deserializer::from_reader(BufReader::with_capacity(1 << 16, input));
    let mut walk = walk(meter);
    Document(&mut walk).deserialize(&mut parser)?;
    parser.end()
}

fn failed(error: &serde_json::Error, limit: u64, row: Option<u32>) -> Stop {
    if error.io_error_kind() == Some(io::ErrorKind::FileTooLarge) {
        return Error::limit(
            "event_bytes",
            told!(
                "formats-one-thing-document-too-long-bytes",
                "one thing of the document is too long (bytes)"
            ),
            limit,
            told!("formats-ask-service-smaller-pages", "ask the service for smaller pages"),
        )
        .into();
    }
    damaged(Told::excerpt(error)).at(row.map_or_else(Place::default, Place::row)).into()
}

/// Counts the bytes since the last value.
#[derive(Clone)]
struct Meter {
    since: Rc<Cell<u64>>,
    limit: u64,
}

impl Meter {
    fn new(limit: u64) -> Meter {
        Meter { since: Rc::default(), limit }
    }

    fn reset(&self) {
        self.since.set(0);
    }
}

struct Metered<R> {
    inner: R,
    meter: Meter,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let since = self.meter.since.get() + count as u64;
        self.meter.since.set(since);
        if since > self.meter.limit { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(count) }
    }
}
