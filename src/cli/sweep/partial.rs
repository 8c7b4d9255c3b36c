//! A file that appears only when it is complete, and that a later run can go on with.
//!
//! Until then it is called `FILE.part`; `FILE.part.json` says what of it is certain, and of which
//! sweep it is part.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::arguments::Shard;
use super::super::output::Complaint;
use crate::scenario::read::Template;
use crate::sweep::Layout;

/// All that the bytes of a sweep depend on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    version: String,
    scenario: String,
    rows: String,
    layout: String,
    part: u32,
    parts: u32,
}

impl Definition {
    /// Of a scenario and its variations.
    pub fn of(template: &Template, rows: &str, layout: Layout, shard: Shard) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: template.text().to_owned(),
            rows: rows.to_owned(),
            layout: format!("{layout:?}"),
            part: shard.part,
            parts: shard.parts,
        }
    }
}

/// What is certain of a file that is not complete.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Certain {
    definition: Definition,
    rows: u64,
    bytes: u64,
}

/// A file that is not complete yet.
#[derive(Debug)]
pub struct Partial {
    path: PathBuf,
    file: BufWriter<File>,
    certain: Certain,
}

impl Partial {
    /// A new one in the place of any other.
    pub fn begin(path: &Path, definition: &Definition, header: &[u8]) -> io::Result<Self> {
        let mut partial = Self {
            path: path.to_owned(),
            file: BufWriter::new(File::create(beside(path, ".part"))?),
            certain: Certain {
                definition: definition.clone(),
                rows: 0,
                bytes: 0,
            },
        };
        partial.append(header, 0)?;
        Ok(partial)
    }

    /// The one that an interrupted run left; none if there is none.
    pub fn resume(path: &Path, definition: &Definition) -> Result<Option<Self>, Complaint> {
        let record = beside(path, ".part.json");
        let cannot = |error: &dyn std::fmt::Display| {
            let hint = "run without --resume to begin anew";
            Complaint::about(&record.display(), &error, hint)
        };
        let text = match std::fs::read_to_string(&record) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(cannot(&error)),
        };
        let certain: Certain = serde_json::from_str(&text).map_err(|error| cannot(&error))?;
        if certain.definition != *definition {
            return Err(cannot(
                &"it is part of another sweep: scenario, keys, values, format, shard or version differ",
            ));
        }
        let opened = || -> io::Result<File> {
            let mut file = OpenOptions::new().write(true).open(beside(path, ".part"))?;
            if file.metadata()?.len() < certain.bytes {
                return Err(io::Error::other("it has lost rows that were certain"));
            }
            file.set_len(certain.bytes)?;
            file.seek(SeekFrom::End(0))?;
            Ok(file)
        };
        let file = opened().map_err(|error| cannot(&error))?;
        Ok(Some(Self {
            path: path.to_owned(),
            file: BufWriter::new(file),
            certain,
        }))
    }

    /// Rows that are there.
    pub fn rows(&self) -> u64 {
        self.certain.rows
    }

    /// More rows, certain from now on.
    pub fn append(&mut self, bytes: &[u8], rows: u64) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.file.flush()?;
        self.certain.rows += rows;
        self.certain.bytes += bytes.len() as u64;
        let folder = self.path.parent().filter(|folder| *folder != Path::new(""));
        let mut record = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
        record.write_all(&serde_json::to_vec(&self.certain)?)?;
        record.persist(beside(&self.path, ".part.json"))?;
        Ok(())
    }

    /// Gives the file its name.
    pub fn complete(self) -> io::Result<()> {
        let file = self
            .file
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        std::fs::rename(beside(&self.path, ".part"), &self.path)?;
        std::fs::remove_file(beside(&self.path, ".part.json"))
    }
}

/// The path with another ending behind it.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
