//! What can be said of accounts.

use anchorhold_domain::SignInWay;
use clap::{Args, Subcommand};

const USUAL: &str = "github.com";

#[derive(Debug, Subcommand)]
pub(crate) enum AccountVerb {
    /// Signs in: with a code that is entered on GitHub's page, unless another way is named.
    SignIn(SignInOptions),
    /// Forgets an account and its tokens on this machine.
    SignOut {
        /// The account's key or login.
        #[arg(value_name = "KEY|LOGIN")]
        account: String,
    },
    /// Lets an account be the one that is used on its host.
    Choose {
        /// The account's key or login.
        #[arg(value_name = "KEY|LOGIN")]
        account: String,
    },
    /// Sets the address that an account commits with, one of those it lists.
    Email {
        /// The account's key or login.
        #[arg(value_name = "KEY|LOGIN")]
        account: String,
        /// The address.
        email: String,
    },
    /// Sets the app in whose name you sign in to a host.
    #[command(subcommand)]
    App(AppVerb),
}

#[derive(Debug, Args)]
pub(crate) struct SignInOptions {
    /// The GitHub, such as github.com or a company's own.
    #[arg(long, value_name = "HOST", default_value = USUAL)]
    pub(crate) host: String,
    #[command(flatten)]
    ways: Ways,
}

#[derive(Debug, Args)]
#[group(multiple = false)]
struct Ways {
    /// With a code that is entered on GitHub's page.
    #[arg(long)]
    code: bool,
    /// In a browser of this machine.
    #[arg(long)]
    browser: bool,
    /// With the token of an installed gh.
    #[arg(long)]
    gh: bool,
    /// With a token that is read from standard input; what is typed at a terminal is not shown.
    #[arg(long)]
    token: bool,
}

impl SignInOptions {
    /// The way that was named.
    pub(crate) fn way(&self) -> Option<SignInWay> {
        let Ways { code, browser, gh, token } = self.ways;
        let ways = [
            (code, SignInWay::Code),
            (browser, SignInWay::Browser),
            (gh, SignInWay::Gh),
            (token, SignInWay::Token),
        ];
        ways.into_iter().find_map(|(named, way)| named.then_some(way))
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum AppVerb {
    /// Says which app of yours is set for a host.
    Show {
        /// The GitHub.
        #[arg(long, value_name = "HOST", default_value = USUAL)]
        host: String,
    },
    /// Sets an app that is registered on a host.
    Set {
        /// The GitHub.
        #[arg(long, value_name = "HOST", default_value = USUAL)]
        host: String,
        /// The app's client id, such as Iv23liabcdef.
        #[arg(long, value_name = "ID")]
        client_id: String,
        /// The app's name in addresses, for the page on which it is installed.
        #[arg(long, value_name = "NAME")]
        slug: Option<String>,
        /// It is a classic OAuth app, which asks for scopes.
        #[arg(long)]
        oauth_app: bool,
        /// Reads the app's secret from standard input, for signing in in the browser; what is typed at a terminal is
        /// not shown. Without it, none is kept.
        #[arg(long)]
        secret: bool,
    },
    /// Forgets the app of a host, and its secret.
    Forget {
        /// The GitHub.
        #[arg(long, value_name = "HOST", default_value = USUAL)]
        host: String,
    },
}
