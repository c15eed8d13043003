//! The store's migrations. They stand apart from the store so that a database can be made from
//! them while the store's queries, which need one to be described, do not compile yet.

use sqlx::migrate::Migrator;

/// Every migration, in order.
pub static MIGRATOR: Migrator = sqlx::migrate!("../migrations");
