//! Signing in and out, and what accounts can reach.

use super::{Answer, fault};
use crate::opened::Opened;
use crate::watches::Watches;
use anchorhold_domain::{ForgeApp, LinkedAccount, RepositoryList, SignInOffer, SignInProgress, SignInWay};
use tauri::State;
use tauri::ipc::Channel;

/// Returns who is signed in, by host.
#[tauri::command]
#[specta::specta]
pub async fn accounts(engine: State<'_, Opened>) -> Answer<Vec<LinkedAccount>> {
    engine.get().await?.accounts().await.map_err(fault)
}

/// Says how one can sign in to a host.
#[tauri::command]
#[specta::specta]
pub async fn sign_in_offer(engine: State<'_, Opened>, host: String) -> Answer<SignInOffer> {
    engine.get().await?.sign_in_offer(&host).await.map_err(fault)
}

/// Begins to sign in and tells each step; returns the sign-in's number.
#[tauri::command]
#[specta::specta]
pub async fn sign_in(
    engine: State<'_, Opened>,
    watches: State<'_, Watches>,
    host: String,
    way: SignInWay,
    token: Option<String>,
    remember: Option<bool>,
    channel: Channel<SignInProgress>,
) -> Answer<u32> {
    Ok(watches.begin(engine.get().await?.sign_in(&host, way, token, remember), channel))
}

/// Gives a sign-in up; one that has ended is no error.
#[tauri::command]
#[specta::specta]
pub async fn cancel_sign_in(watches: State<'_, Watches>, number: u32) -> Answer<()> {
    watches.end(number);
    Ok(())
}

/// Forgets an account and its tokens.
#[tauri::command]
#[specta::specta]
pub async fn sign_out(engine: State<'_, Opened>, key: String) -> Answer<()> {
    engine.get().await?.sign_out(&key).await.map_err(fault)
}

/// Lets an account be the one that is used on its host.
#[tauri::command]
#[specta::specta]
pub async fn choose_account(engine: State<'_, Opened>, key: String) -> Answer<()> {
    engine.get().await?.choose_account(&key).await.map_err(fault)
}

/// Sets the address that an account commits with.
#[tauri::command]
#[specta::specta]
pub async fn set_commit_email(engine: State<'_, Opened>, key: String, email: String) -> Answer<()> {
    engine.get().await?.set_commit_email(&key, &email).await.map_err(fault)
}

/// Returns the app that the user set for a host.
#[tauri::command]
#[specta::specta]
pub async fn forge_app(engine: State<'_, Opened>, host: String) -> Answer<Option<ForgeApp>> {
    engine.get().await?.forge_app(&host).await.map_err(fault)
}

/// Sets the app in whose name users sign in to its host; a secret goes to the keychain.
#[tauri::command]
#[specta::specta]
pub async fn set_forge_app(engine: State<'_, Opened>, app: ForgeApp, secret: Option<String>) -> Answer<()> {
    engine.get().await?.set_forge_app(app, secret).await.map_err(fault)
}

/// Forgets the app that the user set for a host.
#[tauri::command]
#[specta::specta]
pub async fn forget_forge_app(engine: State<'_, Opened>, host: String) -> Answer<()> {
    engine.get().await?.forget_forge_app(&host).await.map_err(fault)
}

/// Finds repositories that an account can reach; without one, the account that is used.
#[tauri::command]
#[specta::specta]
pub async fn repositories(
    engine: State<'_, Opened>,
    account: Option<String>,
    text: String,
) -> Answer<RepositoryList> {
    engine.get().await?.repositories(account.as_deref(), &text).await.map_err(fault)
}

/// Opens a page of a GitHub that the user chose in the system's browser.
#[tauri::command]
#[specta::specta]
pub async fn open_page(engine: State<'_, Opened>, url: String) -> Answer<()> {
    let page = engine.get().await?.page(&url).await.map_err(fault)?;
    crate::browser::open(page).await
}
