//! A table whose columns are scenario keys: read once to be checked and counted, once to be used.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::super::output::Complaint;
use crate::scenario::read::{Key, Setting, Template};
use crate::sweep::Kind;

/// A table that was looked through.
pub struct Table {
    path: PathBuf,
    keys: Vec<Key>,
    rows: u64,
    first: Vec<Option<Setting>>,
    /// What the cells of each column are; absent where all are empty.
    kinds: Vec<Option<Kind>>,
    definition: String,
}

impl Table {
    /// Checks the columns and counts the rows.
    pub fn open(path: &Path, template: &Template) -> Result<Self, Complaint> {
        if path == Path::new("-") {
            let hint = "give a file: it is read twice, to count its rows and to use them";
            return Err(Complaint::about(&"--input", &"found standard input", hint));
        }
        let mut reader = reader(path)?;
        let header = reader
            .headers()
            .map_err(|error| wrong(path, &error))?
            .clone();
        let mut problems = String::new();
        let mut keys: Vec<Key> = Vec::new();
        for (index, name) in header.iter().enumerate() {
            match template.key(name.trim()) {
                Ok(key) if !keys.contains(&key) => keys.push(key),
                Ok(_) => {
                    problems += &format!(
                        "{}: column {} ({name}): the key is there twice; remove one\n",
                        path.display(),
                        index + 1
                    );
                }
                Err(problem) => {
                    problems += &format!(
                        "{}: column {} ({name}): {problem}\n",
                        path.display(),
                        index + 1
                    );
                }
            }
        }
        if !problems.is_empty() {
            return Err(Complaint(problems));
        }
        if keys.is_empty() {
            let hint =
                "begin it with the scenario's keys as columns, such as service.desired_count";
            return Err(Complaint::about(&path.display(), &"found no columns", hint));
        }
        let mut rows = 0;
        let mut first = Vec::new();
        let mut hash = Hash::default();
        let mut kinds = vec![None; keys.len()];
        let mut record = csv::StringRecord::new();
        while reader
            .read_record(&mut record)
            .map_err(|error| wrong(path, &error))?
        {
            if rows == 0 {
                first = settings(&record);
            }
            rows += 1;
            for (index, cell) in record.iter().enumerate() {
                hash.add(cell);
                if let Some(kind) = kinds.get_mut(index).filter(|_| !cell.trim().is_empty()) {
                    let own = Kind::of(&Setting::of(cell));
                    *kind = Some(kind.map_or(own, |kind: Kind| kind.and(own)));
                }
            }
        }
        let columns: Vec<&str> = keys.iter().map(Key::path).collect();
        Ok(Self {
            path: path.to_owned(),
            rows,
            first,
            kinds,
            definition: format!("{}\n{rows} rows, {:016x}\n", columns.join(","), hash.0),
            keys,
        })
    }

    /// Its columns.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// What the cells of each column are.
    pub fn kinds(&self) -> impl Iterator<Item = Kind> {
        self.kinds.iter().map(|kind| kind.unwrap_or(Kind::Text))
    }

    /// How many rows it has.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// What tells it from other tables.
    pub fn definition(&self) -> &str {
        &self.definition
    }

    /// The settings of its first row.
    pub fn first_settings(&self) -> Vec<(Key, Setting)> {
        let settings = self.keys.iter().zip(&self.first);
        settings
            .filter_map(|(key, setting)| Some((key.clone(), setting.clone()?)))
            .collect()
    }

    /// Some of its rows.
    pub fn read(&self, rows: Range<u64>) -> Result<Reading, Complaint> {
        let mut reading = Reading {
            path: self.path.clone(),
            reader: reader(&self.path)?,
            left: rows.end - rows.start,
            problem: None,
        };
        let mut record = csv::StringRecord::new();
        for _ in 0..rows.start {
            let read = reading.reader.read_record(&mut record);
            read.map_err(|error| wrong(&self.path, &error))?;
        }
        Ok(reading)
    }
}

/// The rows of a table, one after another.
pub struct Reading {
    path: PathBuf,
    reader: csv::Reader<File>,
    left: u64,
    problem: Option<Complaint>,
}

impl Reading {
    /// Why the rows ended early.
    pub fn problem(self) -> Option<Complaint> {
        self.problem
    }
}

impl Iterator for Reading {
    type Item = Vec<Option<Setting>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        let mut record = csv::StringRecord::new();
        match self.reader.read_record(&mut record) {
            Ok(true) => Some(settings(&record)),
            Ok(false) => {
                let hint = "leave the file alone while it is read";
                self.problem = Some(Complaint::about(
                    &self.path.display(),
                    &"it has become shorter",
                    hint,
                ));
                None
            }
            Err(error) => {
                self.problem = Some(wrong(&self.path, &error));
                None
            }
        }
    }
}

fn settings(record: &csv::StringRecord) -> Vec<Option<Setting>> {
    let setting = |cell: &str| (!cell.trim().is_empty()).then(|| Setting::of(cell));
    record.iter().map(setting).collect()
}

fn reader(path: &Path) -> Result<csv::Reader<File>, Complaint> {
    let mut file = File::open(path).map_err(|error| {
        Complaint::about(&path.display(), &error, "give a file that can be read")
    })?;
    skip_mark(&mut file);
    Ok(csv::Reader::from_reader(file))
}

/// The mark of its encoding at the beginning is no part of the first column's name.
fn skip_mark(file: &mut File) {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let mut mark = [0; 3];
    let has_mark = file.read_exact(&mut mark).is_ok() && mark == *b"\xef\xbb\xbf";
    let begin = if has_mark { 3 } else { 0 };
    // What cannot be moved in cannot be read twice either, which the first read tells.
    let _ = file.seek(SeekFrom::Start(begin));
}

fn wrong(path: &Path, error: &csv::Error) -> Complaint {
    Complaint::about(
        &path.display(),
        error,
        "give UTF-8 text with as many cells in each row as there are columns",
    )
}

/// FNV-1a over cells, with an end after each.
struct Hash(u64);

impl Default for Hash {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hash {
    fn add(&mut self, cell: &str) {
        for byte in cell.bytes().chain([0xff]) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}
