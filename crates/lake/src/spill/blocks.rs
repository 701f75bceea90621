//! Batches in a file without a name: it is gone when whoever made it is, a crash included.

use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, UInt32Array};
use arrow::compute;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use arrow::record_batch::RecordBatch;
use parking_lot::Mutex;
use twox_hash::XxHash64;

use crate::Error;
use crate::commit::constant;

/// What stays free on the disk, whatever is spilled: other writers need it.
const STAYS_FREE: u64 = 512 << 20;
/// After so many bytes the disk is asked again.
const ASKED_EVERY: u64 = 256 << 20;

/// Batches on disk.
#[derive(Debug)]
pub(crate) struct Blocks {
    folder: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    bytes: u64,
    /// Up to so many bytes the disk was found to have room.
    room_until: u64,
}

/// Where one batch is.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    schema: SchemaRef,
    /// The columns that are not one value all through, by their bits.
    varying: u64,
    offset: u64,
    /// Bytes of the columns that vary, and of one row of the others.
    lengths: [usize; 2],
    checksum: u64,
    pub(crate) rows: usize,
}

impl Blocks {
    /// An empty file on the disk of a folder, which is made if it is not there.
    pub(crate) fn new(folder: &Path) -> Result<Blocks, Error> {
        std::fs::create_dir_all(folder).map_err(Error::later)?;
        let file = tempfile::tempfile_in(folder).map_err(Error::later)?;
        Ok(Blocks { folder: folder.to_owned(), state: Mutex::new(State { file, bytes: 0, room_until: 0 }) })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Keeps a batch of at most 64 columns, the first two of which are its key.
    pub(crate) fn append(&self, batch: &RecordBatch) -> Result<Block, Error> {
        let (mut varying, mut fixed) = (Vec::new(), Vec::new());
        for at in 0..batch.num_columns() {
            // What is one value all through takes the room of one.
            match if at > 1 { constant(std::slice::from_ref(batch), at) } else { None } {
                Some(one) => fixed.push((at, one)),
                None => varying.push(at),
            }
        }
        let schema = batch.schema();
        let ones = RecordBatch::try_new_with_options(
            Arc::new(schema.project(&fixed.iter().map(|(at, _)| *at).collect::<Vec<_>>())?),
            fixed.into_iter().map(|(_, one)| one).collect(),
            &arrow::record_batch::RecordBatchOptions::new().with_row_count(Some(1)),
        )?;
        let mut bytes = Vec::new();
        encode(&batch.project(&varying)?, &mut bytes)?;
        let first = bytes.len();
        encode(&ones, &mut bytes)?;
        let mut state = self.state.lock();
        self.has_room(&mut state, bytes.len() as u64)?;
        let offset = state.bytes;
        state.file.seek(SeekFrom::Start(offset)).map_err(Error::later)?;
        state.file.write_all(&bytes).map_err(Error::later)?;
        state.bytes += bytes.len() as u64;
        Ok(Block {
            schema,
            varying: varying.iter().fold(0, |bits, at| bits | 1_u64 << at),
            offset,
            lengths: [first, bytes.len() - first],
            checksum: XxHash64::oneshot(0, &bytes),
            rows: batch.num_rows(),
        })
    }

    /// A batch as it was kept, or some of its columns in their order.
    pub(crate) fn read(&self, block: &Block, columns: Option<&[usize]>) -> Result<RecordBatch, Error> {
        let [first, second] = block.lengths;
        let mut bytes = vec![0; first + second];
        {
            let mut state = self.state.lock();
            state.file.seek(SeekFrom::Start(block.offset)).map_err(Error::later)?;
            state.file.read_exact(&mut bytes).map_err(Error::later)?;
        }
        if XxHash64::oneshot(0, &bytes) != block.checksum {
            return Err(Error::internal("what was put on the disk for a while came back with other bytes"));
        }
        let all: Vec<usize> = (0..block.schema.fields().len()).collect();
        let wanted = columns.unwrap_or(&all);
        let varies = |at: &usize| block.varying >> at & 1 == 1;
        // The place of a column among those of its kind.
        let place = |at: usize| all[..at].iter().filter(|other| varies(other) == varies(&at)).count();
        let (some, others): (Vec<usize>, Vec<usize>) = wanted.iter().copied().partition(&varies);
        let varying = decode(&bytes[..first], some.iter().map(|at| place(*at)).collect())?;
        let ones = decode(&bytes[first..], others.iter().map(|at| place(*at)).collect())?;
        let (mut varying, mut ones) = (varying.columns().iter(), ones.columns().iter());
        let mut found: Vec<ArrayRef> = Vec::with_capacity(wanted.len());
        let zeros = UInt32Array::from_value(0, block.rows);
        for at in wanted {
            let missing = || Error::internal("a block has fewer columns than were put into it");
            found.push(match varies(at) {
                true => varying.next().ok_or_else(missing)?.clone(),
                false => compute::take(ones.next().ok_or_else(missing)?, &zeros, None)?,
            });
        }
        Ok(RecordBatch::try_new(Arc::new(block.schema.project(wanted)?), found)?)
    }

    /// Refuses when the disk has not the room.
    fn has_room(&self, state: &mut State, more: u64) -> Result<(), Error> {
        if state.bytes + more <= state.room_until {
            return Ok(());
        }
        let ahead = more.max(ASKED_EVERY);
        if let Some(free) = free_space(&self.folder)
            && free < STAYS_FREE + ahead
        {
            return Err(Error::invalid(
                format!(
                    "so many rows are sorted on this node's disk, and it has too little room: {} MB are free",
                    free >> 20
                ),
                "free the disk, or hand the file in as several",
            ));
        }
        state.room_until = state.bytes + ahead;
        Ok(())
    }
}

fn encode(batch: &RecordBatch, bytes: &mut Vec<u8>) -> Result<(), Error> {
    let mut writer = StreamWriter::try_new(bytes, batch.schema_ref())?;
    writer.write(batch)?;
    Ok(writer.finish()?)
}

fn decode(bytes: &[u8], columns: Vec<usize>) -> Result<RecordBatch, Error> {
    if columns.is_empty() {
        return Ok(RecordBatch::new_empty(Arc::new(Schema::empty())));
    }
    let mut reader = StreamReader::try_new(Cursor::new(bytes), Some(columns))?;
    let batch = reader.next().ok_or_else(|| Error::internal("a block has no rows"))?;
    Ok(batch?)
}

/// Free bytes of the disk that a folder is on, as `df` says; `None` when the system does not say.
pub fn free_space(folder: &Path) -> Option<u64> {
    let there = folder.ancestors().find(|path| path.exists() && !path.as_os_str().is_empty());
    let there = there.unwrap_or(Path::new("."));
    let output = std::process::Command::new("df").arg("-Pk").arg(there).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let free: u64 = text.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    Some(free * 1024)
}
