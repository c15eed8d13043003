//! Keeps `crates/store/.sqlx`, the descriptions that the store's queries are compiled against.
//!
//! `prepare` writes them and `check` fails when they are out of date. Both make an empty database
//! from the migrations and compile the store against it, so that no other tool is needed.

use anyhow::{Context as _, Result, bail};
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.sqlx");
    match std::env::args().nth(1).as_deref() {
        Some("prepare") => write(&kept, &describe().await?),
        Some("check") => compare(&read(&kept)?, &describe().await?),
        _ => bail!("usage: anchorhold-store-schema prepare|check"),
    }
}

type Descriptions = BTreeMap<String, String>;

/// Compiles the store against a fresh database and returns what its queries were found to be.
async fn describe() -> Result<Descriptions> {
    let folder = tempfile::tempdir()?;
    let database = folder.path().join("schema.db");
    let mut connection =
        SqliteConnectOptions::new().filename(&database).create_if_missing(true).connect().await?;
    anchorhold_store_schema::MIGRATOR.run(&mut connection).await?;
    sqlx::Connection::close(connection).await?;

    let out = folder.path().join("sqlx");
    fs::create_dir(&out)?;
    // A name that no build had before makes the compiler run, without touching a source file and
    // so without rebuilding everything that stands on the store.
    let fresh = format!("described=\"{}\"", folder.path().display());
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["rustc", "--quiet", "--package", "anchorhold-store", "--lib", "--profile", "check"])
        .args(["--", "--cfg", &fresh])
        .env("DATABASE_URL", format!("sqlite://{}", database.display()))
        .env("SQLX_OFFLINE", "false")
        .env("SQLX_OFFLINE_DIR", &out)
        .status()
        .context("run cargo")?;
    if !status.success() {
        bail!("the store's queries do not compile against its migrations");
    }
    read(&out)
}

fn read(folder: &Path) -> Result<Descriptions> {
    let mut found = Descriptions::new();
    for entry in fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))? {
        let entry = entry?;
        let text = fs::read_to_string(entry.path())?.replace("\r\n", "\n");
        found.insert(entry.file_name().to_string_lossy().into_owned(), text);
    }
    Ok(found)
}

fn write(folder: &Path, descriptions: &Descriptions) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    for (name, text) in descriptions {
        fs::write(folder.join(name), text)?;
    }
    println!("{} queries described", descriptions.len());
    Ok(())
}

fn compare(kept: &Descriptions, found: &Descriptions) -> Result<()> {
    if kept != found {
        bail!("crates/store/.sqlx is out of date: run `cargo run -p anchorhold-store-schema -- prepare`");
    }
    println!("{} queries agree with the migrations", found.len());
    Ok(())
}
