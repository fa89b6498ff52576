//! Access tokens: JWTs (RFC 9068) signed with `EdDSA` (RFC 8037), checked as RFC 8725 asks.
//! A token is accepted only in the exact form that is issued: its header has `alg`, `typ` and `kid` and
//! nothing else. `permissions` decides what the caller may do.

use std::cell::RefCell;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::Signature;
use jwt_compact::alg::Ed25519;
use jwt_compact::{Algorithm as _, AlgorithmExt, Claims, Header};
use serde::{Deserialize, Serialize};

use http::json;
use http::request::Credential;
use kit::bounded::BoundedMap;
use kit::ids::{self, ApiKeyId, SessionId, UserId};
use kit::secret::Secret;
use limits::guard::Principal;
use platform::{DatabaseError, Platform};

use super::api_key::{self, Key};
use super::keys::{ActiveKey, KeyError, KeyRing};
use super::model::{AccountRole, Caller, Scopes, Via};
use super::permissions;
use super::store;

/// `typ` of an access token (RFC 9068, section 2.1).
const TYPE: &str = "at+jwt";
/// `client_id` of tokens from a password login.
const CLIENT_ID: &str = "wvw-builder";
/// Longest `Authorization` value that is parsed.
const MAX_LENGTH: usize = 4096;
/// Allowed clock skew, in seconds.
const LEEWAY: i64 = 30;
/// Size of an isolate's token cache.
const MAX_REMEMBERED: usize = 2_048;
/// The session of a cached token is checked again after this time.
pub const SESSION_RECHECK_MS: i64 = 10_000;

/// The complete payload of a token. A token with other or missing members is refused.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    iss: String,
    aud: String,
    sub: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
    sid: String,
    client_id: String,
    scope: String,
    amr: Vec<String>,
    auth_time: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StrictHeader {
    alg: String,
    typ: String,
    kid: String,
}

/// What credentials are issued and checked with.
#[derive(Clone, Copy)]
pub struct TokenSettings<'a> {
    /// `iss` of access tokens.
    pub issuer: &'a str,
    /// `aud` of access tokens.
    pub audience: &'a str,
    /// Life of an access token.
    pub lifetime_seconds: i64,
    /// The key of the MACs in API keys.
    pub pepper: &'a Secret,
}

/// The subject of an access token to be issued.
pub struct Grant<'a> {
    /// The account.
    pub user_id: &'a UserId,
    /// The session.
    pub session_id: &'a SessionId,
    /// The role of the account.
    pub role: AccountRole,
    /// Authentication methods (RFC 8176), separated by spaces.
    pub amr: &'a str,
    /// Milliseconds since 1970: the time of authentication.
    pub authenticated_at: i64,
}

/// Signs an access token.
pub fn issue(
    settings: TokenSettings<'_>,
    platform: &Platform,
    key: &ActiveKey,
    grant: &Grant<'_>,
) -> Result<String, jwt_compact::CreationError> {
    let now = platform.clock.now_ms() / 1000;
    let payload = Payload {
        iss: settings.issuer.to_owned(),
        aud: settings.audience.to_owned(),
        sub: grant.user_id.to_string(),
        iat: now,
        nbf: now,
        exp: now + settings.lifetime_seconds,
        jti: ids::fresh("token", platform),
        sid: grant.session_id.to_string(),
        client_id: CLIENT_ID.to_owned(),
        scope: permissions::scopes_of(grant.role).to_string(),
        amr: grant.amr.split(' ').map(str::to_owned).collect(),
        auth_time: grant.authenticated_at.div_euclid(1000),
    };
    let header = Header::empty()
        .with_token_type(TYPE)
        .with_key_id(key.kid.as_str());
    Ed25519.token(&header, &Claims::new(payload), &key.key)
}

/// Why a request has no caller.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The token is not valid. The reason is only logged.
    #[error("{0}")]
    Invalid(&'static str),
    /// The token could not be checked.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl From<DatabaseError> for TokenError {
    fn from(error: DatabaseError) -> Self {
        Self::Key(error.into())
    }
}

struct Remembered {
    caller: Caller,
    /// The id of the signing key; `None` for an API key.
    kid: Option<Rc<str>>,
    not_after: i64,
    session_checked_ms: i64,
}

/// A credential before the database is queried.
pub enum ShownCredential {
    /// Cached, and checked recently.
    Known(Caller),
    /// Issued by this service; the database has to say whether it is still valid.
    Genuine(Genuine),
}

/// A credential issued by this service.
pub enum Genuine {
    /// An access token, its signature checked.
    Token(Checked),
    /// An API key, and the caller it had when it was cached.
    Key(Key, Option<Caller>),
}

impl ShownCredential {
    /// The principal to charge. `None` for an API key that is not cached: its account is not known yet.
    pub fn principal(&self) -> Option<Principal<'_>> {
        match self {
            Self::Known(caller)
            | Self::Genuine(Genuine::Token((caller, ..)) | Genuine::Key(_, Some(caller))) => {
                Some(caller.into())
            }
            Self::Genuine(Genuine::Key(_, None)) => None,
        }
    }
}

/// Checks credentials and caches valid ones by the SHA-256 of their header.
#[derive(Default)]
pub struct Verifier {
    passed: RefCell<BoundedMap<[u8; 32], Remembered, MAX_REMEMBERED>>,
    /// Credentials that have ended, and when that was found: each costs one query in
    /// [`SESSION_RECHECK_MS`].
    ended: RefCell<BoundedMap<[u8; 32], i64, MAX_REMEMBERED>>,
}

impl Verifier {
    /// Classifies the credential of an `Authorization` header without its standing. Queries the
    /// database for signing keys at most.
    pub async fn look(
        &self,
        credential: &Credential,
        settings: TokenSettings<'_>,
        keys: &KeyRing,
        platform: &Platform,
    ) -> Result<ShownCredential, TokenError> {
        // Before it is hashed or parsed.
        if credential.text().len() > MAX_LENGTH {
            return Err(TokenError::Invalid("longer than 4096 bytes"));
        }
        let digest = credential.digest();
        let now_ms = platform.clock.now_ms();
        let known = self.recall(digest, now_ms);
        if let Some((checked, true)) = known {
            return Ok(ShownCredential::Known(checked.0));
        }
        if self.has_ended(digest, now_ms) {
            return Err(TokenError::Invalid("it had ended just now"));
        }
        if is_api_key(credential.text()) {
            let text = bearer(credential.text());
            let key = text.and_then(|text| Key::parse(text, settings.pepper));
            let key = key.ok_or(TokenError::Invalid("not an API key of ours"))?;
            let caller = known.map(|(checked, _)| checked.0);
            return Ok(ShownCredential::Genuine(Genuine::Key(key, caller)));
        }
        let Some((checked, _)) = known else {
            let checked = check_token(credential.text(), settings, keys, platform).await?;
            return Ok(ShownCredential::Genuine(Genuine::Token(checked)));
        };
        let is_known = match &checked.2 {
            Some(kid) => keys.find(kid, platform).await?.is_some(),
            None => true,
        };
        if !is_known {
            return Err(TokenError::Invalid("its key was revoked"));
        }
        Ok(ShownCredential::Genuine(Genuine::Token(checked)))
    }

    /// The current caller of a credential.
    pub async fn prove(
        &self,
        shown: ShownCredential,
        credential: &Credential,
        platform: &Platform,
    ) -> Result<Caller, TokenError> {
        let digest = credential.digest();
        let now_ms = platform.clock.now_ms();
        let proven = match shown {
            ShownCredential::Known(caller) => return Ok(caller),
            ShownCredential::Genuine(Genuine::Token((mut caller, not_after, kid))) => {
                let role = standing(&caller, platform, now_ms).await?;
                role.map(|role| {
                    caller.role = role;
                    (caller, not_after, kid)
                })
            }
            ShownCredential::Genuine(Genuine::Key(key, _)) => {
                let found = store::api_key(platform, &key, now_ms).await?;
                if let Some(found) = &found {
                    note_use(found, platform, now_ms).await;
                }
                found.map(|found| {
                    let caller = Caller {
                        user_id: found.user_id,
                        role: found.role,
                        via: Via::ApiKey(found.id),
                        scopes: found.scopes,
                        auth_time: None,
                    };
                    (caller, found.expires_at.div_euclid(1000), None)
                })
            }
        };
        let Some((caller, not_after, kid)) = proven else {
            self.passed.borrow_mut().remove(digest);
            self.ended.borrow_mut().insert(*digest, now_ms);
            return Err(TokenError::Invalid("the session or the key has ended"));
        };
        let entry = Remembered {
            caller: caller.clone(),
            kid,
            not_after,
            session_checked_ms: now_ms,
        };
        self.passed.borrow_mut().insert(*digest, entry);
        Ok(caller)
    }

    /// The current caller of a credential, when nothing is charged in between.
    pub async fn verify(
        &self,
        credential: &Credential,
        settings: TokenSettings<'_>,
        keys: &KeyRing,
        platform: &Platform,
    ) -> Result<Caller, TokenError> {
        let shown = self.look(credential, settings, keys, platform).await?;
        self.prove(shown, credential, platform).await
    }

    fn has_ended(&self, digest: &[u8; 32], now_ms: i64) -> bool {
        let ended = self.ended.borrow();
        let age_ms = ended.get(digest).map(|found_ms| now_ms - found_ms);
        age_ms.is_some_and(|age_ms| (0..SESSION_RECHECK_MS).contains(&age_ms))
    }

    /// Drops every token of a session from this isolate's cache.
    pub fn forget_session(&self, session: &SessionId) {
        let mut known = self.passed.borrow_mut();
        known.retain(|entry| entry.caller.session_id() != Some(session));
    }

    /// Drops an API key from this isolate's cache.
    pub fn forget_api_key(&self, key: &ApiKeyId) {
        let mut known = self.passed.borrow_mut();
        known.retain(|entry| !matches!(&entry.caller.via, Via::ApiKey(id) if id == key));
    }

    /// Drops every token of this account except those of the caller's session from this isolate's cache.
    pub fn forget_others(&self, caller: &Caller) {
        let mut known = self.passed.borrow_mut();
        known.retain(|entry| {
            entry.caller.user_id != caller.user_id || entry.caller.via == caller.via
        });
    }

    /// Drops every credential of an account from this isolate's cache, and from the ended ones: the
    /// account may have been enabled again.
    pub fn forget_user(&self, user: &UserId) {
        self.ended.borrow_mut().clear();
        let mut known = self.passed.borrow_mut();
        known.retain(|entry| entry.caller.user_id != *user);
    }

    /// Drops every token from this isolate's cache.
    pub fn forget_all(&self) {
        self.passed.borrow_mut().clear();
    }

    /// A cached token that has not ended, and whether its session was checked recently.
    fn recall(&self, digest: &[u8; 32], now_ms: i64) -> Option<(Checked, bool)> {
        let known = self.passed.borrow();
        let entry = known.get(digest)?;
        if entry.not_after * 1000 <= now_ms {
            return None;
        }
        let age = now_ms - entry.session_checked_ms;
        let is_fresh = (0..SESSION_RECHECK_MS).contains(&age);
        let checked = (entry.caller.clone(), entry.not_after, entry.kid.clone());
        Some((checked, is_fresh))
    }
}

/// Informs the key's owner; on failure the next use is noted instead.
async fn note_use(found: &store::ResolvedApiKey, platform: &Platform, now_ms: i64) {
    if !found.is_use_due {
        return;
    }
    let note = store::note_use(&found.id, now_ms);
    if let Err(error) = platform.database.batch(vec![note]).await {
        platform.warn("api_key_use_not_noted", error);
    }
}

/// The caller's account now; `None` when the credential has ended.
async fn standing(
    caller: &Caller,
    platform: &Platform,
    now_ms: i64,
) -> Result<Option<AccountRole>, DatabaseError> {
    match &caller.via {
        Via::Session(session) => {
            let user = &caller.user_id;
            let found = store::session(platform, session, user, now_ms).await?;
            Ok(found.filter(|found| found.is_live).map(|found| found.role))
        }
        // API keys are resolved before this.
        Via::ApiKey(_) => Ok(None),
    }
}

/// The caller, the second after which the credential no longer passes, and the id of its signing key.
pub type Checked = (Caller, i64, Option<Rc<str>>);

/// Checks everything but the session.
async fn check_token(
    authorization: &str,
    settings: TokenSettings<'_>,
    keys: &KeyRing,
    platform: &Platform,
) -> Result<Checked, TokenError> {
    let token = bearer(authorization).ok_or(TokenError::Invalid("not a bearer token"))?;
    let mut parts = token.split('.');
    let (Some(header), Some(payload), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(TokenError::Invalid("not three parts"));
    };
    let signed = &token[..token.len() - signature.len() - 1];
    let header: StrictHeader = read_part(header).ok_or(TokenError::Invalid("header"))?;
    if header.alg != "EdDSA" || header.typ != TYPE {
        return Err(TokenError::Invalid("alg or typ"));
    }
    // Read before the signature is checked, so that the JWT crate never sees a time out of range;
    // trusted only after the check.
    let payload: Payload = read_part(payload).ok_or(TokenError::Invalid("payload"))?;
    check_times(&payload, platform.clock.now_ms().div_euclid(1000))?;

    let key = keys.find(&header.kid, platform).await?;
    let key = key.ok_or(TokenError::Invalid("unknown kid"))?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok();
    let signature = signature.and_then(|bytes| Signature::from_slice(&bytes).ok());
    // The JWT crate only verifies the signature: header and payload were parsed above, more strictly.
    let is_good =
        signature.is_some_and(|it| Ed25519.verify_signature(&it, &key.key, signed.as_bytes()));
    if !is_good {
        return Err(TokenError::Invalid("signature"));
    }

    if payload.iss != settings.issuer {
        return Err(TokenError::Invalid("iss"));
    }
    if payload.aud != settings.audience {
        return Err(TokenError::Invalid("aud"));
    }
    let user_id = UserId::parse(&payload.sub).ok_or(TokenError::Invalid("sub"))?;
    let session_id = SessionId::parse(&payload.sid).ok_or(TokenError::Invalid("sid"))?;
    let caller = Caller {
        user_id,
        // Until the session has been read.
        role: AccountRole::User,
        via: Via::Session(session_id),
        scopes: Scopes::parse(&payload.scope),
        auth_time: Some(payload.auth_time),
    };
    Ok((caller, payload.exp + LEEWAY, Some(header.kid.into())))
}

/// Parses a part as an object: serde would accept an array of the members too.
fn read_part<T: serde::de::DeserializeOwned>(part: &str) -> Option<T> {
    let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
    bytes.starts_with(b"{").then_some(())?;
    json::read(&bytes)
}

fn check_times(payload: &Payload, now: i64) -> Result<(), TokenError> {
    // Until the year 9999: later times could overflow the sums below.
    let sane = 0..253_402_300_800;
    let times = [payload.iat, payload.nbf, payload.exp, payload.auth_time];
    if !times.iter().all(|time| sane.contains(time)) {
        return Err(TokenError::Invalid("a time out of range"));
    }
    if payload.exp + LEEWAY <= now {
        return Err(TokenError::Invalid("expired"));
    }
    let begins = [payload.nbf, payload.iat, payload.auth_time];
    if begins.iter().any(|time| *time > now + LEEWAY) {
        return Err(TokenError::Invalid("not yet valid"));
    }
    Ok(())
}

/// Whether an `Authorization` header has the form of an API key.
fn is_api_key(header: &str) -> bool {
    bearer(header).is_some_and(|token| token.starts_with(api_key::PREFIX))
}

/// The token of an `Authorization` header (RFC 6750, section 2.1). One space or more stand before it
/// (RFC 9110, section 11.4).
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim_start_matches(' ');
    let is_token = |token: &str| {
        !token.is_empty()
            && token
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b))
    };
    (scheme.eq_ignore_ascii_case("bearer") && is_token(token)).then_some(token)
}
