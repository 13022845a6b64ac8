//! Values into parameters, columns into values.

use std::error::Error;

use postgres_types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};

use crate::{Row, StorageError, Value};

impl Value {
    /// The type that the statement is prepared for. NULL takes the type of its place in the statement.
    ///
    /// Said rather than inferred, since PostgreSQL takes `$1` in `$1 + 60` for a 32-bit number.
    pub(super) fn postgres_type(&self) -> Type {
        match self {
            Self::Null => Type::UNKNOWN,
            Self::Int(_) => Type::INT8,
            Self::Text(_) => Type::TEXT,
            Self::Bytes(_) => Type::BYTEA,
        }
    }
}

impl ToSql for Value {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(number) => number.to_sql_checked(ty, out),
            Self::Text(text) => text.to_sql_checked(ty, out),
            Self::Bytes(bytes) => bytes.to_sql_checked(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        // Each value looks at the type itself.
        true
    }

    to_sql_checked!();
}

/// One row, column by column.
pub(super) fn row(row: &tokio_postgres::Row) -> Result<Row, StorageError> {
    (0..row.len())
        .zip(row.columns())
        .map(|(index, column)| {
            Ok(match *column.type_() {
                Type::INT8 => row.try_get::<_, Option<i64>>(index)?.into(),
                Type::INT4 => row.try_get::<_, Option<i32>>(index)?.map(i64::from).into(),
                Type::BOOL => row.try_get::<_, Option<bool>>(index)?.into(),
                Type::TEXT | Type::VARCHAR | Type::NAME => row.try_get::<_, Option<String>>(index)?.into(),
                Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(index)?.into(),
                ref other => {
                    return Err(StorageError::Corrupt(format!(
                        "column {} has the type {other}",
                        column.name()
                    )));
                }
            })
        })
        .collect::<Result<_, _>>()
        .map(Row::new)
}
