//! Access tokens: JWTs (RFC 9068) signed with `EdDSA` (RFC 8037), checked as RFC 8725 asks.
//! Promises that a token passes only if it is word for word of the kind we issue: its header has
//! `alg`, `typ` and `kid` and nothing else. Leaves who may do what to the routes and features.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::Signature;
use jwt_compact::alg::Ed25519;
use jwt_compact::{Algorithm as _, AlgorithmExt, Claims, Header};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::http::request::Credential;
use crate::ids::{self, ApiKeyId, SessionId, UserId};
use crate::platform::{DatabaseError, Platform};
use crate::telemetry;

use super::api_keys;
use super::api_keys::key::Key;
use super::keys::{ActiveKey, KeyError, KeyRing};
use super::model::{Caller, Role, Scopes, Via};
use super::permissions;
use super::sessions;

/// `typ` of an access token (RFC 9068, section 2.1).
const TYPE: &str = "at+jwt";
/// `client_id` of tokens that come from a login with a password.
const CLIENT_ID: &str = "wvw-builder";
/// Longest value of `Authorization` that is looked at.
const MAX_LENGTH: usize = 4096;
/// Clocks may differ by this much, in seconds.
const LEEWAY: i64 = 30;
/// Tokens that an isolate remembers.
const MAX_REMEMBERED: usize = 2_048;
/// A remembered token's session is looked at again after this long.
pub const SESSION_RECHECK_MS: i64 = 10_000;

/// Everything in a token's payload. Anything else, or anything missing, is not our token.
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

/// What an access token is issued for.
pub struct Grant<'a> {
    /// The account.
    pub user_id: &'a UserId,
    /// The login.
    pub session_id: &'a SessionId,
    /// What the account is.
    pub role: Role,
    /// How its owner was authenticated (RFC 8176), separated by blanks.
    pub amr: &'a str,
    /// Milliseconds since 1970: when.
    pub authenticated_at: i64,
}

/// Signs an access token.
pub fn issue(
    config: &Config,
    platform: &Platform,
    key: &ActiveKey,
    grant: &Grant<'_>,
) -> Result<String, jwt_compact::CreationError> {
    let now = platform.clock.now_ms() / 1000;
    let payload = Payload {
        iss: config.issuer.clone(),
        aud: config.audience.clone(),
        sub: grant.user_id.to_string(),
        iat: now,
        nbf: now,
        exp: now + config.access_token_seconds,
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
    /// The token is not valid. Why is for the log alone.
    #[error("{0}")]
    Invalid(&'static str),
    /// It could not be checked.
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
    /// Of the signing key; an API key has none.
    kid: Option<Rc<str>>,
    not_after: i64,
    session_checked_ms: i64,
}

/// Checks tokens and remembers those that passed, by the SHA-256 of their header.
#[derive(Default)]
pub struct Verifier(RefCell<HashMap<[u8; 32], Remembered>>);

impl Verifier {
    /// The caller that the token of an `Authorization` header stands for.
    pub async fn verify(
        &self,
        credential: &Credential,
        config: &Config,
        keys: &KeyRing,
        platform: &Platform,
    ) -> Result<Caller, TokenError> {
        // Before its bytes are hashed or looked at.
        if credential.text().len() > MAX_LENGTH {
            return Err(TokenError::Invalid("longer than 4096 bytes"));
        }
        let digest = credential.digest();
        let now_ms = platform.clock.now_ms();
        let (mut caller, not_after, kid) = match self.recall(digest, now_ms) {
            Some((checked, true)) => return Ok(checked.0),
            _ if is_api_key(credential.text()) => {
                return self.verify_api_key(credential, platform, now_ms).await;
            }
            Some((checked, false)) => {
                let is_known = match &checked.2 {
                    Some(kid) => keys.find(kid, platform).await?.is_some(),
                    None => true,
                };
                if !is_known {
                    return Err(TokenError::Invalid("its key was revoked"));
                }
                checked
            }
            None => check_token(credential.text(), config, keys, platform).await?,
        };
        let role = standing(&caller, platform, now_ms).await?;
        let Some(role) = role else {
            self.0.borrow_mut().remove(digest);
            return Err(TokenError::Invalid("the session has ended"));
        };
        caller.role = role;
        self.remember(
            digest,
            Remembered {
                caller: caller.clone(),
                kid,
                not_after,
                session_checked_ms: now_ms,
            },
        );
        Ok(caller)
    }

    /// The caller that an API key stands for. One statement says all there is to know of it, so a
    /// key that is remembered is looked up as a whole again, as often as a session.
    async fn verify_api_key(
        &self,
        credential: &Credential,
        platform: &Platform,
        now_ms: i64,
    ) -> Result<Caller, TokenError> {
        let key = bearer(credential.text()).and_then(Key::parse);
        let key = key.ok_or(TokenError::Invalid("not an API key"))?;
        let found = api_keys::store::standing(platform, &key, now_ms).await?;
        let Some(found) = found else {
            self.0.borrow_mut().remove(credential.digest());
            return Err(TokenError::Invalid("the API key has ended"));
        };
        if found.is_use_due {
            let note = api_keys::store::note_use(&found.id, now_ms);
            // For its owner to know; the next use will note it if this one cannot.
            if let Err(error) = platform.database.batch(vec![note]).await {
                telemetry::warn(platform, "api_key_use_not_noted", error);
            }
        }
        let caller = Caller {
            user_id: found.user_id,
            role: found.role,
            via: Via::ApiKey(found.id),
            scopes: found.scopes,
        };
        self.remember(
            credential.digest(),
            Remembered {
                caller: caller.clone(),
                kid: None,
                not_after: found.expires_at.div_euclid(1000),
                session_checked_ms: now_ms,
            },
        );
        Ok(caller)
    }

    fn remember(&self, digest: &[u8; 32], entry: Remembered) {
        let mut known = self.0.borrow_mut();
        if known.len() >= MAX_REMEMBERED {
            let now_ms = entry.session_checked_ms;
            known.retain(|_, entry| entry.not_after * 1000 > now_ms);
            if known.len() >= MAX_REMEMBERED {
                known.clear();
            }
        }
        known.insert(*digest, entry);
    }

    /// Whom a credential stands for that has passed here before and has not expired. Whether it
    /// still passes is not asked.
    pub fn remembered(&self, credential: &Credential, now_ms: i64) -> Option<Caller> {
        if credential.text().len() > MAX_LENGTH {
            return None;
        }
        let ((caller, ..), _) = self.recall(credential.digest(), now_ms)?;
        Some(caller)
    }

    /// Forgets every token of a session at once, in this isolate.
    pub fn forget_session(&self, session: &SessionId) {
        let mut known = self.0.borrow_mut();
        known.retain(|_, entry| entry.caller.session_id() != Some(session));
    }

    /// Forgets an API key at once, in this isolate.
    pub fn forget_api_key(&self, key: &ApiKeyId) {
        let mut known = self.0.borrow_mut();
        known.retain(|_, entry| !matches!(&entry.caller.via, Via::ApiKey(id) if id == key));
    }

    /// Forgets every token of this account but those of the caller's own login, in this isolate.
    pub fn forget_others(&self, caller: &Caller) {
        let mut known = self.0.borrow_mut();
        known.retain(|_, entry| {
            entry.caller.user_id != caller.user_id || entry.caller.via == caller.via
        });
    }

    /// Forgets every credential of an account, in this isolate.
    pub fn forget_user(&self, user: &UserId) {
        let mut known = self.0.borrow_mut();
        known.retain(|_, entry| entry.caller.user_id != *user);
    }

    /// Forgets every token, in this isolate: each is checked anew when it comes again.
    pub fn forget_all(&self) {
        self.0.borrow_mut().clear();
    }

    /// A token seen before and not ended since, and whether its session was looked at just now.
    fn recall(&self, digest: &[u8; 32], now_ms: i64) -> Option<(Checked, bool)> {
        let known = self.0.borrow();
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

/// What the caller's account is now; `None` when the credential stands for it no longer.
async fn standing(
    caller: &Caller,
    platform: &Platform,
    now_ms: i64,
) -> Result<Option<Role>, DatabaseError> {
    match &caller.via {
        Via::Session(session) => {
            let user = &caller.user_id;
            let found = sessions::store::standing(platform, session, user, now_ms).await?;
            Ok(found.filter(|found| found.is_live).map(|found| found.role))
        }
        // Looked up as a whole before it comes to this.
        Via::ApiKey(_) => Ok(None),
    }
}

/// The caller, the second after which the credential no longer passes, and the id of its signing key.
type Checked = (Caller, i64, Option<Rc<str>>);

/// Checks everything but the session.
async fn check_token(
    authorization: &str,
    config: &Config,
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
    // Read before the signature is known to be good, so that the crate below never sees a time
    // that it cannot bear; believed only after.
    let payload: Payload = read_part(payload).ok_or(TokenError::Invalid("payload"))?;
    check_times(&payload, platform.clock.now_ms().div_euclid(1000))?;

    let key = keys.find(&header.kid, platform).await?;
    let key = key.ok_or(TokenError::Invalid("unknown kid"))?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok();
    let signature = signature.and_then(|bytes| Signature::from_slice(&bytes).ok());
    // Of the JWT crate only the algorithm: header and payload were read above, more strictly.
    let is_good =
        signature.is_some_and(|it| Ed25519.verify_signature(&it, &key.key, signed.as_bytes()));
    if !is_good {
        return Err(TokenError::Invalid("signature"));
    }

    if payload.iss != config.issuer {
        return Err(TokenError::Invalid("iss"));
    }
    if payload.aud != config.audience {
        return Err(TokenError::Invalid("aud"));
    }
    let user_id = UserId::parse(&payload.sub).ok_or(TokenError::Invalid("sub"))?;
    let session_id = SessionId::parse(&payload.sid).ok_or(TokenError::Invalid("sid"))?;
    let caller = Caller {
        user_id,
        // Until the session was looked at.
        role: Role::User,
        via: Via::Session(session_id),
        scopes: Scopes::parse(&payload.scope),
    };
    Ok((caller, payload.exp + LEEWAY, Some(header.kid.into())))
}

/// Reads a part as an object: serde would take an array of the members too.
fn read_part<T: serde::de::DeserializeOwned>(part: &str) -> Option<T> {
    let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
    bytes.starts_with(b"{").then_some(())?;
    serde_json::from_slice(&bytes).ok()
}

fn check_times(payload: &Payload, now: i64) -> Result<(), TokenError> {
    // The year 9999: past it, sums below could run over.
    let sane = 0..253_402_300_800;
    let times = [payload.iat, payload.nbf, payload.exp, payload.auth_time];
    if !times.iter().all(|time| sane.contains(time)) {
        return Err(TokenError::Invalid("a time out of range"));
    }
    if payload.exp + LEEWAY <= now {
        return Err(TokenError::Invalid("expired"));
    }
    if payload.nbf > now + LEEWAY || payload.iat > now + LEEWAY {
        return Err(TokenError::Invalid("not yet valid"));
    }
    Ok(())
}

/// Whether an `Authorization` header means to show an API key.
fn is_api_key(header: &str) -> bool {
    bearer(header).is_some_and(|token| token.starts_with(api_keys::key::PREFIX))
}

/// The token of an `Authorization` header (RFC 6750, section 2.1).
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    let is_token = |token: &str| {
        !token.is_empty()
            && token
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b))
    };
    (scheme.eq_ignore_ascii_case("bearer") && is_token(token)).then_some(token)
}
