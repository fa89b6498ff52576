//! The whole API, natively: `App` on `SQLite`, a clock in hand, every answer held against the
//! OpenAPI document. Promises a row for each attack of the table that applies so far.
//! Leaves the real runtime to `tests/edge`.

mod accounts;
mod admin;
mod api_keys;
mod attacks_authorization;
mod attacks_http;
mod attacks_input;
mod attacks_passwords;
mod attacks_second_factor;
mod attacks_secrets;
mod attacks_sessions;
mod attacks_tokens;
mod audit;
mod breached_passwords;
mod builds;
mod builds_access;
mod builds_lists;
mod builds_search;
mod composition_versions;
mod compositions;
mod dashboard;
mod guessing;
mod housekeeping;
mod idempotency;
mod idempotency_half_way;
mod identity;
mod limits;
mod openapi;
mod personal_data;
mod second_factor;
mod sessions;
mod shared_page;
mod shared_with_teams;
mod signing_keys;
mod support;
mod team_accounts;
mod team_invitations;
mod team_members;
mod team_permissions;
mod teams;
mod webhook_delivery;
mod webhooks;
mod webhooks_log;
mod webhooks_secrets;
