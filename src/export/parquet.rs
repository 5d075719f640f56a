//! Parquet: typed columns, compressed with Zstandard. A moment is a timestamp in UTC, several texts are a list, and nothing
//! is null.

use std::{io::Write, sync::Arc};

use parquet::{
    basic::{Compression, ZstdLevel},
    data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type},
    errors::ParquetError,
    file::{
        properties::WriterProperties,
        writer::{SerializedColumnWriter, SerializedFileWriter},
    },
    schema::{parser::parse_message_type, types::TypePtr},
};

use super::rows::{Cell, Column, Kind, Presence, Row};
use crate::failure::Failure;

/// Rows of a row group. They are in memory until it is written: some megabytes of posts.
const GROUP: usize = 10_000;

/// Writes rows by groups, column by column.
pub(super) struct Writer<W: Write + Send, R> {
    file: SerializedFileWriter<W>,
    rows: Vec<R>,
}

impl<W: Write + Send, R: Row> Writer<W, R> {
    pub(super) fn new(out: W) -> Result<Self, Failure> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_created_by(format!("moodwire {}", env!("CARGO_PKG_VERSION")))
            .build();
        let schema = schema(R::COLUMNS).map_err(failed)?;
        let file = SerializedFileWriter::new(out, schema, Arc::new(properties)).map_err(failed)?;
        Ok(Self {
            file,
            rows: Vec::new(),
        })
    }

    pub(super) fn write(&mut self, rows: Vec<R>) -> Result<(), Failure> {
        self.rows.extend(rows);
        if self.rows.len() >= GROUP {
            self.flush()?;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<(), Failure> {
        if !self.rows.is_empty() {
            self.flush()?;
        }
        self.file.finish().map(drop).map_err(failed)
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.group().map_err(failed)?;
        self.rows.clear();
        Ok(())
    }

    fn group(&mut self) -> Result<(), ParquetError> {
        let rows: Vec<Vec<Cell<'_>>> = self.rows.iter().map(Row::cells).collect();
        let mut group = self.file.next_row_group()?;
        let mut columns = R::COLUMNS.iter().enumerate();
        while let Some(mut writer) = group.next_column()? {
            if let Some((index, column)) = columns.next() {
                let cells = rows.iter().filter_map(|row| row.get(index).copied());
                write(&mut writer, *column, cells)?;
            }
            writer.close()?;
        }
        group.close().map(drop)
    }
}

/// The columns in the words of Parquet's own schema language.
fn schema(columns: &[Column]) -> Result<TypePtr, ParquetError> {
    let fields: String = columns
        .iter()
        .map(|(name, kind, presence)| {
            let presence = match presence {
                Presence::Required => "required",
                Presence::Optional => "optional",
            };
            match kind {
                Kind::Text => format!("{presence} binary {name} (STRING); "),
                Kind::Moment => format!("{presence} int64 {name} (TIMESTAMP(MILLIS,true)); "),
                Kind::Double => format!("{presence} double {name}; "),
                Kind::Count => format!("{presence} int64 {name}; "),
                Kind::Texts => format!(
                    "{presence} group {name} (LIST) {{ repeated group list {{ required binary element (STRING); }} }} "
                ),
            }
        })
        .collect();
    parse_message_type(&format!("message moodwire {{ {fields} }}")).map(Arc::new)
}

/// Writes one column of a row group.
fn write<'a>(
    writer: &mut SerializedColumnWriter<'_>,
    (_, kind, presence): Column,
    cells: impl Iterator<Item = Cell<'a>>,
) -> Result<(), ParquetError> {
    let mut levels = Levels::default();
    let (mut texts, mut integers, mut doubles) = (Vec::new(), Vec::new(), Vec::new());
    let integer = |count: u64| i64::try_from(count).map_err(ParquetError::from);
    for cell in cells {
        if let Cell::Texts(several) = cell {
            levels.list(several.len());
            texts.extend(several.iter().map(|text| ByteArray::from(text.as_str())));
            continue;
        }
        levels.one(!matches!(cell, Cell::Nothing));
        match cell {
            Cell::Text(text) => texts.push(ByteArray::from(text)),
            Cell::Moment(at) => integers.push(at.timestamp_millis()),
            Cell::Count(count) => integers.push(integer(count)?),
            Cell::Double(number) => doubles.push(number),
            Cell::Nothing | Cell::Texts(_) => {}
        }
    }
    let is_list = kind == Kind::Texts;
    let present = (is_list || presence == Presence::Optional).then_some(&*levels.present);
    let repeated = is_list.then_some(&*levels.repeated);
    match kind {
        Kind::Text | Kind::Texts => writer
            .typed::<ByteArrayType>()
            .write_batch(&texts, present, repeated),
        Kind::Moment | Kind::Count => writer
            .typed::<Int64Type>()
            .write_batch(&integers, present, repeated),
        Kind::Double => writer
            .typed::<DoubleType>()
            .write_batch(&doubles, present, repeated),
    }
    .map(drop)
}

/// Where values are, and which go on with their row (Dremel's definition and repetition levels).
#[derive(Default)]
struct Levels {
    present: Vec<i16>,
    repeated: Vec<i16>,
}

impl Levels {
    fn one(&mut self, present: bool) {
        self.present.push(i16::from(present));
    }

    /// An empty list is one level without a value.
    fn list(&mut self, length: usize) {
        for index in 0..length.max(1) {
            self.present.push(i16::from(length > 0));
            self.repeated.push(i16::from(index > 0));
        }
    }
}

fn failed(error: ParquetError) -> Failure {
    match error {
        ParquetError::External(cause) => match cause.downcast::<std::io::Error>() {
            Ok(error) => (*error).into(),
            Err(cause) => Failure::Runtime(format!("the Parquet file cannot be written: {cause}")),
        },
        other => Failure::Runtime(format!("the Parquet file cannot be written: {other}")),
    }
}
