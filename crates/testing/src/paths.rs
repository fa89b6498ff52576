//! Paths of calls that many tests make, and spans of time.

pub const ME: &str = "/api/v1/users/me";
pub const LOGIN: &str = "/api/v1/auth/login";
pub const LOGOUT: &str = "/api/v1/auth/logout";
pub const REGISTER: &str = "/api/v1/auth/register";
pub const SESSIONS: &str = "/api/v1/auth/sessions";
pub const CHANGE_PASSWORD: &str = "/api/v1/auth/password";
pub const REFRESH: &str = "/api/v1/auth/refresh";
pub const VERIFY: &str = "/api/v1/auth/email/verify";
pub const RESET: &str = "/api/v1/auth/password-reset";
pub const REMOVAL: &str = "/api/v1/auth/two-factor/removal";
pub const RECOVERY_CODES: &str = "/api/v1/auth/two-factor/recovery-codes";
pub const API_KEYS: &str = "/api/v1/auth/api-keys";
pub const DECODE: &str = "/api/v1/chat-codes/decode";
pub const ENCODE: &str = "/api/v1/chat-codes/encode";
pub const DASHBOARD: &str = "/api/v1/users/me/dashboard";
pub const AUDIT_LOG: &str = "/api/v1/admin/audit-log";
pub const ROLES: &str = "/api/v1/game/roles";
pub const JWKS: &str = "/.well-known/jwks.json";

pub const MINUTE_MS: i64 = 60_000;
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
pub const DAY_MS: i64 = 24 * HOUR_MS;
