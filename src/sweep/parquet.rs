//! Rows as Apache Parquet: typed columns, in groups of equally many rows.
//!
//! A file is a function of its rows alone: the same groups, pages and dictionaries whatever the
//! threads and however the rows arrive. Memory is that of one group.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;

use super::cell::{Cell, Kind};
use super::row::results;
use crate::scenario::read::Key;

/// Rows of a group.
const GROUP: usize = 65_536;

/// A file in the making.
pub struct Parquet<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    columns: Vec<Column>,
    rows: usize,
}

/// The cells of one group in one column.
struct Column {
    cells: Cells,
    /// 1 for each cell that is there, 0 for each that is empty.
    there: Vec<i16>,
}

enum Cells {
    Integers(Vec<i64>),
    Numbers(Vec<f64>),
    Flags(Vec<bool>),
    Texts(Vec<ByteArray>),
}

impl<W: Write + Send> Parquet<W> {
    /// A file with the varied keys, each with what its cells are, before the results.
    ///
    /// # Errors
    /// It cannot be written to.
    pub fn begin(to: W, keys: &[(&Key, Kind)]) -> io::Result<Self> {
        let mut all: Vec<(&str, Kind)> = Vec::with_capacity(keys.len());
        all.extend(keys.iter().map(|(key, kind)| (key.path(), *kind)));
        all.extend(results().map(|(name, kind)| -> (&str, Kind) { (name, kind) }));
        let fields: Result<Vec<_>, ParquetError> = all
            .iter()
            .map(|(name, kind)| {
                let (physical, logical) = match kind {
                    Kind::Integer => (Physical::INT64, None),
                    Kind::Number => (Physical::DOUBLE, None),
                    Kind::Flag => (Physical::BOOLEAN, None),
                    Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
                };
                Type::primitive_type_builder(name, physical)
                    .with_repetition(Repetition::OPTIONAL)
                    .with_logical_type(logical)
                    .build()
                    .map(Arc::new)
            })
            .collect();
        let schema = fields.and_then(|fields| {
            Type::group_type_builder("sweep")
                .with_fields(fields)
                .build()
        });
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(concat!("prescale ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let schema = Arc::new(schema.map_err(io_error)?);
        Ok(Self {
            writer: SerializedFileWriter::new(to, schema, Arc::new(properties))
                .map_err(io_error)?,
            columns: all.iter().map(|(_, kind)| Column::of(*kind)).collect(),
            rows: 0,
        })
    }

    /// Further rows, as a sweep hands them on in its columnar layout.
    ///
    /// # Errors
    /// They cannot be written, or are no whole rows of as many columns.
    pub fn append(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            for column in &mut self.columns {
                let (cell, rest) = Cell::read(bytes)
                    .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "half a row"))?;
                column.push(&cell);
                bytes = rest;
            }
            self.rows += 1;
            if self.rows == GROUP {
                self.write_group()?;
            }
        }
        Ok(())
    }

    /// Ends the file.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        if self.rows > 0 {
            self.write_group()?;
        }
        self.writer.into_inner().map_err(io_error)
    }

    fn write_group(&mut self) -> io::Result<()> {
        let mut group = self.writer.next_row_group().map_err(io_error)?;
        let mut columns = self.columns.iter_mut();
        while let Some(mut writer) = group.next_column().map_err(io_error)? {
            let Some(Column { cells, there }) = columns.next() else {
                break;
            };
            let levels = Some(there.as_slice());
            let written = match cells {
                Cells::Integers(cells) => {
                    writer.typed::<Int64Type>().write_batch(cells, levels, None)
                }
                Cells::Numbers(cells) => writer
                    .typed::<DoubleType>()
                    .write_batch(cells, levels, None),
                Cells::Flags(cells) => writer.typed::<BoolType>().write_batch(cells, levels, None),
                Cells::Texts(cells) => writer
                    .typed::<ByteArrayType>()
                    .write_batch(cells, levels, None),
            };
            written.map_err(io_error)?;
            writer.close().map_err(io_error)?;
        }
        group.close().map_err(io_error)?;
        self.columns.iter_mut().for_each(Column::clear);
        self.rows = 0;
        Ok(())
    }
}

impl Column {
    fn of(kind: Kind) -> Self {
        Self {
            cells: match kind {
                Kind::Integer => Cells::Integers(Vec::new()),
                Kind::Number => Cells::Numbers(Vec::new()),
                Kind::Flag => Cells::Flags(Vec::new()),
                Kind::Text => Cells::Texts(Vec::new()),
            },
            there: Vec::new(),
        }
    }

    /// One more cell; it is empty where the column cannot hold it.
    fn push(&mut self, cell: &Cell<'_>) {
        let before = self.cells.len();
        match (&mut self.cells, cell) {
            (Cells::Integers(cells), Cell::Integer(integer)) => cells.push(*integer),
            (Cells::Numbers(cells), Cell::Number(number)) => cells.push(*number),
            (Cells::Numbers(cells), Cell::Integer(integer)) => {
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "a setting is read as such a number too"
                )]
                cells.push(*integer as f64);
            }
            (Cells::Flags(cells), Cell::Flag(flag)) => cells.push(*flag),
            (Cells::Texts(cells), Cell::Text(text)) => match cells.last() {
                // Most rows repeat the text of the one before, which is then shared.
                Some(last) if last.data() == text.as_bytes() => cells.push(last.clone()),
                _ => cells.push(ByteArray::from(*text)),
            },
            (Cells::Texts(cells), other) if !matches!(other, Cell::Empty) => {
                cells.push(ByteArray::from(other.to_string().as_str()));
            }
            _ => {}
        }
        self.there.push(i16::from(self.cells.len() > before));
    }

    fn clear(&mut self) {
        self.there.clear();
        match &mut self.cells {
            Cells::Integers(cells) => cells.clear(),
            Cells::Numbers(cells) => cells.clear(),
            Cells::Flags(cells) => cells.clear(),
            Cells::Texts(cells) => cells.clear(),
        }
    }
}

impl Cells {
    fn len(&self) -> usize {
        match self {
            Self::Integers(cells) => cells.len(),
            Self::Numbers(cells) => cells.len(),
            Self::Flags(cells) => cells.len(),
            Self::Texts(cells) => cells.len(),
        }
    }
}

fn io_error(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(cause) => match cause.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(cause) => io::Error::other(cause),
        },
        error => io::Error::other(error),
    }
}
