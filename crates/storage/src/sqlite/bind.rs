//! Values into placeholders, columns into values.

use rusqlite::{
    Row as SqliteRow, Statement, ToSql,
    types::{ToSqlOutput, ValueRef},
};

use crate::{Row, StorageError, Value};

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// Binds by name: SQLite takes `$1` for a name and numbers names by their first appearance in the text.
pub(super) fn bind(statement: &mut Statement<'_>, params: &[Value]) -> Result<(), StorageError> {
    if statement.parameter_count() != params.len() {
        return Err(StorageError::Corrupt(format!(
            "{} values for {} placeholders",
            params.len(),
            statement.parameter_count()
        )));
    }
    for index in 1..=params.len() {
        let name = statement.parameter_name(index).unwrap_or("?");
        let value = name
            .strip_prefix('$')
            .and_then(|number| number.parse::<usize>().ok())
            .and_then(|number| params.get(number.checked_sub(1)?))
            .ok_or_else(|| StorageError::Corrupt(format!("no value for the placeholder {name}")))?;
        statement.raw_bind_parameter(index, value)?;
    }
    Ok(())
}

/// One row, column by column.
pub(super) fn row(columns: usize, row: &SqliteRow<'_>) -> Result<Row, StorageError> {
    (0..columns)
        .map(|column| match row.get_ref(column)? {
            ValueRef::Null => Ok(Value::Null),
            ValueRef::Integer(number) => Ok(Value::Int(number)),
            ValueRef::Text(text) => String::from_utf8(text.to_vec())
                .map(Value::Text)
                .map_err(|error| StorageError::Corrupt(error.to_string())),
            ValueRef::Blob(bytes) => Ok(Value::Bytes(bytes.to_vec())),
            ValueRef::Real(_) => Err(StorageError::Corrupt("a column holds a real number".into())),
        })
        .collect::<Result<_, _>>()
        .map(Row::new)
}
