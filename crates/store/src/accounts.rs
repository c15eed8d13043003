//! The tables `accounts` and `forge_apps`: who is signed in where, and in the name of which app.
//!
//! No token and no secret comes here: those rest in the keychain, under the account's key.

use crate::error::{Result, StoreError};
use crate::open::Store;
use anchorhold_domain::{Fault, ForgeApp, LinkedAccount, SignInWay, Timestamp};
use sqlx::Connection as _;

/// An account as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAccount {
    /// What every face knows of it.
    pub account: LinkedAccount,
    /// The app in whose name it was signed in; none for a token that somebody brought.
    pub client_id: Option<String>,
    /// When it was signed in.
    pub signed_in_at: Timestamp,
}

struct Row {
    key: String,
    host: String,
    login: String,
    name: String,
    email: String,
    emails: String,
    way: String,
    chosen: i64,
    client_id: Option<String>,
    session_only: i64,
    expires_at: Option<i64>,
    lacks: String,
    trouble: Option<String>,
    signed_in_at: i64,
}

impl Store {
    /// Returns the accounts by host, and on each in the order in which they were first signed in.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where a row does not fit.
    pub async fn accounts(&self) -> Result<Vec<KeptAccount>> {
        let rows = sqlx::query_as!(
            Row,
            "SELECT key, host, login, name, email, emails, way, chosen, client_id, session_only, expires_at,
                lacks, trouble, signed_in_at
            FROM accounts ORDER BY host, signed_in_at, key"
        )
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(Row::into_account).collect()
    }

    /// Keeps an account in place of the one with its key. Where it is chosen, no other one of its host is.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn put_account(&self, kept: &KeptAccount) -> Result<()> {
        let KeptAccount { account, client_id, signed_in_at } = kept;
        let (emails, lacks) = (to_json(&account.emails)?, to_json(&account.lacks)?);
        let trouble = account.trouble.as_ref().map(to_json).transpose()?;
        let (way, expires_at) = (way_text(account.way), account.expires_at.map(|time| time.0));
        let mut writer = self.writer.lend().await?;
        let mut transaction = writer.begin().await?;
        if account.chosen {
            sqlx::query!("UPDATE accounts SET chosen = 0 WHERE host = ?", account.host)
                .execute(&mut *transaction)
                .await?;
        }
        sqlx::query!(
            "INSERT OR REPLACE INTO accounts (key, host, login, name, email, emails, way, chosen, client_id,
                session_only, expires_at, lacks, trouble, signed_in_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            account.key,
            account.host,
            account.login,
            account.name,
            account.email,
            emails,
            way,
            account.chosen,
            client_id,
            account.session_only,
            expires_at,
            lacks,
            trouble,
            signed_in_at.0,
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Forgets an account. Where it was the chosen one, the last signed in of those that stay on its host is.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn delete_account(&self, key: &str) -> Result<()> {
        let mut writer = self.writer.lend().await?;
        let mut transaction = writer.begin().await?;
        let host = sqlx::query_scalar!("DELETE FROM accounts WHERE key = ? RETURNING host AS \"host!\"", key)
            .fetch_optional(&mut *transaction)
            .await?;
        if let Some(host) = host {
            sqlx::query!(
                "UPDATE accounts SET chosen = 1 WHERE key = (SELECT key FROM accounts
                    WHERE host = ?1 ORDER BY chosen DESC, signed_in_at DESC, key LIMIT 1)",
                host
            )
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Lets an account be the one that is used on its host; one that is not there changes nothing.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn choose_account(&self, key: &str) -> Result<()> {
        let mut writer = self.writer.lend().await?;
        let mut transaction = writer.begin().await?;
        // One after the other, since there is never more than one.
        sqlx::query!(
            "UPDATE accounts SET chosen = 0 WHERE host = (SELECT host FROM accounts WHERE key = ?)",
            key
        )
        .execute(&mut *transaction)
        .await?;
        sqlx::query!("UPDATE accounts SET chosen = 1 WHERE key = ?", key).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Sets the address that an account commits with.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn set_account_email(&self, key: &str, email: &str) -> Result<()> {
        sqlx::query!("UPDATE accounts SET email = ? WHERE key = ?", email, key)
            .execute(&mut *self.writer.lend().await?)
            .await?;
        Ok(())
    }

    /// Writes down why an account cannot be used, or that it can.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn set_account_trouble(&self, key: &str, trouble: Option<&Fault>) -> Result<()> {
        let trouble = trouble.map(to_json).transpose()?;
        sqlx::query!("UPDATE accounts SET trouble = ? WHERE key = ?", trouble, key)
            .execute(&mut *self.writer.lend().await?)
            .await?;
        Ok(())
    }

    /// Forgets the accounts whose tokens ended with an earlier process.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn delete_session_accounts(&self) -> Result<()> {
        let ended: Vec<_> =
            self.accounts().await?.into_iter().filter(|kept| kept.account.session_only).collect();
        for kept in ended {
            self.delete_account(&kept.account.key).await?;
        }
        Ok(())
    }

    /// Returns the apps that users sign in with, by host.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn forge_apps(&self) -> Result<Vec<ForgeApp>> {
        let rows =
            sqlx::query!("SELECT host, client_id, slug, oauth_app, has_secret FROM forge_apps ORDER BY host")
                .fetch_all(&self.readers)
                .await?;
        let apps = rows.into_iter().map(|row| ForgeApp {
            host: row.host,
            client_id: row.client_id,
            slug: row.slug,
            oauth_app: row.oauth_app != 0,
            has_secret: row.has_secret != 0,
        });
        Ok(apps.collect())
    }

    /// Keeps an app in place of the one of its host.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn put_forge_app(&self, app: &ForgeApp) -> Result<()> {
        sqlx::query!(
            "INSERT OR REPLACE INTO forge_apps (host, client_id, slug, oauth_app, has_secret)
            VALUES (?, ?, ?, ?, ?)",
            app.host,
            app.client_id,
            app.slug,
            app.oauth_app,
            app.has_secret,
        )
        .execute(&mut *self.writer.lend().await?)
        .await?;
        Ok(())
    }

    /// Forgets the app of a host.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn delete_forge_app(&self, host: &str) -> Result<()> {
        sqlx::query!("DELETE FROM forge_apps WHERE host = ?", host)
            .execute(&mut *self.writer.lend().await?)
            .await?;
        Ok(())
    }
}

impl Row {
    fn into_account(self) -> Result<KeptAccount> {
        let key = self.key.clone();
        let corrupt = |column: &str, found: &str| StoreError::Corrupt {
            table: "accounts",
            row: key.clone(),
            found: format!("column {column} holds {found}"),
        };
        let account = LinkedAccount {
            emails: serde_json::from_str(&self.emails).map_err(|_| corrupt("emails", &self.emails))?,
            way: way_of(&self.way).ok_or_else(|| corrupt("way", &self.way))?,
            chosen: self.chosen != 0,
            session_only: self.session_only != 0,
            expires_at: self.expires_at.map(Timestamp),
            lacks: serde_json::from_str(&self.lacks).map_err(|_| corrupt("lacks", &self.lacks))?,
            trouble: self
                .trouble
                .map(|json| serde_json::from_str::<Fault>(&json).map_err(|_| corrupt("trouble", &json)))
                .transpose()?,
            key: self.key,
            host: self.host,
            login: self.login,
            name: self.name,
            email: self.email,
        };
        Ok(KeptAccount { account, client_id: self.client_id, signed_in_at: Timestamp(self.signed_in_at) })
    }
}

fn way_text(way: SignInWay) -> &'static str {
    match way {
        SignInWay::Code => "CODE",
        SignInWay::Browser => "BROWSER",
        SignInWay::Token => "TOKEN",
        SignInWay::Gh => "GH",
    }
}

fn way_of(text: &str) -> Option<SignInWay> {
    let all = [SignInWay::Code, SignInWay::Browser, SignInWay::Token, SignInWay::Gh];
    all.into_iter().find(|way| way_text(*way) == text)
}

fn to_json<T: serde::Serialize>(value: &T) -> Result<String> {
    Ok(serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(error.into()))?)
}
