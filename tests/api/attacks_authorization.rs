//! The table of attacks, rows "Authorization": every route with every kind of caller, and what a body or a
//! filter may not say. The table here is written by hand: a row of `ROUTES` that opens up fails it.
//! `api_keys` has each scope on its own, `attacks_spellings` other spellings.

use testing::contract::{documented, resolved};
use testing::prelude::*;
use wvw_builder::auth::model::Scope;
use wvw_builder::auth::permissions::scopes_for_api_keys;

/// Who calls, in the order of the columns of [`TABLE`].
const CALLERS: [&str; 7] = [
    "nobody",
    "a stranger",
    "a stranger's key",
    "the owner",
    "the owner's key",
    "an administrator",
    "an administrator's key",
];

/// Every route, with an id of the owner's where it takes one (`{public}`: of a build that everyone
/// may read), and what each caller gets. Writes on
/// builds come with a body that is right, all others with an empty object: 422 has passed the guard.
/// What ends everything comes last: the keys of whoever calls it are gone with it.
const TABLE: &str = "
    GET    /api/v1/builds/{id}                  404 404 404 200 200 404 404
    GET    /api/v1/builds                       200 200 200 200 200 200 200
    POST   /api/v1/builds                       401 201 201 201 201 201 201
    PUT    /api/v1/builds/{id}                  401 404 404 200 200 404 404
    PATCH  /api/v1/builds/{id}                  401 404 404 200 200 404 404
    DELETE /api/v1/builds/{id}                  401 404 404 204 204 404 404
    GET    /api/v1/builds/{public}              200 200 200 200 200 200 200
    PUT    /api/v1/builds/{public}              401 403 403 200 200 403 403
    PATCH  /api/v1/builds/{public}              401 403 403 200 200 403 403
    DELETE /api/v1/builds/{public}              401 403 403 204 204 403 403
    POST   /api/v1/chat-codes/decode            422 422 422 422 422 422 422
    POST   /api/v1/squads/assign                422 422 422 422 422 422 422
    POST   /api/v1/chat-codes/encode            422 422 422 422 422 422 422
    POST   /api/v1/auth/register                422 422 422 422 422 422 422
    POST   /api/v1/auth/login                   422 422 422 422 422 422 422
    POST   /api/v1/auth/login/two-factor        422 422 422 422 422 422 422
    POST   /api/v1/auth/refresh                 422 422 422 422 422 422 422
    POST   /api/v1/auth/logout                  422 422 422 422 422 422 422
    GET    /api/v1/auth/sessions                401 200 403 200 403 200 403
    DELETE /api/v1/auth/sessions                401 204 403 204 403 204 403
    DELETE /api/v1/auth/sessions/{id}           401 404 403 204 403 404 403
    POST   /api/v1/auth/password                401 422 403 422 403 422 403
    POST   /api/v1/auth/reauthenticate          401 422 403 422 403 422 403
    POST   /api/v1/auth/two-factor              401 200 403 200 403 200 403
    DELETE /api/v1/auth/two-factor              401 422 403 422 403 422 403
    POST   /api/v1/auth/two-factor/confirm      401 422 403 422 403 422 403
    POST   /api/v1/auth/two-factor/recovery-codes 401 422 403 422 403 422 403
    POST   /api/v1/auth/two-factor/removal      422 422 422 422 422 422 422
    DELETE /api/v1/auth/two-factor/removal      401 409 403 409 403 409 403
    POST   /api/v1/auth/email/verification      401 202 403 202 403 202 403
    POST   /api/v1/auth/email/verify            422 422 422 422 422 422 422
    POST   /api/v1/auth/email/undo              422 422 422 422 422 422 422
    POST   /api/v1/auth/password-reset          422 422 422 422 422 422 422
    POST   /api/v1/auth/password-reset/confirm  422 422 422 422 422 422 422
    POST   /api/v1/auth/api-keys                401 422 403 422 403 422 403
    GET    /api/v1/auth/api-keys                401 200 403 200 403 200 403
    DELETE /api/v1/auth/api-keys/{id}           401 404 403 204 403 404 403
    POST   /api/v1/webhooks                     401 422 422 422 422 422 422
    GET    /api/v1/webhooks                     401 200 200 200 200 200 200
    GET    /api/v1/webhooks/{id}                401 404 404 200 200 404 404
    PATCH  /api/v1/webhooks/{id}                401 404 404 200 200 404 404
    DELETE /api/v1/webhooks/{id}                401 404 404 204 204 404 404
    POST   /api/v1/webhooks/{id}/rotate-secret  401 404 404 200 200 404 404
    POST   /api/v1/webhooks/{id}/test           401 404 404 200 200 404 404
    GET    /api/v1/webhooks/{id}/deliveries     401 404 404 200 200 404 404
    POST   /api/v1/webhooks/{id}/recover        401 404 404 422 422 404 404
    GET    /api/v1/webhooks/deliveries/{id}     401 404 404 200 200 404 404
    POST   /api/v1/webhooks/deliveries/{id}/retry 401 404 404 202 202 404 404
    POST   /api/v1/teams                        401 422 422 422 422 422 422
    GET    /api/v1/teams                        401 200 200 200 200 200 200
    GET    /api/v1/teams/{id}                   401 404 404 200 200 404 404
    PATCH  /api/v1/teams/{id}                   401 404 404 200 200 404 404
    DELETE /api/v1/teams/{id}                   401 404 403 204 403 404 403
    GET    /api/v1/teams/{id}/members           401 404 404 200 200 404 404
    PATCH  /api/v1/teams/{id}/members/{user_id} 401 404 403 200 403 404 403
    DELETE /api/v1/teams/{id}/members/{user_id} 401 404 404 200 200 404 404
    POST   /api/v1/teams/{id}/hand-over         401 404 403 422 403 404 403
    POST   /api/v1/teams/{id}/invitations       401 404 404 201 201 404 404
    GET    /api/v1/teams/{id}/invitations       401 404 404 200 200 404 404
    DELETE /api/v1/teams/{id}/invitations/{invitation_id} 401 404 404 204 204 404 404
    POST   /api/v1/invitations/accept           401 422 422 422 422 422 422
    GET    /api/v1/invitations/{code}           200 200 200 200 200 200 200
    GET    /api/v1/compositions                 200 200 200 200 200 200 200
    POST   /api/v1/compositions                 401 422 422 422 422 422 422
    GET    /api/v1/compositions/{id}            404 404 404 200 200 404 404
    PUT    /api/v1/compositions/{id}            401 404 404 428 428 404 404
    PATCH  /api/v1/compositions/{id}            401 404 404 428 428 404 404
    DELETE /api/v1/compositions/{id}            401 404 404 204 204 404 404
    GET    /api/v1/compositions/{id}/versions   401 404 404 200 200 404 404
    GET    /api/v1/compositions/{id}/versions/{version} 401 404 404 200 200 404 404
    POST   /api/v1/compositions/{id}/versions/{version}/restore 401 404 404 428 428 404 404
    POST   /api/v1/compositions/{id}/copy       401 404 404 201 201 404 404
    POST   /api/v1/compositions/{id}/share-links 401 404 404 201 201 404 404
    GET    /api/v1/compositions/{id}/share-links 401 404 404 200 200 404 404
    DELETE /api/v1/compositions/{id}/share-links/{link_id} 401 404 404 204 204 404 404
    GET    /api/v1/compositions/{id}/analysis   404 404 404 200 200 404 404
    GET    /api/v1/compositions/{id}/compare/{other} 404 404 404 200 200 404 404
    GET    /api/v1/teams/{id}/bans              401 404 404 200 200 404 404
    DELETE /api/v1/teams/{id}/bans/{user_id}    401 404 404 204 204 404 404
    GET    /api/v1/teams/{id}/webhooks          401 404 404 200 200 404 404
    DELETE /api/v1/teams/{id}/webhooks/{webhook_id} 401 404 404 204 204 404 404
    GET    /api/v1/teams/{id}/share-links       401 404 404 200 200 404 404
    DELETE /api/v1/teams/{id}/share-links/{link_id} 401 404 404 204 204 404 404
    GET    /api/v1/teams/{id}/scores            401 404 404 200 200 404 404
    PUT    /api/v1/teams/{id}/scores            401 404 404 422 422 404 404
    GET    /api/v1/teams/{id}/players           401 404 404 200 200 404 404
    POST   /api/v1/teams/{id}/players           401 404 404 422 422 404 404
    GET    /api/v1/teams/{id}/players/export    401 404 404 200 200 404 404
    POST   /api/v1/teams/{id}/players/import    401 404 404 422 422 404 404
    GET    /api/v1/teams/{id}/players/{player_id} 401 404 404 200 200 404 404
    PUT    /api/v1/teams/{id}/players/{player_id} 401 404 404 422 422 404 404
    PATCH  /api/v1/teams/{id}/players/{player_id} 401 404 404 200 200 404 404
    DELETE /api/v1/teams/{id}/players/{player_id} 401 404 404 204 204 404 404
    GET    /api/v1/users/me                     401 200 200 200 200 200 200
    PATCH  /api/v1/users/me                     401 200 403 200 403 200 403
    DELETE /api/v1/users/me                     401 422 403 422 403 422 403
    GET    /api/v1/users/me/export              401 200 403 200 403 200 403
    GET    /api/v1/users/me/dashboard           401 200 403 200 403 200 403
    GET    /.well-known/jwks.json               200 200 200 200 200 200 200
    GET    /reset                               200 200 200 200 200 200 200
    POST   /reset                               422 422 422 422 422 422 422
    GET    /verify                              200 200 200 200 200 200 200
    POST   /verify                              422 422 422 422 422 422 422
    GET    /undo                                200 200 200 200 200 200 200
    POST   /undo                                422 422 422 422 422 422 422
    GET    /remove-factor                       200 200 200 200 200 200 200
    POST   /remove-factor                       422 422 422 422 422 422 422
    GET    /.well-known/change-password         303 303 303 303 303 303 303
    GET    /.well-known/security.txt            200 200 200 200 200 200 200
    GET    /i/{code}                            200 200 200 200 200 200 200
    GET    /c/{slug}                            200 200 200 200 200 200 200
    GET    /c/{slug}/card.png                   200 200 200 200 200 200 200
    GET    /api/v1/admin/signing-keys           401 403 403 403 403 200 403
    POST   /api/v1/admin/signing-keys/rotate    401 403 403 403 403 201 403
    GET    /api/v1/admin/users/{id}             401 403 403 403 403 200 403
    PATCH  /api/v1/admin/users/{id}             401 403 403 403 403 200 403
    GET    /api/v1/admin/audit-log              401 403 403 403 403 200 403
    POST   /api/v1/auth/end-everything          401 200 401 200 401 200 401
";

/// What lies open for everyone and holds nothing of anyone.
const OPEN: [&str; 6] = [
    "/api/v1/game/",
    "/api/v1/tags",
    "/api/v1/webhooks/event-types",
    "/health/",
    "/openapi.json",
    "/docs",
];

/// A walk, whose holder owns what the paths name, and who calls.
pub struct Scene {
    pub walk: Walk,
    /// In the order of [`CALLERS`]; nobody has none.
    pub credentials: [Option<String>; 7],
}

pub fn scene() -> Scene {
    let walk = Walk::with(1);
    let (app, owner, boss) = (&walk.app, &walk.holder.player, &walk.boss);
    let stranger = app.player("stranger");
    let scopes: Vec<&str> = scopes_for_api_keys().iter().map(Scope::as_str).collect();
    let key = |player: &Player| Some(text(&app.api_key(player, &scopes)["key"]));
    let token = |player: &Player| Some(player.token.clone());
    let credentials = [
        None,
        token(&stranger),
        key(&stranger),
        token(owner),
        key(owner),
        token(boss),
        key(boss),
    ];
    // The newest key is the one that the walk revokes.
    app.wait_ms(1);
    app.api_key(owner, &scopes);
    Scene { walk, credentials }
}

impl Scene {
    /// A path of this route, with ids of what is there and the owner's.
    pub fn path(&self, route: &Route) -> String {
        let call = self.walk.call(route);
        let path = call.target().split('?').next();
        path.unwrap_or_default().to_owned()
    }

    /// All that the owner has, but for when it was last used.
    pub fn holdings(&self) -> String {
        let id = &self.walk.holder.player.id;
        let tables = format!(
            "id, document, version FROM builds WHERE owner_id = '{id}'
            id, document, version FROM compositions WHERE owner_id = '{id}'
            id, slug FROM share_links
            id, counter, amr, ended_at, expires_at FROM sessions WHERE user_id = '{id}'
            id, scopes, name, expires_at FROM api_keys WHERE user_id = '{id}'
            id, scores FROM teams
            id, url, version FROM webhooks WHERE user_id = '{id}'
            id, document, version FROM team_players
            id, expires_at FROM webhook_secrets
            id, name, tag, version FROM teams
            team_id, user_id, role FROM team_members
            id, uses, max_uses FROM team_invitations
            team_id, user_id FROM team_bans
            id, state, next_attempt_at FROM webhook_deliveries
            user_id, confirmed_at FROM two_factor WHERE user_id = '{id}'
            email, display_name, role, password_hash, disabled_at, version FROM users WHERE id = '{id}'"
        );
        let read =
            |columns: &str| format!("{:?}", self.walk.app.execute(format!("SELECT {columns}")));
        tables.lines().map(read).collect()
    }
}

#[test]
fn every_route_gives_every_caller_what_its_row_says() {
    let scene = scene();
    let app = &scene.walk.app;
    let mut rows = 0;
    for row in TABLE.trim().lines() {
        let mut parts = row.split_whitespace();
        let [method, route] = [(); 2].map(|()| parts.next().expect("a method and a path"));
        let statuses: Vec<u16> = parts.map(|part| part.parse().expect("a status")).collect();
        assert_eq!(statuses.len(), CALLERS.len(), "{row}");
        let body = match (method, route) {
            ("POST" | "PUT", path) if path.starts_with(BUILDS) => build_body(&json!({})),
            _ => json!({}),
        };
        let found = ROUTES
            .iter()
            .find(|it| it.method.as_str() == method && it.path == route.replace("public", "id"))
            .expect("a route");
        let takes_body = found.operation.request.is_some();
        let make_path = || {
            if !route.contains("{public}") {
                return scene.path(found);
            }
            let public = json!({ "visibility": "public" });
            build_path(&app.build(&scene.walk.holder.player, &public))
        };
        let mut path = make_path();
        for ((name, credential), status) in CALLERS.iter().zip(&scene.credentials).zip(statuses) {
            let kinds = ["builds", "teams", "compositions"].map(|it| format!("/api/v1/{it}/{{"));
            let is_used_up = kinds.iter().any(|path| route.starts_with(path));
            if is_used_up || route == "/api/v1/webhooks/{id}" {
                path = make_path();
            }
            let before = scene.holdings();
            let methods = if method == "GET" { "HEAD GET" } else { method };
            for method in methods.split(' ') {
                let call = app.call(method, &path);
                let call = credential
                    .iter()
                    .fold(call, |call, token| call.token(token));
                let call = if takes_body { call.json(&body) } else { call };
                let answer = call.send();
                assert_eq!(answer.status, status, "{name}: {method} {route}");
            }
            let is_owner = name.contains("owner");
            assert!(
                is_owner || scene.holdings() == before,
                "{name}: {method} {route} has changed what is the owner's"
            );
        }
        rows += usize::from(!route.contains("{public}"));
    }
    let guarded = ROUTES
        .iter()
        .filter(|it| !OPEN.iter().any(|open| it.path.starts_with(open)));
    assert_eq!(guarded.count(), rows, "each route has its row");
    for route in ROUTES {
        let row = format!("{:<6} {} ", route.method.as_str(), route.path);
        let is_open = OPEN.iter().any(|open| route.path.starts_with(open));
        assert!(is_open || TABLE.contains(&row), "{row}has no row");
        assert!(!is_open || route.access == Access::Public, "{row}");
    }
}

#[test]
fn no_body_says_who_someone_is_or_whose_a_thing_is() {
    let walk = Walk::with(1);
    let other = &walk.boss.id;
    let forged = json!({
        "is_admin": true, "admin": true, "role": "administrator", "roles": ["administrator"],
        "id": other, "user_id": other, "owner_id": other,
        "owner": other, "actor": other, "session_id": "x", "scope": "admin:write",
        "scopes": ["admin:write"], "permissions": ["*"], "email_verified": true, "version": 9,
        "password_hash": "x", "disabled_at": 1, "created_at": "2020-01-01T00:00:00Z", "profession": "Warrior",
        "last_used_at": 1, "amr": ["otp"], "two_factor_enabled": false, "kid": "x",
        "__proto__": { "role": "administrator" }, "constructor": {}, "$where": "1",
    });
    let accounts = || {
        let sql = "SELECT id, email, role, version, password_hash FROM users";
        format!("{:?}", walk.app.execute(sql))
    };
    let mut tried = 0;
    for route in ROUTES {
        let schema = &documented(route)["requestBody"]["content"]["application/json"]["schema"];
        if schema.is_null() {
            continue;
        }
        let known = &resolved(schema)["properties"];
        assert!(known.is_object(), "{}", route.path);
        let call = walk.call(route).if_match("*");
        let before = accounts();
        for (member, value) in forged.as_object().expect("an object") {
            if !known[member].is_null() {
                continue;
            }
            let body = json!({ member: value });
            let answer = call.clone().json(&body).expect(422);
            let expected = (format!("/{member}"), "unknown_field".to_owned());
            assert!(answer.mistakes().contains(&expected), "{}", answer.what);
            tried += 1;
        }
        assert_eq!(accounts(), before, "{}", route.path);
    }
    assert!(tried > 400, "{tried}");
}
