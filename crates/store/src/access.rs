//! What the server remembers about those who call it: signing keys, accounts, sessions of browsers, failed attempts.
//!
//! Nothing here can be used by whoever reads it: of passwords there are hashes, of session ids digests. Only the private
//! signing keys are worth stealing, which is why the server hands them over encrypted when it has a key for that.

use crate::browse::Resource;
use crate::error::StoreError;
use crate::stored_model::text_column;
use crate::tx::{ReadTx, WriteTx};
use crate::value::Row;
use provost_model::{EntityTypeId, PropertyId};

/// A key that signs tokens.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// Its name in tokens (`kid`).
    pub id: String,
    /// `ES256`.
    pub algorithm: String,
    /// The private half, as the server wrote it.
    pub private_key: String,
    /// The public half: a JSON Web Key.
    pub public_key: String,
    /// Microseconds since 1970, UTC.
    pub created_at: i64,
    /// From then on it signs nothing; its tokens are good for as long as they live.
    pub retires_at: i64,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A built-in account.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Name, in small letters.
    pub login: String,
    /// Argon2id hash in PHC form.
    pub password_hash: String,
    /// Profile, or `/` for every right.
    pub profile: String,
    /// Microseconds since 1970, UTC.
    pub created_at: i64,
    /// The password was given by somebody else, and must be changed first.
    pub must_change: bool,
    /// It may not sign in.
    pub is_disabled: bool,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("login", &self.login).field("profile", &self.profile).finish_non_exhaustive()
    }
}

/// A session of a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebSession {
    /// Digest of its id.
    pub digest: String,
    /// Who signed in.
    pub login: String,
    /// Where: empty for a built-in account, else the name of the provider.
    pub provider: String,
    /// What was learnt at sign-in, JSON.
    pub claims: String,
    /// Microseconds since 1970, UTC.
    pub created_at: i64,
    /// When it was last used, to about a minute.
    pub last_seen_at: i64,
    /// When it ends however much it is used.
    pub expires_at: i64,
}

/// Failed attempts of a login or of an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// Failures in a row.
    pub failures: i64,
    /// The last one: microseconds since 1970, UTC.
    pub last_failure_at: i64,
    /// Nobody is let in before.
    pub locked_until: i64,
}

fn signing_key(row: &Row<'_>) -> Result<SigningKey, StoreError> {
    Ok(SigningKey {
        id: row.string(0)?,
        algorithm: row.string(1)?,
        private_key: row.string(2)?,
        public_key: row.string(3)?,
        created_at: row.i64(4)?,
        retires_at: row.i64(5)?,
    })
}

const ACCOUNTS: &str = "SELECT Login, PasswordHash, Profile, CreatedAt, MustChange, IsDisabled FROM UA_Accounts";

fn account(row: &Row<'_>) -> Result<Account, StoreError> {
    Ok(Account {
        login: row.string(0)?,
        password_hash: row.string(1)?,
        profile: row.string(2)?,
        created_at: row.i64(3)?,
        must_change: row.i64(4)? != 0,
        is_disabled: row.i64(5)? != 0,
    })
}

const SESSIONS: &str = "SELECT Digest, Login, Provider, Claims, CreatedAt, LastSeenAt, ExpiresAt FROM UA_WebSessions";

fn web_session(row: &Row<'_>) -> Result<WebSession, StoreError> {
    Ok(WebSession {
        digest: row.string(0)?,
        login: row.string(1)?,
        provider: row.string(2)?,
        claims: row.string(3)?,
        created_at: row.i64(4)?,
        last_seen_at: row.i64(5)?,
        expires_at: row.i64(6)?,
    })
}

impl ReadTx {
    /// All signing keys, the newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn signing_keys(&mut self) -> Result<Vec<SigningKey>, StoreError> {
        self.link.all(
            "SELECT Id, Algorithm, PrivateKey, PublicKey, CreatedAt, RetiresAt FROM UA_SigningKeys \
             ORDER BY CreatedAt DESC, Id",
            &[],
            signing_key,
        )
    }

    /// The built-in account of this name, which is in small letters.
    ///
    /// # Errors
    /// Those of the database.
    pub fn account(&mut self, login: &str) -> Result<Option<Account>, StoreError> {
        self.link.first(&format!("{ACCOUNTS} WHERE Login = $1"), &[login.into()], account)
    }

    /// All built-in accounts, by their name.
    ///
    /// # Errors
    /// Those of the database.
    pub fn accounts(&mut self) -> Result<Vec<Account>, StoreError> {
        self.link.all(&format!("{ACCOUNTS} ORDER BY Login"), &[], account)
    }

    /// Whether there is any built-in account.
    ///
    /// # Errors
    /// Those of the database.
    pub fn has_accounts(&mut self) -> Result<bool, StoreError> {
        Ok(self.link.first("SELECT 1 FROM UA_Accounts LIMIT 1", &[], |_| Ok(()))?.is_some())
    }

    /// The session whose id has this digest.
    ///
    /// # Errors
    /// Those of the database.
    pub fn web_session(&mut self, digest: &str) -> Result<Option<WebSession>, StoreError> {
        self.link.first(&format!("{SESSIONS} WHERE Digest = $1"), &[digest.into()], web_session)
    }

    /// Sessions that have not ended by themselves, by login, the newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn open_web_sessions(&mut self, now_micros: i64, idle_micros: i64) -> Result<Vec<WebSession>, StoreError> {
        self.link.all(
            &format!(
                "{SESSIONS} WHERE ExpiresAt > $1 AND LastSeenAt > $2 ORDER BY Login, Provider, CreatedAt DESC, Digest"
            ),
            &[now_micros.into(), (now_micros - idle_micros).into()],
            web_session,
        )
    }

    /// Failed attempts of a login or an address.
    ///
    /// # Errors
    /// Those of the database.
    pub fn attempts(&mut self, subject: &str) -> Result<Attempts, StoreError> {
        let found = self.link.first(
            "SELECT Failures, LastFailureAt, LockedUntil FROM UA_Attempts WHERE Subject = $1",
            &[subject.into()],
            |row| Ok(Attempts { failures: row.i64(0)?, last_failure_at: row.i64(1)?, locked_until: row.i64(2)? }),
        )?;
        Ok(found.unwrap_or_default())
    }

    /// Current resources of a type whose property has this value, whatever the case of its ASCII letters; `limit` of
    /// them at most. Every row of the type is looked at.
    ///
    /// # Errors
    /// When the type or the property is not deployed, and those of the database.
    pub fn resources_with(
        &mut self,
        entity_type: EntityTypeId,
        property: PropertyId,
        value: &str,
        limit: u32,
    ) -> Result<Vec<Resource>, StoreError> {
        let model = self.model()?;
        let stored = model.entity_type(entity_type)?;
        let slot = stored.properties.iter().find(|p| p.id == property).and_then(|p| p.slot);
        let Some(slot) = slot else {
            return Err(StoreError::NotDeployed { what: format!("property {}", property.0) });
        };
        let reading = self.reading(&model, entity_type)?;
        let sql = format!(
            "SELECT {} FROM UR_Resources r WHERE r.Type = $1 AND lower({}) = lower($2) ORDER BY r.Id LIMIT $3",
            reading.current(),
            text_column("r", slot)
        );
        self.link.all(&sql, &[entity_type.0.into(), value.into(), i64::from(limit).into()], |row| reading.resource(row))
    }
}

impl WriteTx {
    /// Adds a signing key.
    ///
    /// # Errors
    /// Those of the database.
    pub fn insert_signing_key(&mut self, key: &SigningKey) -> Result<(), StoreError> {
        self.link.execute(
            "INSERT INTO UA_SigningKeys (Id, Algorithm, PrivateKey, PublicKey, CreatedAt, RetiresAt) \
             VALUES ($1, $2, $3, $4, $5, $6)",
            &[
                (&key.id).into(),
                (&key.algorithm).into(),
                (&key.private_key).into(),
                (&key.public_key).into(),
                key.created_at.into(),
                key.retires_at.into(),
            ],
        )?;
        self.count("signingKeys", 1);
        Ok(())
    }

    /// Removes the keys that retired before an instant.
    ///
    /// # Errors
    /// Those of the database.
    pub fn delete_signing_keys(&mut self, retired_before: i64) -> Result<u64, StoreError> {
        self.link.execute("DELETE FROM UA_SigningKeys WHERE RetiresAt < $1", &[retired_before.into()])
    }

    /// Adds or replaces a built-in account.
    ///
    /// # Errors
    /// Those of the database.
    pub fn set_account(&mut self, account: &Account) -> Result<(), StoreError> {
        self.link.execute(
            "INSERT INTO UA_Accounts (Login, PasswordHash, Profile, CreatedAt, MustChange, IsDisabled) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (Login) DO UPDATE SET PasswordHash = excluded.PasswordHash, \
             Profile = excluded.Profile, MustChange = excluded.MustChange, IsDisabled = excluded.IsDisabled",
            &[
                (&account.login).into(),
                (&account.password_hash).into(),
                (&account.profile).into(),
                account.created_at.into(),
                i64::from(account.must_change).into(),
                i64::from(account.is_disabled).into(),
            ],
        )?;
        self.count("accounts", 1);
        Ok(())
    }

    /// Begins a session.
    ///
    /// # Errors
    /// Those of the database.
    pub fn insert_web_session(&mut self, session: &WebSession) -> Result<(), StoreError> {
        self.link.execute(
            "INSERT INTO UA_WebSessions (Digest, Login, Provider, Claims, CreatedAt, LastSeenAt, ExpiresAt) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            &[
                (&session.digest).into(),
                (&session.login).into(),
                (&session.provider).into(),
                (&session.claims).into(),
                session.created_at.into(),
                session.last_seen_at.into(),
                session.expires_at.into(),
            ],
        )?;
        self.count("webSessions", 1);
        Ok(())
    }

    /// A session was used.
    ///
    /// # Errors
    /// Those of the database.
    pub fn touch_web_session(&mut self, digest: &str, now_micros: i64) -> Result<(), StoreError> {
        self.link.execute(
            "UPDATE UA_WebSessions SET LastSeenAt = $1 WHERE Digest = $2 AND LastSeenAt < $1",
            &[now_micros.into(), digest.into()],
        )?;
        Ok(())
    }

    /// Ends a session.
    ///
    /// # Errors
    /// Those of the database.
    pub fn delete_web_session(&mut self, digest: &str) -> Result<u64, StoreError> {
        let ended = self.link.execute("DELETE FROM UA_WebSessions WHERE Digest = $1", &[digest.into()])?;
        self.count("webSessions", ended);
        Ok(ended)
    }

    /// Ends all sessions of somebody.
    ///
    /// # Errors
    /// Those of the database.
    pub fn delete_web_sessions_of(&mut self, login: &str, provider: &str) -> Result<u64, StoreError> {
        let ended = self.link.execute(
            "DELETE FROM UA_WebSessions WHERE Login = $1 AND Provider = $2",
            &[login.into(), provider.into()],
        )?;
        self.count("webSessions", ended);
        Ok(ended)
    }

    /// Removes sessions that ended by themselves.
    ///
    /// # Errors
    /// Those of the database.
    pub fn delete_ended_web_sessions(&mut self, now_micros: i64, idle_micros: i64) -> Result<u64, StoreError> {
        self.link.execute(
            "DELETE FROM UA_WebSessions WHERE ExpiresAt <= $1 OR LastSeenAt <= $2",
            &[now_micros.into(), (now_micros - idle_micros).into()],
        )
    }

    /// Remembers failed attempts of a login or an address.
    ///
    /// # Errors
    /// Those of the database.
    pub fn set_attempts(&mut self, subject: &str, attempts: Attempts) -> Result<(), StoreError> {
        self.link.execute(
            "INSERT INTO UA_Attempts (Subject, Failures, LastFailureAt, LockedUntil) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (Subject) DO UPDATE SET Failures = excluded.Failures, \
             LastFailureAt = excluded.LastFailureAt, LockedUntil = excluded.LockedUntil",
            &[subject.into(), attempts.failures.into(), attempts.last_failure_at.into(), attempts.locked_until.into()],
        )?;
        Ok(())
    }

    /// Forgets the failed attempts of a login or an address.
    ///
    /// # Errors
    /// Those of the database.
    pub fn forget_attempts(&mut self, subject: &str) -> Result<(), StoreError> {
        self.link.execute("DELETE FROM UA_Attempts WHERE Subject = $1", &[subject.into()])?;
        Ok(())
    }

    /// Forgets failed attempts that are long past.
    ///
    /// # Errors
    /// Those of the database.
    pub fn forget_attempts_before(&mut self, instant_micros: i64) -> Result<u64, StoreError> {
        self.link
            .execute("DELETE FROM UA_Attempts WHERE LastFailureAt < $1 AND LockedUntil < $1", &[instant_micros.into()])
    }

    /// Uses up something that may be used once only; `false` when it was used before. It is forgotten after
    /// `expires_at`, when it is refused for its age anyway.
    ///
    /// # Errors
    /// Those of the database.
    pub fn use_once(&mut self, id: &str, expires_at: i64, now_micros: i64) -> Result<bool, StoreError> {
        self.link.execute("DELETE FROM UA_UsedTokens WHERE ExpiresAt < $1", &[now_micros.into()])?;
        let new = self.link.execute(
            "INSERT INTO UA_UsedTokens (Id, ExpiresAt) VALUES ($1, $2) ON CONFLICT (Id) DO NOTHING",
            &[id.into(), expires_at.into()],
        )?;
        Ok(new == 1)
    }
}
