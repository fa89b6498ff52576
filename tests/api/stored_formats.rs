//! What is stored reads as it was written: the words of today, beside the variants that they stand for.
//! docs/ARCHITECTURE.md has the table of all stored formats, and which test keeps each.

use testing::prelude::*;
use wvw_builder::accounts::links::Purpose;
use wvw_builder::auth::audit::Action;
use wvw_builder::auth::model::{AccountRole, Scope};
use wvw_builder::builds::model::Visibility;
use wvw_builder::http::pagination::cursor_after;
use wvw_builder::membership::model::TeamRole;
use wvw_builder::seal;
use wvw_builder::squads::compositions::store::VersionCause;

#[test]
fn words_of_columns_and_tokens() {
    assert_eq!(AccountRole::WORDS, ["user", "administrator"]);
    assert_eq!(TeamRole::WORDS, ["member", "officer", "leader"]);
    assert_eq!(Visibility::WORDS, ["private", "team", "unlisted", "public"]);
    assert_eq!(VersionCause::WORDS, ["created", "changed", "restored"]);
    let purposes = Purpose::WORDS.join(" ");
    assert_eq!(purposes, "verify register reset undo remove_factor");
    let scopes = "account:read account:write builds:read builds:write teams:read teams:write \
        compositions:read compositions:write webhooks:read webhooks:write admin:read admin:write";
    assert_eq!(Scope::WORDS.join(" "), scopes);
    for (word, variant) in [
        ("administrator", AccountRole::Administrator.as_str()),
        ("leader", TeamRole::Leader.as_str()),
        ("team", Visibility::Team.as_str()),
        ("restored", VersionCause::Restored.as_str()),
        ("remove_factor", Purpose::RemoveFactor.as_str()),
        ("webhooks:read", Scope::WebhooksRead.as_str()),
    ] {
        assert_eq!(variant, word);
    }
}

#[test]
fn words_of_the_audit_log_and_of_cursors() {
    let known = "account.registered account.changed account.registration_pending email.verified \
        email.lost email.restored account.deleted account.exported account.disabled \
        account.enabled account.role_changed password.changed account.everything_ended \
        password.reset password.disabled password.enabled session.created \
        session.reauthenticated session.ended session.others_ended \
        session.refresh_token_reused two_factor.enabled two_factor.disabled \
        two_factor.removal_begun two_factor.removal_stopped two_factor.recovery_code_used \
        two_factor.recovery_codes_made api_key.created api_key.revoked webhook.created \
        webhook.changed webhook.deleted webhook.secret_rotated team.created team.changed \
        team.scores_changed team.roster_imported team.player_removed team.invitation_created \
        team.invitation_withdrawn team.member_joined team.member_removed team.member_banned \
        team.ban_lifted team.member_left team.role_changed team.handed_over \
        team.leader_succeeded team.deleted composition.deleted share_link.created \
        share_link.withdrawn signing_key.created signing_key.revoked";
    assert_eq!(cursor_after("build_1"), "MS5idWlsZF8x");
    for word in known.split_whitespace() {
        let action = Action::parse(word).unwrap_or_else(|| panic!("{word}"));
        assert_eq!(action.as_str(), word);
    }
    assert_eq!(Action::RoleChanged.as_str(), "account.role_changed");
    assert_eq!(Action::TeamRoleChanged.as_str(), "team.role_changed");
}

#[test]
fn an_entry_of_tags_in_kv_is_read() {
    let app = TestApp::new();
    // A MAC, the time, and `[{"tag":"zerg","builds":2,"compositions":1}]`.
    let text = "mGKavFd+enSIwbKYVIRf8GkFtXdhuwbvKycx2IuyFYg= 1795305600000 \
                W3sidGFnIjoiemVyZyIsImJ1aWxkcyI6MiwiY29tcG9zaXRpb25zIjoxfV0=";
    let platform = app.test.platform(7);
    block_on(platform.cache.put("tags/v2", text, 60)).expect("kept");
    let answer = app.get("/api/v1/tags").send().expect(200);
    let expected = json!([{ "tag": "zerg", "builds": 2, "compositions": 1 }]);
    assert_eq!(answer.json()["data"], expected);
}

#[test]
fn sealed_headers_of_an_endpoint_are_read() {
    let (app, player) = TestApp::with_player("headers");
    let endpoint = app.endpoint(&player, "https://headers.guild.gg/");
    let master = Config::load(config_value).expect("good").master_keys;
    let label = format!("webhook-headers:{}", endpoint.id);
    let plain = br#"[["x-team","red"],["x-map","ebg"]]"#;
    let sealed = seal::seal(&master, &label, plain, &app.test.platform(77)).expect("sealed");
    let hex = kit::hex::encode(&sealed);
    app.execute(format!(
        "UPDATE webhooks SET sealed_headers = x'{hex}' WHERE id = '{}'",
        endpoint.id
    ));
    let path = format!("/api/v1/webhooks/{}", endpoint.id);
    let answer = app.get_as(&player, &path).expect(200);
    let expected = json!({ "x-team": "red", "x-map": "ebg" });
    assert_eq!(answer.json()["headers"], expected);
}
