//! The four kinds of value that both engines hold alike, and rows of them.

use bursar_kernel::{Micros, Uuid};
use bytes::BytesMut;
use tokio_postgres::types::{IsNull, Type};

use crate::DbError;

/// A statement's argument. Money, instants and booleans are integers; UUIDs are bytes.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// No value.
    Null,
    /// A whole number: `BIGINT`.
    Int(i64),
    /// Text without NUL: one engine stores NUL, the other does not.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
}

/// Collects a statement's arguments: `args![company_id, name, now]`.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { &[$($crate::Value::from($value)),*] };
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}
impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Int(i64::from(value))
    }
}
impl From<Micros> for Value<'_> {
    fn from(value: Micros) -> Self {
        Self::Int(value.0)
    }
}
impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}
impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value)
    }
}
impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Bytes(value)
    }
}
impl<'a> From<&'a Vec<u8>> for Value<'a> {
    fn from(value: &'a Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}
impl<'a, const N: usize> From<&'a [u8; N]> for Value<'a> {
    fn from(value: &'a [u8; N]) -> Self {
        Self::Bytes(value)
    }
}
impl<'a> From<&'a Uuid> for Value<'a> {
    fn from(value: &'a Uuid) -> Self {
        Self::Bytes(value.as_bytes())
    }
}
impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, ValueRef};
        Ok(ToSqlOutput::Borrowed(match *self {
            Self::Null => ValueRef::Null,
            Self::Int(value) => ValueRef::Integer(value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
            Self::Bytes(value) => ValueRef::Blob(value),
        }))
    }
}

impl tokio_postgres::types::ToSql for Value<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(value) if *kind == Type::INT8 => value.to_sql(kind, out),
            Self::Text(value) if *kind == Type::TEXT => value.to_sql(kind, out),
            Self::Bytes(value) if *kind == Type::BYTEA => value.to_sql(kind, out),
            _ => Err(format!("the statement wants {kind} where it is given {self:?}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    tokio_postgres::types::to_sql_checked!();
}

/// One row of an answer. Each column is taken out once.
#[derive(Debug)]
pub struct Row(pub(crate) Vec<Cell>);

/// One value of a row.
#[derive(Debug)]
pub enum Cell {
    /// No value.
    Null,
    /// A whole number.
    Int(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl Row {
    /// Takes column `index` (from 0) out of the row.
    ///
    /// # Errors
    /// [`DbError::Decode`] when the column is missing, already taken, or of another kind.
    pub fn get<T: FromCell>(&mut self, index: usize) -> Result<T, DbError> {
        let cell = self
            .0
            .get_mut(index)
            .map(|cell| std::mem::replace(cell, Cell::Null));
        cell.and_then(T::from_cell)
            .ok_or(DbError::Decode { column: index })
    }

    pub(crate) fn from_sqlite(row: &rusqlite::Row<'_>, columns: usize) -> rusqlite::Result<Self> {
        use rusqlite::types::{Type as SqliteType, ValueRef};
        let cell = |index| {
            Ok(match row.get_ref(index)? {
                ValueRef::Null => Cell::Null,
                ValueRef::Integer(value) => Cell::Int(value),
                ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
                ValueRef::Text(bytes) => match String::from_utf8(bytes.to_vec()) {
                    Ok(text) => Cell::Text(text),
                    Err(error) => {
                        return Err(rusqlite::Error::Utf8Error(index, error.utf8_error()));
                    }
                },
                ValueRef::Real(_) => {
                    let name = format!("column {index}");
                    return Err(rusqlite::Error::InvalidColumnType(
                        index,
                        name,
                        SqliteType::Real,
                    ));
                }
            })
        };
        (0..columns)
            .map(cell)
            .collect::<rusqlite::Result<_>>()
            .map(Self)
    }

    pub(crate) fn from_postgres(row: &tokio_postgres::Row) -> Result<Self, tokio_postgres::Error> {
        let cell = |(index, column): (usize, &tokio_postgres::Column)| {
            Ok(match *column.type_() {
                Type::INT8 => row
                    .try_get::<_, Option<i64>>(index)?
                    .map_or(Cell::Null, Cell::Int),
                Type::BYTEA => row
                    .try_get::<_, Option<Vec<u8>>>(index)?
                    .map_or(Cell::Null, Cell::Bytes),
                // Anything but text fails in the driver, by name.
                _ => row
                    .try_get::<_, Option<String>>(index)?
                    .map_or(Cell::Null, Cell::Text),
            })
        };
        row.columns()
            .iter()
            .enumerate()
            .map(cell)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// What a cell can be read as.
pub trait FromCell: Sized {
    /// The value, if the cell is of the right kind.
    fn from_cell(cell: Cell) -> Option<Self>;
}

impl FromCell for i64 {
    fn from_cell(cell: Cell) -> Option<Self> {
        if let Cell::Int(value) = cell {
            Some(value)
        } else {
            None
        }
    }
}
impl FromCell for bool {
    fn from_cell(cell: Cell) -> Option<Self> {
        i64::from_cell(cell).map(|value| value != 0)
    }
}
impl FromCell for Micros {
    fn from_cell(cell: Cell) -> Option<Self> {
        i64::from_cell(cell).map(Self)
    }
}
impl FromCell for String {
    fn from_cell(cell: Cell) -> Option<Self> {
        if let Cell::Text(value) = cell {
            Some(value)
        } else {
            None
        }
    }
}
impl FromCell for Vec<u8> {
    fn from_cell(cell: Cell) -> Option<Self> {
        if let Cell::Bytes(value) = cell {
            Some(value)
        } else {
            None
        }
    }
}
impl FromCell for Uuid {
    fn from_cell(cell: Cell) -> Option<Self> {
        Vec::from_cell(cell).and_then(|bytes| Self::from_slice(&bytes).ok())
    }
}
impl<T: FromCell> FromCell for Option<T> {
    fn from_cell(cell: Cell) -> Option<Self> {
        match cell {
            Cell::Null => Some(None),
            cell => T::from_cell(cell).map(Some),
        }
    }
}
