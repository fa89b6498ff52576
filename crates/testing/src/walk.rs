//! A walk through the table of routes: for each of them a call that goes well. A route that nobody has
//! written a call for fails the tests that walk.

use std::cell::Cell;

use serde_json::{Value, json};
use wvw_builder::http::request::Header;
use wvw_builder::platform::native::MemoryWeb;
use wvw_builder::routes::{Access, Route};

use super::authenticator::{self, CONFIRM, SECOND_STEP, TWO_FACTOR};
use super::crowd::{Crowd, Holder};
use super::paths::ME;
use super::teams::TEAMS;
use super::{BUILDS, Call, GUARDIAN_CODE, PASSWORD, Player, TestApp, array, build_body, text};
use crate::compositions::{COMPOSITIONS, composition_body};
use crate::webhooks::{WEBHOOKS, fresh_url, make};

/// Who walks, and where.
pub struct Walk {
    pub app: TestApp,
    /// Has `amount` of everything.
    pub holder: Holder,
    /// Administrates.
    pub boss: Player,
    friend: Player,
    amount: usize,
    made: Cell<u64>,
}

impl Walk {
    /// Everything there is, `amount` times.
    pub fn with(amount: usize) -> Self {
        let app = TestApp::new();
        app.test.web.answer_with(|_| MemoryWeb::status(200));
        let made = Cell::default();
        let crowd = Crowd {
            app: &app,
            amount,
            made: &made,
        };
        let holder = crowd.holder();
        let boss = app.administrator("boss");
        let friend = app.player("friend");
        Self {
            app,
            holder,
            boss,
            friend,
            amount,
            made,
        }
    }

    /// What makes things, `amount` of each.
    pub fn crowd(&self, amount: usize) -> Crowd<'_> {
        Crowd {
            app: &self.app,
            amount,
            made: &self.made,
        }
    }

    /// An account without anything.
    pub(super) fn newcomer(&self) -> Player {
        self.made.set(self.made.get() + 1);
        self.app.player(&format!("newcomer{}", self.made.get()))
    }

    /// A call of a player's whose token this isolate has just looked at.
    pub fn of(&self, player: &Player, method: &str, path: &str) -> Call<'_> {
        self.app.get_as(player, ME).expect(200);
        self.app.call(method, path).by(player)
    }

    /// As `of`, with a body.
    pub(super) fn sent(&self, player: &Player, method: &str, path: &str, body: &Value) -> Call<'_> {
        self.of(player, method, path).json(body)
    }

    /// A call on this route that goes well.
    pub fn call(&self, route: &Route) -> Call<'_> {
        let (method, path) = (route.method.as_str(), route.path);
        if method == "GET" && route.access == Access::Public && !path.contains('{') {
            return self.app.get(path);
        }
        let found = self
            .open(method, path)
            .or_else(|| self.accounts(method, path))
            .or_else(|| self.ways_back(method, path))
            .or_else(|| self.content(method, path))
            .or_else(|| self.teams(method, path))
            .or_else(|| self.webhooks(method, path))
            .or_else(|| self.administration(method, path));
        found.unwrap_or_else(|| panic!("{method} {path}: write a call for it in support/walk.rs"))
    }

    fn open(&self, method: &str, path: &str) -> Option<Call<'_>> {
        let app = &self.app;
        let call = match (method, path) {
            ("POST", "/api/v1/chat-codes/decode") => {
                app.post(path, &json!({ "code": GUARDIAN_CODE }))
            }
            ("POST", "/api/v1/squads/assign") => {
                let build = json!({ "specialization": 62 });
                let player = json!({ "name": "Anna", "builds": [build] });
                app.post(path, &json!({ "players": [player], "moves": 100 }))
            }
            ("POST", "/api/v1/chat-codes/encode") => {
                let template = json!({ "profession": { "id": "Guardian" } });
                app.post(path, &json!({ "template": template }))
            }
            ("GET", "/c/{slug}" | "/c/{slug}/card.png") => {
                let (slug, _) = self.link(&self.holder.composition);
                app.get(&path.replace("{slug}", &slug))
            }
            ("GET", "/docs/{file}") => app.get("/docs/reference.css"),
            ("GET", "/docs/problems/{code}") => app.get("/docs/problems/not_found"),
            ("GET", "/api/v1/game/professions/{id}") => app.get(&path.replace("{id}", "Guardian")),
            ("GET", "/api/v1/invitations/{code}" | "/i/{code}") => {
                let made = app.invite(&self.holder.player, &self.holder.team, &json!({}));
                app.get(&path.replace("{code}", &text(&made.created()["code"])))
            }
            _ => return None,
        };
        Some(call)
    }

    fn accounts(&self, method: &str, path: &str) -> Option<Call<'_>> {
        let (app, player) = (&self.app, &self.holder.player);
        let password = json!({ "password": PASSWORD });
        let call = match (method, path.strip_prefix("/api/v1/")?) {
            ("POST", "auth/register") => {
                let email = format!("{}@new.guild.gg", self.made.get());
                let body = json!({ "email": email, "password": PASSWORD, "display_name": "Anna" });
                app.post(path, &body)
            }
            ("POST", "auth/login") => {
                let body = json!({ "email": player.email, "password": PASSWORD });
                app.post(path, &body)
            }
            ("POST", "auth/login/two-factor") => {
                let guarded = self.newcomer();
                let device = authenticator::enrol(app, &guarded);
                let code = device.fresh_code(app);
                let challenge = authenticator::challenge(app, &guarded);
                let step = json!({ "challenge": challenge, "code": code });
                app.post(SECOND_STEP, &step)
            }
            ("POST", "auth/refresh" | "auth/logout") => {
                let login = app.log_in(&player.email);
                app.post(path, &json!({ "refresh_token": login["refresh_token"] }))
            }
            (
                "GET",
                "auth/sessions" | "auth/api-keys" | "users/me" | "users/me/dashboard"
                | "users/me/export",
            ) => self.of(player, method, path),
            ("DELETE", "auth/sessions") | ("POST", "auth/end-everything") => {
                let owner = self.crowd(self.amount).holder().player;
                self.of(&owner, method, path)
            }
            ("DELETE", "auth/sessions/{id}") => {
                let login = app.log_in(&player.email);
                let login = player.with_tokens(&login);
                let list = app.get_as(&login, "/api/v1/auth/sessions?limit=100").ok();
                let mut all = array(&list["data"]).iter();
                let current = all.find(|login| login["current"] == true);
                let id = text(&current.expect("this login")["id"]);
                self.of(player, method, &path.replace("{id}", &id))
            }
            ("POST", "auth/password") => {
                let owner = self.crowd(self.amount).holder().player;
                let body = json!({ "current_password": PASSWORD, "new_password": "five other words in it" });
                self.sent(&owner, method, path, &body)
            }
            ("POST", "auth/reauthenticate") => self.sent(player, method, path, &password),
            ("POST", "auth/two-factor" | "auth/email/verification") => {
                self.of(&self.newcomer(), method, path)
            }
            ("POST", "auth/two-factor/confirm") => {
                let owner = self.newcomer();
                let begun = app.act_as(&owner, TWO_FACTOR);
                let device = authenticator::Authenticator::scan(&begun.ok());
                let body = json!({ "code": device.code_at(app.test_now()) });
                self.sent(&owner, method, CONFIRM, &body)
            }
            ("DELETE", "auth/two-factor") | ("POST", "auth/two-factor/recovery-codes") => {
                let owner = self.newcomer();
                let device = authenticator::enrol(app, &owner);
                let mut body = json!({ "code": device.fresh_code(app) });
                if method == "DELETE" {
                    body["password"] = PASSWORD.into();
                }
                self.sent(&owner, method, path, &body)
            }
            ("POST", "auth/api-keys") => {
                let body = json!({ "name": "A bot", "scopes": ["builds:read"] });
                self.sent(player, method, path, &body)
            }
            ("DELETE", "auth/api-keys/{id}") => {
                let list = self.of(player, "GET", "/api/v1/auth/api-keys").send();
                let id = text(&list.ok()["data"][0]["id"]);
                self.of(player, method, &path.replace("{id}", &id))
            }
            ("PATCH", "users/me") => {
                self.sent(player, method, path, &json!({ "display_name": "Berta" }))
            }
            ("DELETE", "users/me") => {
                let owner = self.crowd(self.amount).holder().player;
                self.sent(&owner, method, path, &password)
            }
            _ => return None,
        };
        Some(call)
    }

    /// Slug and id of a new link to a composition of the holder's.
    fn link(&self, composition: &str) -> (String, String) {
        let path = format!("{COMPOSITIONS}/{composition}/share-links");
        let call = self.of(&self.holder.player, "POST", &path);
        let link = call.send().created();
        (text(&link["slug"]), text(&link["id"]))
    }

    fn content(&self, method: &str, path: &str) -> Option<Call<'_>> {
        let (app, holder) = (&self.app, &self.holder);
        let player = &holder.player;
        let build = build_body(&json!({ "tags": ["new"], "roles": ["strip"] }));
        let slots = json!([{ "build_id": holder.build }, { "player": "Anna" }]);
        let planned = json!({ "tags": ["new"], "subgroups": [{ "slots": slots }] });
        let planned = composition_body(&planned);
        let call = match (method, path.strip_prefix("/api/v1/")?) {
            ("GET", "builds") => self.of(player, method, &format!("{BUILDS}?limit=100")),
            ("POST", "builds") => self.sent(player, method, path, &build),
            ("GET", "builds/{id}") => self.of(player, method, &path.replace("{id}", &holder.build)),
            ("PUT" | "PATCH" | "DELETE", "builds/{id}") => {
                let made = app.build(player, &json!({ "tags": ["new"] }));
                let path = path.replace("{id}", &text(&made["id"]));
                match method {
                    "DELETE" => self.of(player, method, &path),
                    _ => self.sent(player, method, &path, &build),
                }
            }
            ("GET", "compositions") => {
                self.of(player, method, &format!("{COMPOSITIONS}?limit=100"))
            }
            ("POST", "compositions") => {
                let mut planned = planned;
                planned["team_id"] = holder.team.clone().into();
                let anna = self.crowd(1).roster(&holder.team, player);
                planned["subgroups"][0]["slots"][1]["player_id"] = anna.into();
                self.sent(player, method, path, &planned)
            }
            ("GET", "compositions/{id}") => {
                self.of(player, method, &path.replace("{id}", &holder.composition))
            }
            ("PUT" | "PATCH" | "DELETE", "compositions/{id}") => {
                let path = path.replace("{id}", &text(&app.composition(player, &planned)["id"]));
                let call = match method {
                    "DELETE" => self.of(player, method, &path),
                    _ => self.sent(player, method, &path, &planned),
                };
                call.header(Header::IfMatch, "\"1\"")
            }
            ("GET", _) if path.starts_with(COMPOSITIONS) => {
                let other = self.app.composition(player, &planned);
                let path = path
                    .replace("{id}", &holder.composition)
                    .replace("{other}", &text(&other["id"]))
                    .replace("{version}", "1");
                self.of(player, method, &format!("{path}{}", page_of(&path)))
            }
            ("POST", "compositions/{id}/copy") => {
                let path = path.replace("{id}", &holder.composition);
                self.sent(player, method, &path, &json!({ "team_id": holder.team }))
            }
            (
                "POST",
                "compositions/{id}/share-links" | "compositions/{id}/versions/{version}/restore",
            ) => {
                let id = text(&app.composition(player, &planned)["id"]);
                let path = path.replace("{id}", &id).replace("{version}", "1");
                let call = self.of(player, method, &path);
                call.header(Header::IfMatch, "\"1\"")
            }
            ("DELETE", "compositions/{id}/share-links/{link_id}") => {
                let id = text(&app.composition(player, &planned)["id"]);
                let (_, link) = self.link(&id);
                let path = path.replace("{id}", &id).replace("{link_id}", &link);
                self.of(player, method, &path)
            }
            _ => return None,
        };
        Some(call)
    }

    fn teams(&self, method: &str, path: &str) -> Option<Call<'_>> {
        let (app, holder) = (&self.app, &self.holder);
        let player = &holder.player;
        let own = |pattern: &str| pattern.replace("{id}", &holder.team);
        let call = match (method, path.strip_prefix("/api/v1/")?) {
            ("POST", "teams") => {
                let body = json!({ "name": "Blue", "tag": "BLU" });
                self.sent(player, method, path, &body)
            }
            ("POST", "teams/{id}/players") => {
                self.sent(player, method, &own(path), &json!({ "name": "Berta" }))
            }
            ("POST", "teams/{id}/players/import") => {
                let emma = json!({ "name": "Emma", "builds": [{ "build_id": holder.build, "preference": 5 }] });
                let body = json!({ "players": [emma, { "name": "Carla" }] });
                self.sent(player, method, &own(path), &body)
            }
            (_, "teams/{id}/players/{player_id}") => {
                let anna = self.crowd(1).roster(&holder.team, player);
                let path = own(path).replace("{player_id}", &anna);
                match method {
                    "GET" | "DELETE" => self.of(player, method, &path),
                    _ => self.sent(player, method, &path, &json!({ "name": "Dora" })),
                }
            }
            ("PUT", "teams/{id}/scores") => {
                let scores = json!({ "scores": { "62": { "stability": 3 } } });
                self.sent(player, method, &own(path), &scores)
            }
            ("PATCH", "teams/{id}") => {
                self.sent(player, method, &own(path), &json!({ "tag": "NEW" }))
            }
            ("DELETE", "teams/{id}") => {
                let team = self.crowd(self.amount).team(player);
                self.of(player, method, &format!("{TEAMS}/{}", team.0))
            }
            ("DELETE", "teams/{id}/bans/{user_id}") => {
                app.ban(&holder.team, &self.friend);
                let path = own(path).replace("{user_id}", &self.friend.id);
                self.of(player, method, &path)
            }
            ("DELETE", "teams/{id}/webhooks/{webhook_id}") => {
                let hook = json!({ "url": fresh_url(app), "team_id": holder.team });
                let hook = make(app, player, &hook);
                let path = own(path).replace("{webhook_id}", &text(&hook["id"]));
                self.of(player, method, &path)
            }
            ("DELETE", "teams/{id}/share-links/{link_id}") => {
                let (_, link) = self.link(&holder.composition);
                self.of(player, method, &own(path).replace("{link_id}", &link))
            }
            ("PATCH" | "DELETE", "teams/{id}/members/{user_id}") => {
                app.add_member(&holder.team, &self.friend, "member");
                let path = own(path).replace("{user_id}", &self.friend.id);
                match method {
                    "DELETE" => self.of(player, method, &path),
                    _ => self.sent(player, method, &path, &json!({ "role": "officer" })),
                }
            }
            ("POST", "teams/{id}/hand-over") => {
                let team = app.team(&[(player, "leader"), (&self.friend, "member")]);
                let path = path.replace("{id}", &team);
                self.sent(player, method, &path, &json!({ "user_id": self.friend.id }))
            }
            ("POST", "teams/{id}/invitations") => {
                self.sent(player, method, &own(path), &json!({ "role": "member" }))
            }
            ("DELETE", "teams/{id}/invitations/{invitation_id}") => {
                let made = app.invite(player, &holder.team, &json!({})).expect(201);
                let id = text(&made.json()["id"]);
                self.of(player, method, &own(path).replace("{invitation_id}", &id))
            }
            ("POST", "invitations/accept") => {
                let (team, _) = self.crowd(self.amount.min(50)).team(&self.friend);
                let made = app.invite(&self.friend, &team, &json!({})).expect(201);
                let body = json!({ "code": made.json()["code"] });
                self.sent(player, method, path, &body)
            }
            ("GET", reads) if reads.starts_with("teams") => {
                self.of(player, method, &format!("{}{}", own(path), page_of(path)))
            }
            _ => return None,
        };
        Some(call)
    }

    fn webhooks(&self, method: &str, path: &str) -> Option<Call<'_>> {
        let (app, holder) = (&self.app, &self.holder);
        let player = &holder.player;
        let own = || path.replace("{id}", &holder.webhook);
        let body = match (method, path.strip_prefix("/api/v1/webhooks")?) {
            ("POST", "") => {
                let url = fresh_url(app) + "/new";
                let body = json!({ "url": url, "event_types": ["*"], "team_id": holder.team });
                return Some(self.sent(player, method, path, &body));
            }
            ("GET", "") => return Some(self.of(player, method, &format!("{path}?limit=100"))),
            ("GET", "/{id}") => return Some(self.of(player, method, &own())),
            ("GET", "/{id}/deliveries") => {
                return Some(self.of(player, method, &format!("{}?limit=100", own())));
            }
            ("DELETE", "/{id}") => {
                let id = text(&make(app, player, &json!({ "url": fresh_url(app) }))["id"]);
                return Some(self.of(player, method, &format!("{WEBHOOKS}/{id}")));
            }
            ("GET" | "POST", "/deliveries/{id}" | "/deliveries/{id}/retry") => {
                let path = path.replace("{id}", &holder.delivery);
                return Some(self.of(player, method, &path));
            }
            ("PATCH", "/{id}") => json!({ "description": "Another" }),
            ("POST", "/{id}/rotate-secret" | "/{id}/test") => json!({}),
            ("POST", "/{id}/recover") => json!({ "since": "2026-11-20T00:00:00Z" }),
            _ => return None,
        };
        Some(self.sent(player, method, &own(), &body))
    }

    fn administration(&self, method: &str, path: &str) -> Option<Call<'_>> {
        let boss = &self.boss;
        let call = match (method, path.strip_prefix("/api/v1/admin/")?) {
            ("GET", "signing-keys" | "audit-log") => {
                self.of(boss, method, &format!("{path}{}", page_of(path)))
            }
            ("GET", "users/{id}") => {
                self.of(boss, method, &path.replace("{id}", &self.holder.player.id))
            }
            ("PATCH", "users/{id}") => {
                let path = path.replace("{id}", &self.newcomer().id);
                self.sent(boss, method, &path, &json!({ "disabled": true }))
            }
            ("POST", "signing-keys/rotate") => self.sent(boss, method, path, &json!({})),
            _ => return None,
        };
        Some(call)
    }
}

/// Asks for the longest page, where there are pages.
fn page_of(path: &str) -> &'static str {
    let last = path.rsplit('/').next().unwrap_or_default();
    let pages = "teams members players invitations audit-log versions share-links bans";
    if pages.split(' ').any(|page| page == last) || path.ends_with("{id}/webhooks") {
        "?limit=100"
    } else {
        ""
    }
}
