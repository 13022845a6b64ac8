//! What goes in comes out.

use super::{Database, for_both_engines, insert};
use crate::{Change, Statement, StorageError, Value};

for_both_engines![
    values_come_back_as_they_were,
    null_is_bound_where_any_type_is_expected,
    nul_in_text_is_refused,
    a_number_is_not_taken_for_32_bits,
    a_reader_of_another_type_is_told_so,
];

async fn values_come_back_as_they_were(db: Database) {
    let texts = [
        "",
        "plain",
        "'; DROP TABLE log; --",
        "\"quoted\" \\ $1 %s",
        "関所 🔑 e\u{301}",
        "line\nbreak\ttab",
    ];
    let bytes = [vec![], vec![0, 255, 0, 10, 13], vec![0; 4096]];
    let numbers = [0, -1, i64::MAX, i64::MIN];
    let mut change = Change::new();
    let mut rows = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let id = format!("{index}");
        let (number, bytes) = (numbers[index % 4], bytes[index % 3].clone());
        change = change.then(Statement::new(
            "INSERT INTO anything (bytes, text, number, id) VALUES ($4, $3, $2, $1)",
            vec![id.as_str().into(), number.into(), (*text).into(), bytes.clone().into()],
        ));
        rows.push((id, number, (*text).to_owned(), bytes));
    }
    let _ = db.store.commit(change).await.unwrap();
    let sql = "SELECT id, number, text, bytes FROM anything ORDER BY id";
    let read: Vec<_> = db
        .store
        .query(sql, &[])
        .await
        .unwrap()
        .into_iter()
        .map(|mut row| {
            (
                row.text().unwrap(),
                row.int().unwrap(),
                row.text().unwrap(),
                row.bytes().unwrap(),
            )
        })
        .collect();
    assert_eq!(read, rows);
}

async fn null_is_bound_where_any_type_is_expected(db: Database) {
    let statement = Statement::new(
        "INSERT INTO anything (id, number, text, bytes) VALUES ($1, $2, $3, $4)",
        vec!["null".into(), Value::Null, Value::Null, Value::Null],
    );
    let _ = db.store.commit(Change::new().then(statement)).await.unwrap();
    let sql = "SELECT number, text, bytes FROM anything WHERE id = $1 AND text IS NULL";
    let mut row = db.store.query_one(sql, &["null".into()]).await.unwrap().unwrap();
    assert_eq!(row.opt_int().unwrap(), None);
    assert_eq!(row.opt_text().unwrap(), None);
    assert_eq!(row.opt_bytes().unwrap(), None);
}

async fn nul_in_text_is_refused(db: Database) {
    let change = Change::new().then(insert("a\0b", 1));
    assert!(matches!(db.store.commit(change).await, Err(StorageError::Corrupt(_))));
    let read = db
        .store
        .query("SELECT n FROM log WHERE id = $1", &["a\0b".into()])
        .await;
    assert!(matches!(read, Err(StorageError::Corrupt(_))));
}

async fn a_number_is_not_taken_for_32_bits(db: Database) {
    let far = 5_000_000_000_i64;
    let sql = "SELECT count(*) FROM code WHERE used < $1 + 60 AND used < $1 - 60";
    assert_eq!(
        db.store
            .query_one(sql, &[far.into()])
            .await
            .unwrap()
            .unwrap()
            .int()
            .unwrap(),
        2
    );
}

async fn a_reader_of_another_type_is_told_so(db: Database) {
    let mut row = db
        .store
        .query_one("SELECT id, used FROM code WHERE id = 'a'", &[])
        .await
        .unwrap()
        .unwrap();
    assert!(matches!(row.int(), Err(StorageError::Corrupt(_))));
    assert!(matches!(row.text(), Err(StorageError::Corrupt(_))));
    assert!(matches!(row.int(), Err(StorageError::Corrupt(_))));
}
