//! `Column`: some rows of a column, decoded.

use parquet::basic::{ConvertedType, LogicalType, Type};
use parquet::column::page::PageReader;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader};
use parquet::data_type::{
    BoolType, ByteArrayType, DataType, DoubleType, FloatType, Int32Type, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::schema::types::{ColumnDescPtr, ColumnDescriptor};

use crate::format::cell::Cell;

/// How what is stored is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    AsStored,
    Unsigned,
}

impl Reading {
    /// Or what the column is, when it is nothing that is read.
    pub(super) fn of(column: &ColumnDescriptor) -> Result<Self, String> {
        if column.max_rep_level() > 0 {
            return Err("a list, neither a number nor a text".to_owned());
        }
        let (logical, converted) = (column.logical_type_ref(), column.converted_type());
        let is_text = matches!(
            (logical, converted),
            (Some(LogicalType::String | LogicalType::Enum | LogicalType::Json), _)
                | (None, ConvertedType::NONE | ConvertedType::UTF8)
                | (None, ConvertedType::ENUM | ConvertedType::JSON)
        );
        let reading = match column.physical_type() {
            Type::BOOLEAN | Type::FLOAT | Type::DOUBLE => Some(Self::AsStored),
            Type::INT32 | Type::INT64 => integers(logical, converted),
            Type::BYTE_ARRAY => is_text.then_some(Self::AsStored),
            Type::INT96 | Type::FIXED_LEN_BYTE_ARRAY => None,
        };
        reading.ok_or_else(|| {
            let stored = column.physical_type();
            let meant = match logical {
                // Without its parameters.
                Some(logical) => {
                    let meant = format!("{logical:?}");
                    meant.split('(').next().unwrap_or_default().to_owned()
                }
                None if converted == ConvertedType::NONE => return format!("of type {stored}"),
                None => converted.to_string(),
            };
            format!("of type {stored} that means {meant}, neither a number nor a text")
        })
    }
}

fn integers(logical: Option<&LogicalType>, converted: ConvertedType) -> Option<Reading> {
    match (logical, converted) {
        (Some(LogicalType::Integer(integer)), _) if integer.is_signed => Some(Reading::AsStored),
        (Some(LogicalType::Integer(_)), _) => Some(Reading::Unsigned),
        (Some(_), _) => None,
        (None, ConvertedType::NONE | ConvertedType::INT_8 | ConvertedType::INT_16)
        | (None, ConvertedType::INT_32 | ConvertedType::INT_64) => Some(Reading::AsStored),
        (None, ConvertedType::UINT_8 | ConvertedType::UINT_16)
        | (None, ConvertedType::UINT_32 | ConvertedType::UINT_64) => Some(Reading::Unsigned),
        (None, _) => None, // dates, times and decimals
    }
}

/// The rows that were read last.
pub(crate) struct Column {
    source: Source,
    reading: Reading,
    /// A row has a value when its level is this one.
    max_level: i16,
    levels: Vec<i16>,
    /// Which of the values each row has.
    places: Vec<Option<usize>>,
}

enum Source {
    Flags(Typed<BoolType>),
    Int32(Typed<Int32Type>),
    Int64(Typed<Int64Type>),
    Floats(Typed<FloatType>),
    Doubles(Typed<DoubleType>),
    Bytes(Typed<ByteArrayType>),
}

struct Typed<T: DataType> {
    reader: ColumnReaderImpl<T>,
    values: Vec<T::T>,
}

impl Column {
    pub(super) fn new(
        column: ColumnDescPtr,
        reading: Reading,
        pages: Box<dyn PageReader>,
    ) -> Result<Self, ParquetError> {
        let max_level = column.max_def_level();
        let source = match get_column_reader(column, pages) {
            ColumnReader::BoolColumnReader(reader) => Source::Flags(Typed::new(reader)),
            ColumnReader::Int32ColumnReader(reader) => Source::Int32(Typed::new(reader)),
            ColumnReader::Int64ColumnReader(reader) => Source::Int64(Typed::new(reader)),
            ColumnReader::FloatColumnReader(reader) => Source::Floats(Typed::new(reader)),
            ColumnReader::DoubleColumnReader(reader) => Source::Doubles(Typed::new(reader)),
            ColumnReader::ByteArrayColumnReader(reader) => Source::Bytes(Typed::new(reader)),
            ColumnReader::Int96ColumnReader(_) | ColumnReader::FixedLenByteArrayColumnReader(_) => {
                return Err(ParquetError::General("a type that is not read".to_owned()));
            }
        };
        Ok(Self { source, reading, max_level, levels: Vec::new(), places: Vec::new() })
    }

    /// Reads up to `most` more rows and says how many there were.
    pub(super) fn fill(&mut self, most: usize) -> Result<usize, ParquetError> {
        self.levels.clear();
        let levels = &mut self.levels;
        let len = match &mut self.source {
            Source::Flags(typed) => typed.fill(most, levels),
            Source::Int32(typed) => typed.fill(most, levels),
            Source::Int64(typed) => typed.fill(most, levels),
            Source::Floats(typed) => typed.fill(most, levels),
            Source::Doubles(typed) => typed.fill(most, levels),
            Source::Bytes(typed) => typed.fill(most, levels),
        }?;
        self.places.clear();
        let mut next = 0;
        self.places.extend((0..len).map(|row| {
            // Where every row has a value, there are no levels.
            let is_there = self.max_level == 0 || self.levels.get(row) == Some(&self.max_level);
            next += usize::from(is_there);
            is_there.then(|| next - 1)
        }));
        Ok(len)
    }

    /// The value of one of the rows.
    pub(crate) fn cell(&self, row: usize) -> Result<Cell<'_>, String> {
        let Some(place) = self.places.get(row).copied().flatten() else {
            return Ok(Cell::Null);
        };
        let unsigned = self.reading == Reading::Unsigned;
        let cell = match &self.source {
            Source::Flags(typed) => typed.values.get(place).copied().map(Cell::Flag),
            Source::Int32(typed) => typed.values.get(place).map(|&value| {
                let wide = if unsigned { value.cast_unsigned().into() } else { value.into() };
                Cell::Integer(wide)
            }),
            Source::Int64(typed) => typed.values.get(place).map(|&value| {
                let wide = if unsigned { value.cast_unsigned().into() } else { value.into() };
                Cell::Integer(wide)
            }),
            Source::Floats(typed) => {
                typed.values.get(place).map(|&value| Cell::Float(value.into()))
            }
            Source::Doubles(typed) => typed.values.get(place).copied().map(Cell::Float),
            Source::Bytes(_) => match self.bytes(row).map(std::str::from_utf8) {
                Some(Ok(text)) => Some(Cell::Text(text)),
                Some(Err(_)) => return Err("it is not UTF-8".to_owned()),
                None => None,
            },
        };
        Ok(cell.unwrap_or(Cell::Null))
    }

    /// The value of one of the rows, if it is there and bytes.
    pub(crate) fn bytes(&self, row: usize) -> Option<&[u8]> {
        let place = self.places.get(row).copied().flatten()?;
        match &self.source {
            Source::Bytes(typed) => Some(typed.values.get(place)?.data()),
            Source::Flags(_) | Source::Int32(_) | Source::Int64(_) => None,
            Source::Floats(_) | Source::Doubles(_) => None,
        }
    }
}

impl<T: DataType> Typed<T> {
    fn new(reader: ColumnReaderImpl<T>) -> Self {
        Self { reader, values: Vec::new() }
    }

    fn fill(&mut self, most: usize, levels: &mut Vec<i16>) -> Result<usize, ParquetError> {
        self.values.clear();
        let (rows, ..) = self.reader.read_records(most, Some(levels), None, &mut self.values)?;
        Ok(rows)
    }
}
