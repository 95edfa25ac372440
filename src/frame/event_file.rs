//! Events in a Parquet file that is larger than memory: read row group by row group, leads in chunks.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};

use polars::prelude::{DataFrame, ParquetReader, SerReader};

use super::FrameError;
use super::events::{EVENTS, raw_events_of};
use super::join::{LeadIndex, without_identifier};
use super::leads::column;
use super::text::MISSING;
use crate::schema::EventColumns;
use crate::{LeadTable, RawEvents};

/// Events held at once unless asked otherwise: some 700 MB with what orders them.
const EVENTS_AT_ONCE: usize = 16_000_000;

/// A Parquet file of events, of which only some are ever in memory.
///
/// [`Model::score_file`](crate::Model::score_file) and [`Model::features_file`](crate::Model::features_file) read it row group by row group, once for every chunk
/// of leads; row groups with no event of a chunk are passed over, so that a file that is sorted or partitioned by lead is read about once. The results are
/// those of the table in memory, to the bit. The least that must fit into memory is a row group and the events of one lead.
///
/// ```
/// use leadscore::frame::{EventFile, write_table};
/// # use polars::df;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("events.parquet");
/// write_table(&df!("lead_id" => ["a"], "at" => ["2026-03-01"], "kind" => ["demo_request"])?, &path)?;
/// let events = EventFile::open(&path)?.events_at_once(5_000_000);
/// assert_eq!(events.rows(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct EventFile {
    path: PathBuf,
    /// The rows of each row group.
    groups: Vec<Range<usize>>,
    at_once: usize,
}

/// How leads are cut into chunks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chunks {
    pub(crate) all: Vec<Chunk>,
    /// How many events have no identifier of a lead.
    pub(crate) without_lead: usize,
}

/// Leads that are taken together, by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) leads: Vec<u32>,
    /// The row groups that have events of theirs.
    groups: Vec<usize>,
}

impl EventFile {
    /// Whether a path is that of such a file, by its extension.
    #[must_use]
    pub fn reads(path: impl AsRef<Path>) -> bool {
        let is = |extension: &std::ffi::OsStr| extension.eq_ignore_ascii_case("parquet") || extension.eq_ignore_ascii_case("pq");
        path.as_ref().extension().is_some_and(is)
    }

    /// Opens a Parquet file; only what describes it is read.
    ///
    /// # Errors
    /// [`FrameError::Io`] when it cannot be read, [`FrameError::File`] when it is no Parquet file.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, FrameError> {
        let path = path.as_ref().to_owned();
        let mut reader = ParquetReader::new(open(&path)?);
        let metadata = match reader.get_metadata() {
            Ok(metadata) => metadata.clone(),
            Err(error) => return Err(refused(&path, &error)),
        };
        let mut groups: Vec<Range<usize>> = Vec::with_capacity(metadata.row_groups.len());
        for group in &metadata.row_groups {
            let start = groups.last().map_or(0, |before| before.end);
            groups.push(start..start + group.num_rows());
        }
        Ok(Self { path, groups, at_once: EVENTS_AT_ONCE })
    }

    /// Sets how many events are held at once, at least; each takes 20 to 45 bytes. Default 16 million.
    pub fn events_at_once(mut self, events: usize) -> Self {
        self.at_once = events;
        self
    }

    /// How many events the file holds.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.groups.last().map_or(0, |group| group.end)
    }

    /// The columns of events that the file does not have.
    pub(crate) fn lacking(&self, columns: &EventColumns) -> Result<Vec<String>, FrameError> {
        let mut reader = ParquetReader::new(open(&self.path)?);
        let there = reader.schema().map_err(|error| refused(&self.path, &error))?;
        Ok(columns.names().filter(|name| !there.contains(name)).map(str::to_owned).collect())
    }

    /// Cuts leads into chunks of at most as many events as may be held at once, in the order of `order`; what `together` says of neighbours there stay
    /// in one chunk.
    pub(crate) fn chunks(
        &self,
        columns: &EventColumns,
        leads: &LeadTable,
        order: &[u32],
        together: impl Fn(u32, u32) -> bool,
    ) -> Result<Chunks, FrameError> {
        let mut place = vec![0_u32; leads.len()];
        for (at, &lead) in (0..).zip(order) {
            place[lead as usize] = at;
        }
        let index = LeadIndex::new(leads);
        let mut events = vec![0_usize; order.len()];
        let mut places = Vec::with_capacity(self.groups.len());
        let mut without_lead = 0;
        for group in 0..self.groups.len() {
            let table = self.read_group(group, &[&columns.lead_id])?;
            let (mut first, mut last) = (u32::MAX, 0);
            let ids = column(EVENTS, &table, &columns.lead_id)?;
            without_lead += without_identifier(ids);
            for lead in index.rows(EVENTS, ids)? {
                if lead != MISSING {
                    let at = place[lead as usize];
                    events[at as usize] += 1;
                    (first, last) = (first.min(at), last.max(at));
                }
            }
            places.push((first, last));
        }
        let mut chunks = Vec::new();
        let mut start = 0;
        while start < order.len() {
            let mut end = start;
            let mut held = 0;
            while end < order.len() {
                let mut next = end + 1;
                while next < order.len() && together(order[next - 1], order[next]) {
                    next += 1;
                }
                let more: usize = events[end..next].iter().sum();
                if end > start && held + more > self.at_once {
                    break;
                }
                (end, held) = (next, held + more);
            }
            let touched = |&group: &usize| {
                let (first, last): (u32, u32) = places[group];
                (first as usize) < end && last as usize >= start && first <= last
            };
            chunks.push(Chunk { leads: order[start..end].to_vec(), groups: (0..self.groups.len()).filter(touched).collect() });
            start = end;
        }
        Ok(Chunks { all: chunks, without_lead })
    }

    /// The events of the leads of one chunk: `leads` are those, in the order of the chunk.
    pub(crate) fn read(
        &self,
        columns: &EventColumns,
        time_zone: Option<&str>,
        chunk: &Chunk,
        leads: &LeadTable,
    ) -> Result<RawEvents, FrameError> {
        let wanted: Vec<&str> = columns.names().collect();
        let index = LeadIndex::new(leads);
        let mut all = RawEvents::default();
        for &group in &chunk.groups {
            let table = self.read_group(group, &wanted)?;
            let (events, _) = raw_events_of(&table, columns, time_zone, &index).map_err(|error| error.later(self.groups[group].start))?;
            all.append(events);
        }
        Ok(all)
    }

    /// Some columns of a row group. A column that the file lacks is told by name when it is looked for.
    fn read_group(&self, group: usize, columns: &[&str]) -> Result<DataFrame, FrameError> {
        let mut reader = ParquetReader::new(open(&self.path)?);
        let there = reader.schema().map_err(|error| refused(&self.path, &error))?;
        let columns = columns.iter().filter(|name| there.contains(name)).map(|&name| name.to_owned()).collect::<Vec<_>>();
        let Range { start, end } = self.groups[group].clone();
        let reader = reader.with_columns(Some(columns)).with_slice(Some((start, end - start)));
        reader.finish().map_err(|error| refused(&self.path, &error))
    }
}

fn open(path: &Path) -> Result<File, FrameError> {
    File::open(path).map_err(|source| FrameError::Io { path: path.to_owned(), source })
}

fn refused(path: &Path, error: &polars::error::PolarsError) -> FrameError {
    FrameError::File { path: path.to_owned(), line: None, message: format!("not a readable Parquet file: {error}") }
}
