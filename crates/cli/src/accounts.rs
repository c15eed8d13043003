//! Signing in and out, and what accounts can reach.

use crate::account_arguments::{AccountVerb, AppVerb, SignInOptions};
use crate::exit::Exit;
use crate::interrupt::Interrupts;
use crate::{input, open, print};
use anchorhold_domain::{ForgeApp, LinkedAccount, LinkedRepository, SignInOffer, SignInProgress, SignInWay};
use anchorhold_engine::{Engine, EngineError};

/// Does what is asked of accounts, and lists them where nothing is.
pub(crate) async fn account(verb: Option<AccountVerb>, json: bool) -> Result<Exit, EngineError> {
    let engine = open(|_| {}).await?;
    let done = match verb {
        None => list(&engine, json).await,
        Some(AccountVerb::SignIn(options)) => sign_in(&engine, options).await,
        Some(AccountVerb::SignOut { account }) => sign_out(&engine, &account).await,
        Some(AccountVerb::Choose { account }) => choose(&engine, &account).await,
        Some(AccountVerb::Email { account, email }) => email_of(&engine, &account, &email).await,
        Some(AccountVerb::App(AppVerb::Show { host })) => show_app(&engine, &host).await,
        Some(AccountVerb::App(AppVerb::Set { host, client_id, slug, oauth_app, secret })) => {
            let app = ForgeApp { host, client_id, slug, oauth_app, has_secret: secret };
            set_app(&engine, app).await
        }
        Some(AccountVerb::App(AppVerb::Forget { host })) => forget_app(&engine, &host).await,
    };
    engine.close().await;
    done
}

/// Lists the repositories that an account can reach and that match a text.
pub(crate) async fn repositories(account: Option<&str>, text: &str, json: bool) -> Result<Exit, EngineError> {
    let engine = open(|_| {}).await?;
    let done = reach(&engine, account, text, json).await;
    engine.close().await;
    done
}

async fn list(engine: &Engine, json: bool) -> Result<Exit, EngineError> {
    let accounts = engine.accounts().await?;
    if accounts.is_empty() && !json {
        print::line("Nobody is signed in. Sign in with: anchorctl account sign-in");
    }
    for account in &accounts {
        match json {
            true => print::json(account),
            false => show(account),
        }
    }
    Ok(Exit::Completed)
}

fn show(account: &LinkedAccount) {
    let star = if account.chosen { '*' } else { ' ' };
    let LinkedAccount { login, host, name, email, key, .. } = account;
    print::line(format_args!("{star} {login} on {host}  ({key}), by {}", way(account.way)));
    print::line(format_args!("    commits as {name} <{email}>"));
    for other in account.emails.iter().filter(|other| *other != email) {
        print::line(format_args!("    or with {other}"));
    }
    if !account.lacks.is_empty() {
        print::line(format_args!("    its token lacks {}", account.lacks.join(" and ")));
    }
    if let Some(trouble) = &account.trouble {
        print::line(format_args!("    ! {}", trouble.message));
        if let Some(hint) = &trouble.hint {
            print::line(format_args!("    what to do: {hint}"));
        }
    }
}

/// Signs in and tells what is to be done meanwhile; an interrupt gives it up.
async fn sign_in(engine: &Engine, options: SignInOptions) -> Result<Exit, EngineError> {
    let offer = engine.sign_in_offer(&options.host).await?;
    let way = match options.way() {
        Some(way) => way,
        None => match offer.ways.first() {
            Some(SignInWay::Code) => SignInWay::Code,
            Some(_) | None => {
                tell_ways(&offer);
                return Ok(Exit::Usage);
            }
        },
    };
    let token = match way {
        SignInWay::Token => Some(input::secret("Paste the token").await),
        SignInWay::Code | SignInWay::Browser | SignInWay::Gh => None,
    };
    let token = match token.transpose() {
        Ok(token) => token,
        Err(fault) => return Ok(print::refused(&fault)),
    };
    let mut interrupts = Interrupts::listen();
    let mut progress = engine.sign_in(&options.host, way, token, None);
    loop {
        let step = tokio::select! {
            step = progress.recv() => step,
            () = interrupts.next() => {
                print::aside("Given up; nobody is signed in by it.");
                return Ok(Exit::Interrupted);
            }
        };
        match step {
            Some(SignInProgress::Code { user_code, address, .. }) => {
                print::line(format_args!("Enter the code  {user_code}  at  {address}"));
            }
            Some(SignInProgress::Browser { address, .. }) => {
                print::line(format_args!("Open this page in a browser of this machine:\n{address}"));
            }
            Some(SignInProgress::Unreachable { seconds }) => {
                print::aside(format_args!("{} does not answer; asking again in {seconds} s.", offer.host));
            }
            Some(SignInProgress::SignedIn { account }) => {
                print::line(format_args!("Signed in as {} on {}.", account.login, account.host));
                if !account.lacks.is_empty() {
                    print::aside(format_args!("The token lacks {}.", account.lacks.join(" and ")));
                }
                if let Some(page) = offer.install_url.filter(|_| way == SignInWay::Code) {
                    print::line(format_args!("Give the app repositories at {page}"));
                }
                return Ok(Exit::Completed);
            }
            Some(SignInProgress::Failed { fault }) => {
                return Ok(print::refused(&fault));
            }
            // The engine ends a sign-in without a word only where it is closed.
            None => return Ok(Exit::Interrupted),
        }
    }
}

fn tell_ways(offer: &SignInOffer) {
    print::aside(format_args!(
        "error: sign in to {}: no app is registered for it here, so there is no code to enter",
        offer.host
    ));
    print::aside(format_args!(
        "what to do: make a token at {} and sign in with --token < FILE, use that of gh with --gh, or set an app \
         with: anchorctl account app set",
        offer.token_url
    ));
}

async fn sign_out(engine: &Engine, wanted: &str) -> Result<Exit, EngineError> {
    let account = find(engine, wanted).await?;
    engine.sign_out(&account.key).await?;
    print::line(format_args!(
        "Signed {} out of {}; its tokens are forgotten here.",
        account.login, account.host
    ));
    Ok(Exit::Completed)
}

async fn choose(engine: &Engine, wanted: &str) -> Result<Exit, EngineError> {
    let account = find(engine, wanted).await?;
    engine.choose_account(&account.key).await?;
    print::line(format_args!("{} is used on {} from now on.", account.login, account.host));
    Ok(Exit::Completed)
}

async fn email_of(engine: &Engine, wanted: &str, email: &str) -> Result<Exit, EngineError> {
    let account = find(engine, wanted).await?;
    engine.set_commit_email(&account.key, email).await?;
    print::line(format_args!("Commits of {} carry {email} from now on.", account.login));
    Ok(Exit::Completed)
}

async fn show_app(engine: &Engine, host: &str) -> Result<Exit, EngineError> {
    match engine.forge_app(host).await? {
        None => print::line(format_args!("No app of yours is set for {host}.")),
        Some(app) => {
            let kind = if app.oauth_app { "OAuth app" } else { "GitHub App" };
            let secret = if app.has_secret { "with its secret in the keychain" } else { "without a secret" };
            print::line(format_args!("{kind} {} on {}, {secret}", app.client_id, app.host));
        }
    }
    Ok(Exit::Completed)
}

async fn set_app(engine: &Engine, app: ForgeApp) -> Result<Exit, EngineError> {
    let secret = match app.has_secret {
        true => Some(input::secret("Paste the app's client secret").await),
        false => None,
    };
    let secret = match secret.transpose() {
        Ok(secret) => secret,
        Err(fault) => return Ok(print::refused(&fault)),
    };
    let host = app.host.clone();
    engine.set_forge_app(app, secret).await?;
    print::line(format_args!("Sign in to {host} with it: anchorctl account sign-in --host {host}"));
    Ok(Exit::Completed)
}

async fn forget_app(engine: &Engine, host: &str) -> Result<Exit, EngineError> {
    engine.forget_forge_app(host).await?;
    print::line(format_args!("No app of yours is set for {host} any more."));
    Ok(Exit::Completed)
}

async fn reach(engine: &Engine, account: Option<&str>, text: &str, json: bool) -> Result<Exit, EngineError> {
    let key = match account {
        Some(wanted) => Some(find(engine, wanted).await?.key),
        None => None,
    };
    let mut found = engine.repositories(key.as_deref(), text).await?;
    let mut interrupts = Interrupts::listen();
    // A program that ends with its answer waits for the whole of it.
    while found.reading {
        tokio::select! {
            () = tokio::time::sleep(std::time::Duration::from_millis(100)) => {}
            () = interrupts.next() => return Ok(Exit::Interrupted),
        }
        found = engine.repositories(key.as_deref(), text).await?;
    }
    if found.account.is_none() {
        print::aside("Nobody is signed in. Sign in with: anchorctl account sign-in");
        return Ok(Exit::Error);
    }
    for repository in &found.repositories {
        match json {
            true => print::json(repository),
            false => print_repository(repository),
        }
    }
    let shown = u32::try_from(found.repositories.len()).unwrap_or(u32::MAX);
    if found.total > shown {
        print::aside(format_args!("{} more match; name more of it.", found.total - shown));
    }
    let exit = match &found.fault {
        Some(fault) => {
            print::aside("Not all of the repositories could be read.");
            print::refused(fault)
        }
        None => Exit::Completed,
    };
    if let Some(page) = found.sso_url {
        print::aside("Some organisations are missing: they want single sign-on.");
        print::aside(format_args!("what to do: authorise the sign-in for them at {page}"));
    }
    if let Some(page) = found.grant_url.filter(|_| !json) {
        print::aside(format_args!("Give the app more repositories at {page}"));
    }
    Ok(exit)
}

fn print_repository(repository: &LinkedRepository) {
    let marks = [
        repository.private.then_some("private"),
        repository.archived.then_some("archived"),
        (!repository.can_push && !repository.archived).then_some("read-only"),
        repository.default_branch.is_none().then_some("empty"),
    ];
    let marks: Vec<&str> = marks.into_iter().flatten().collect();
    let marks = if marks.is_empty() { String::new() } else { format!("  [{}]", marks.join(", ")) };
    let branch = repository.default_branch.as_deref().unwrap_or("-");
    print::line(format_args!("{}  {branch}{marks}", repository.address));
}

/// Finds an account by its key, or by its login where that is one account's alone.
async fn find(engine: &Engine, wanted: &str) -> Result<LinkedAccount, EngineError> {
    let accounts = engine.accounts().await?;
    let unknown = || EngineError::UnknownAccount(wanted.to_owned());
    if let Some(account) = accounts.iter().find(|account| account.key == wanted) {
        return Ok(account.clone());
    }
    let mut named = accounts.into_iter().filter(|account| account.login.eq_ignore_ascii_case(wanted));
    let account = named.next().ok_or_else(unknown)?;
    if named.next().is_some() { Err(unknown()) } else { Ok(account) }
}

fn way(way: SignInWay) -> &'static str {
    match way {
        SignInWay::Code => "a code",
        SignInWay::Browser => "the browser",
        SignInWay::Token => "a token",
        SignInWay::Gh => "the token of gh",
    }
}
