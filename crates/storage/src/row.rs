//! The small value and row types that both engines share.

use crate::StorageError;

/// A value that can be bound to a placeholder or read from a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// BIGINT: counts, unix seconds, booleans as 0 and 1.
    Int(i64),
    /// TEXT: ids, JSON.
    Text(String),
    /// BLOB or BYTEA: hashes, wrapped keys.
    Bytes(Vec<u8>),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}
impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Int(value.into())
    }
}
impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}
impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}
impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::Text(value.clone())
    }
}
impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}
impl From<[u8; 32]> for Value {
    fn from(value: [u8; 32]) -> Self {
        Self::Bytes(value.to_vec())
    }
}
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// One row of an answer, read column by column in the order of the SELECT.
#[derive(Debug)]
pub struct Row {
    columns: std::vec::IntoIter<Value>,
}

impl Row {
    /// A row of these columns.
    pub fn new(columns: Vec<Value>) -> Self {
        Self {
            columns: columns.into_iter(),
        }
    }

    fn next(&mut self) -> Result<Value, StorageError> {
        self.columns
            .next()
            .ok_or_else(|| StorageError::Corrupt("a column is missing".into()))
    }

    /// The next column, which is TEXT and not NULL.
    pub fn text(&mut self) -> Result<String, StorageError> {
        self.opt_text()?
            .ok_or_else(|| StorageError::Corrupt("NULL where text was expected".into()))
    }

    /// The next column, which is TEXT or NULL.
    pub fn opt_text(&mut self) -> Result<Option<String>, StorageError> {
        match self.next()? {
            Value::Text(text) => Ok(Some(text)),
            Value::Null => Ok(None),
            other => Err(StorageError::Corrupt(format!("{other:?} where text was expected"))),
        }
    }

    /// The next column, which is BIGINT and not NULL.
    pub fn int(&mut self) -> Result<i64, StorageError> {
        self.opt_int()?
            .ok_or_else(|| StorageError::Corrupt("NULL where a number was expected".into()))
    }

    /// The next column, which is BIGINT or NULL.
    pub fn opt_int(&mut self) -> Result<Option<i64>, StorageError> {
        match self.next()? {
            Value::Int(number) => Ok(Some(number)),
            Value::Null => Ok(None),
            other => Err(StorageError::Corrupt(format!("{other:?} where a number was expected"))),
        }
    }

    /// The next column as a boolean (0 is false).
    pub fn bool(&mut self) -> Result<bool, StorageError> {
        Ok(self.int()? != 0)
    }

    /// The next column, which is bytes and not NULL.
    pub fn bytes(&mut self) -> Result<Vec<u8>, StorageError> {
        self.opt_bytes()?
            .ok_or_else(|| StorageError::Corrupt("NULL where bytes were expected".into()))
    }

    /// The next column, which is bytes or NULL.
    pub fn opt_bytes(&mut self) -> Result<Option<Vec<u8>>, StorageError> {
        match self.next()? {
            Value::Bytes(bytes) => Ok(Some(bytes)),
            Value::Null => Ok(None),
            other => Err(StorageError::Corrupt(format!("{other:?} where bytes were expected"))),
        }
    }

    /// The next column, JSON text, as a value of this type.
    pub fn json<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, StorageError> {
        let text = self.text()?;
        serde_json::from_str(&text).map_err(|error| StorageError::Corrupt(error.to_string()))
    }
}

/// A value as JSON text, for a TEXT column.
pub(crate) fn json<T: serde::Serialize>(value: &T) -> Result<Value, StorageError> {
    serde_json::to_string(value)
        .map(Value::Text)
        .map_err(|error| StorageError::Corrupt(error.to_string()))
}
