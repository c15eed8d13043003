-- Accounts that are signed in. Their tokens are in the keychain.
CREATE TABLE accounts (
    key          TEXT    NOT NULL PRIMARY KEY,
    host         TEXT    NOT NULL,
    login        TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    email        TEXT    NOT NULL,
    -- Addresses in JSON.
    emails       TEXT    NOT NULL,
    way          TEXT    NOT NULL CHECK (way IN ('CODE', 'BROWSER', 'TOKEN', 'GH')),
    chosen       INTEGER NOT NULL CHECK (chosen IN (0, 1)),
    -- The app in whose name it was signed in; none for a token that somebody brought.
    client_id    TEXT,
    -- Whether its tokens are in memory alone, so that it ends with the program.
    session_only INTEGER NOT NULL CHECK (session_only IN (0, 1)),
    expires_at   INTEGER,
    -- Scopes in JSON.
    lacks        TEXT    NOT NULL,
    -- A fault in JSON.
    trouble      TEXT,
    signed_in_at INTEGER NOT NULL
) STRICT;

-- On each host one account is used.
CREATE UNIQUE INDEX accounts_chosen ON accounts (host) WHERE chosen = 1;

-- Apps in whose name users sign in. Their secrets are in the keychain.
CREATE TABLE forge_apps (
    host       TEXT    NOT NULL PRIMARY KEY,
    client_id  TEXT    NOT NULL,
    slug       TEXT,
    oauth_app  INTEGER NOT NULL CHECK (oauth_app IN (0, 1)),
    has_secret INTEGER NOT NULL CHECK (has_secret IN (0, 1))
) STRICT;
