//! Where secrets stand that are sealed under the node key.

use cerebrate_core::error::Result;
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::failure::failed;
use crate::backend::Reseal;

const RESEAL: &str = "seal secrets again";

/// A column that holds secrets as [`NodeKey::seal`](cerebrate_core::node_key::NodeKey::seal) makes
/// them.
#[derive(Debug, Clone, Copy)]
pub(super) struct SealedColumn {
    /// The table; its `uuid` is the record that the secret is sealed for.
    pub(super) table: &'static str,
    /// Its column.
    pub(super) column: &'static str,
    /// What the column is called where the secret is sealed.
    pub(super) name: &'static str,
}

/// Every one there is. A table that comes to hold secrets is named here, so that they are sealed
/// again when the node key is rotated.
pub(super) const SEALED: &[SealedColumn] = &[];

/// Hands out every secret of these columns and keeps what comes back; how many.
pub(super) fn reseal(
    connection: &Connection,
    columns: &[SealedColumn],
    again: Reseal<'_>,
) -> Result<u64> {
    let failed = failed(RESEAL);
    let mut count = 0;
    for SealedColumn { table, column, name } in columns {
        let read = format!("SELECT uuid, {column} FROM {table} WHERE {column} IS NOT NULL");
        let sealed: Vec<(Uuid, Vec<u8>)> = connection
            .prepare(&read)
            .and_then(|mut statement| {
                statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
            })
            .map_err(&failed)?;
        let write = format!("UPDATE {table} SET {column} = ?2 WHERE uuid = ?1");
        for (record, secret) in sealed {
            let secret = again(record, name, &secret)?;
            connection
                .prepare_cached(&write)
                .and_then(|mut statement| statement.execute(params![record, secret]))
                .map_err(&failed)?;
            count += 1;
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cerebrate_core::Kind;
    use cerebrate_core::node_key::NodeKey;

    const COLUMNS: &[SealedColumn] = &[
        SealedColumn { table: "brood", column: "auth_key", name: "brood.auth_key" },
        SealedColumn { table: "brood", column: "password", name: "brood.password" },
    ];

    #[test]
    fn every_secret_is_sealed_again_for_its_place() {
        let (old, new) = (NodeKey::new([1; 32]), NodeKey::new([2; 32]));
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("CREATE TABLE brood (uuid BLOB, auth_key BLOB, password BLOB)")
            .unwrap();
        for number in 1..=3_u8 {
            let id = Uuid::from_u128(number.into());
            let key = old.seal(&[number; 5], id, "brood.auth_key", [number; 24]);
            let password = (number == 2)
                .then(|| old.seal(b"password", id, "brood.password", [number + 10; 24]));
            connection
                .execute("INSERT INTO brood VALUES (?1, ?2, ?3)", params![id, key, password])
                .unwrap();
        }
        let mut nonces = 100..;
        let mut again = |id, name: &str, sealed: &[u8]| {
            let plain = old.open(sealed, id, name)?;
            Ok(new.seal(plain.expose(), id, name, [nonces.next().unwrap(); 24]))
        };
        assert_eq!(reseal(&connection, COLUMNS, &mut again).unwrap(), 4);
        let key: Vec<u8> = connection
            .query_row("SELECT auth_key FROM brood WHERE uuid = ?1", [Uuid::from_u128(3)], |row| {
                row.get(0)
            })
            .unwrap();
        let opened = new.open(&key, Uuid::from_u128(3), "brood.auth_key").unwrap();
        assert_eq!(opened.expose(), [3; 5]);
        let error = reseal(&connection, COLUMNS, &mut again).unwrap_err();
        assert_eq!(error.kind(), Kind::Denied, "what another key sealed stops it");
    }
}
