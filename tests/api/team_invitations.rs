//! Invitations: create, read, accept, withdraw, and whom they do not admit. The limit of uses holds under
//! concurrency. `team_permissions` has who may invite.

use kit::time::rfc3339;
use testing::prelude::*;
use wvw_builder::teams::invitations::code::InvitationCode;

const ACCEPT: &str = "/api/v1/invitations/accept";

struct Scene {
    app: TestApp,
    leader: Player,
    team: String,
}

impl Scene {
    fn new() -> Self {
        let (app, leader) = TestApp::with_player("leader");
        let team = app.team(&[(&leader, "leader")]);
        Self { app, leader, team }
    }

    fn ask(&self, body: &Value) -> Answer {
        self.app.invite(&self.leader, &self.team, body)
    }

    fn code(&self, body: &Value) -> String {
        text(&self.ask(body).created()["code"])
    }

    fn path(&self) -> String {
        format!("{TEAMS}/{}/invitations", self.team)
    }

    fn list(&self, token: &str) -> Vec<Value> {
        let list = self.app.get(&self.path()).token(token).send().ok();
        array(&list["data"]).to_vec()
    }

    fn show(&self, code: &str) -> Answer {
        self.app.get(&format!("/api/v1/invitations/{code}")).send()
    }

    fn withdraw(&self, invitation: &Value) -> Answer {
        let path = format!("{}/{}", self.path(), text(&invitation["id"]));
        self.app.delete_as(&self.leader, &path)
    }

    fn guests(&self, count: usize) -> Vec<Player> {
        let guest = |number| self.app.player(&format!("guest{number}"));
        (0..count).map(guest).collect()
    }

    fn uses(&self) -> i64 {
        self.app.count("SELECT sum(uses) FROM team_invitations")
    }

    fn members(&self) -> usize {
        self.app.roles(&self.team).len()
    }

    /// The statuses of calls that come at once, in order.
    fn at_once(&self, calls: impl Fn(&TestApp) -> Vec<Call<'_>>) -> Vec<u16> {
        let isolate = self.app.slow_isolate(9);
        statuses(&isolate.at_once(&calls(&isolate)))
    }

    fn accept_at_once(&self, guests: &[&Player], code: &str) -> Vec<u16> {
        let body = json!({ "code": code });
        self.at_once(|isolate| {
            let call = |guest: &&Player| isolate.post(ACCEPT, &body).by(*guest);
            guests.iter().map(call).collect()
        })
    }
}

#[test]
fn an_invitation_is_made_shown_accepted_and_listed() {
    let scene = Scene::new();
    let Scene { app, leader, team } = &scene;
    let guest = app.player("guest");
    app.endpoint(&guest, "https://guest.guild.gg/h");
    let body = json!({ "role": "officer", "max_uses": 2, "expires_in_seconds": 300 });
    let mut made = scene.ask(&body).created();
    let code = text(&made["code"]);
    assert!(code.starts_with("wvwi_") && code.len() == 27, "{code}");
    assert_eq!(made["url"], json!(format!("{ISSUER}/i/{code}")));
    let ends = rfc3339(app.test_now() + 300_000);
    assert_eq!(made["expires_at"], json!(ends));
    // Nobody reads the code again, not even whoever has the database.
    let hash = hex(&InvitationCode::parse(&code).expect("a code").hash());
    let kept = format!("team_invitations WHERE code_hash = x'{hash}'");
    assert_eq!(app.rows(&kept), 1);
    let whole = app.execute("SELECT * FROM team_invitations");
    assert!(!format!("{whole:?}").contains(&code[5..]));
    for member in ["code", "url"] {
        made.as_object_mut().expect("an object").remove(member);
    }
    made["made_by"] = json!({ "id": leader.id, "name": "Player" });
    assert_eq!(scene.list(&leader.token), [made.clone()]);

    let shown = scene.show(&code).expect(200);
    let expected = json!({
        "team": { "name": "Red Guard", "tag": "RED", "description": "" },
        "role": "officer", "expires_at": ends, "uses_left": 2,
    });
    assert_eq!(shown.json(), expected);
    shown.expect_header("cache-control", "no-store");

    app.wait_ms(1_000);
    let joined = app.accept(&guest, &format!(" {code}\n")).ok();
    let path = format!("{TEAMS}/{team}");
    let read = app.get_as(&guest, &path).ok();
    assert_eq!(joined, read);
    assert_has!(joined, { "role": "officer", "member_count": 2 });
    let list = app.get_as(leader, &format!("{path}/members")).json();
    let entry = json!({ "user_id": guest.id, "display_name": "A player", "role": "officer",
        "joined_at": rfc3339(app.test_now()) });
    assert!(array(&list["data"]).contains(&entry), "{list}");
    made["uses"] = json!(1);
    assert_eq!(scene.list(&leader.token), [made]);
    assert_eq!(scene.show(&code).expect(200).json()["uses_left"], 1);

    let sent = app.deliver();
    let data = json!({ "team_id": team, "user_id": guest.id, "role": "officer" });
    assert_has!(event_of(&sent[0]), { "type": "team.member_added", "data": data });
}

#[test]
fn an_invitation_is_what_it_is_asked_to_be_or_the_usual() {
    let scene = Scene::new();
    let made = scene.ask(&json!({})).created();
    assert_has!(made, {
        "role": "member", "max_uses": 1, "expires_at": rfc3339(scene.app.test_now() + 7 * DAY_MS),
    });
    let most = json!({ "role": "officer", "max_uses": 100, "expires_in_seconds": 2_592_000 });
    scene.ask(&most).expect(201);
    let rows = r#"
        { "role": "leader" } | /role invalid_choice
        { "max_uses": 0 } | /max_uses out_of_range
        { "max_uses": 101 } | /max_uses out_of_range
        { "max_uses": 1.5 } | /max_uses invalid_type
        { "expires_in_seconds": 299 } | /expires_in_seconds out_of_range
        { "expires_in_seconds": 2592001 } | /expires_in_seconds out_of_range
        { "code": "wvwi_0" } | /code unknown_field
    "#;
    refuse_each(rows, |body| scene.ask(body));
    assert_eq!(scene.app.rows("team_invitations"), 2);
}

#[test]
fn an_invitation_that_lets_nobody_in_says_why() {
    let scene = Scene::new();
    let app = &scene.app;
    let [first, second] = ["first", "second"].map(|name| app.player(name));
    let used = scene.code(&json!({}));
    app.accept(&first, &used).expect(200);
    let late = app.accept(&second, &used);
    late.expect_problem(410, "invitation_used_up");
    scene.show(&used).expect_problem(410, "invitation_used_up");

    // Whoever is in already spends nothing, and is told so whatever the invitation is worth.
    let open = scene.code(&json!({ "max_uses": 2 }));
    for code in [&used, &open] {
        let again = app.accept(&first, code);
        again.expect_problem(409, "already_a_member");
    }
    assert_eq!(scene.uses(), 1);

    let withdrawn = scene.ask(&json!({})).created();
    scene.withdraw(&withdrawn).expect(204);
    scene.withdraw(&withdrawn).expect_problem(404, "not_found");
    let unknown = InvitationCode::fresh(&app.test.platform(99));
    let (longer, upper) = (format!("{open}0"), open.to_uppercase());
    let withdrawn = text(&withdrawn["code"]);
    for code in [
        &withdrawn,
        unknown.expose(),
        "x",
        &open[1..],
        &longer,
        &upper,
    ] {
        scene.show(code).expect_problem(404, "not_found");
        app.accept(&second, code).expect_problem(404, "not_found");
    }
    let none = app.accept(&second, "");
    none.expect_mistakes("/code invalid_length");

    // Good to its last millisecond, and no longer.
    app.wait_ms(7 * DAY_MS - 1);
    scene.show(&open).expect(200);
    app.wait_ms(1);
    scene.show(&open).expect_problem(410, "invitation_expired");
    let late = app.post(ACCEPT, &json!({ "code": open }));
    let late = late.token(&app.new_token(&second)).send();
    late.expect_problem(410, "invitation_expired");
    let list = scene.list(&app.new_token(&scene.leader));
    let mut states = texts_of(&list, "state");
    states.sort();
    assert_eq!(states, ["expired", "used_up"]);
    assert_eq!(scene.members(), 2);
}

#[test]
fn an_invitation_is_withdrawn_only_by_its_own_team() {
    let scene = Scene::new();
    let Scene { app, leader, .. } = &scene;
    let other = app.player("other");
    let elsewhere = app.team(&[(&other, "leader"), (leader, "leader")]);
    let id = text(&scene.ask(&json!({})).created()["id"]);
    for player in [&other, leader] {
        for id in [&id, "x"] {
            let answer = app.delete_as(player, &format!("{TEAMS}/{elsewhere}/invitations/{id}"));
            answer.expect_problem(404, "not_found");
        }
    }
    assert_eq!(app.rows("team_invitations"), 1);
}

#[test]
fn of_fifty_who_come_at_once_as_many_come_in_as_may_and_one_who_comes_twice_is_counted_once() {
    let scene = Scene::new();
    let guests = scene.guests(50);
    let code = scene.code(&json!({ "max_uses": 7 }));
    let statuses = scene.accept_at_once(&guests.iter().collect::<Vec<_>>(), &code);
    let count = |status: u16| statuses.iter().filter(|it| **it == status).count();
    assert_eq!((count(200), count(410)), (7, 43), "{statuses:?}");
    assert_eq!((scene.members(), scene.uses()), (8, 7));
    let guest = scene.app.player("guest");
    let code = scene.code(&json!({ "max_uses": 5 }));
    let statuses = scene.accept_at_once(&[&guest, &guest, &guest], &code);
    assert_eq!(statuses, [200, 409, 409]);
    assert_eq!((scene.members(), scene.uses()), (9, 8));
}

#[test]
fn a_team_has_five_hundred_members_at_most_also_with_many_at_once() {
    let scene = Scene::new();
    // People of no account.
    scene.app.execute(format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 497) \
         INSERT INTO team_members SELECT '{}', 'user_' || printf('%026d', i), 'member', 'x', 1 FROM n",
        scene.team
    ));
    let guests = scene.guests(6);
    let code = scene.code(&json!({ "max_uses": 100 }));
    let statuses = scene.accept_at_once(&guests.iter().collect::<Vec<_>>(), &code);
    assert_eq!(statuses, [200, 200, 409, 409, 409, 409]);
    assert_eq!((scene.members(), scene.uses()), (500, 2));
    let is_outside = |guest: &&Player| scene.app.role_of(&scene.team, guest).is_none();
    let outside = guests.iter().find(is_outside).expect("someone");
    let late = scene.app.accept(outside, &code);
    late.expect_problem(409, "team_full");
}

#[test]
fn one_comes_into_twenty_teams_at_most_also_with_all_at_once() {
    let scene = Scene::new();
    let Scene { app, leader, .. } = &scene;
    let guest = app.player("guest");
    for _ in 0..18 {
        app.team(&[(&guest, "member")]);
    }
    let codes = [(); 5].map(|()| {
        let team = app.team(&[(leader, "leader")]);
        app.invite(leader, &team, &json!({})).created()["code"].clone()
    });
    let statuses = scene.at_once(|isolate| {
        let call = |code| isolate.post(ACCEPT, &json!({ "code": code })).by(&guest);
        codes.iter().map(call).collect()
    });
    assert_eq!(statuses, [200, 200, 409, 409, 409]);
    assert_eq!(scene.uses(), 2);
    let code = scene.code(&json!({}));
    let more = app.accept(&guest, &code);
    more.expect_problem(409, "too_many_teams");
}

#[test]
fn a_team_has_fifty_open_invitations_at_most_also_with_many_at_once() {
    let scene = Scene::new();
    let codes = [(); 45].map(|()| scene.code(&json!({})));
    let path = scene.path();
    let statuses = scene.at_once(|isolate| {
        let call = || isolate.post(&path, &json!({})).by(&scene.leader);
        (0..9).map(|_| call()).collect()
    });
    assert_eq!(statuses, [201, 201, 201, 201, 201, 409, 409, 409, 409]);
    let ask = || scene.ask(&json!({}));
    ask().expect_problem(409, "too_many_invitations");
    // One that is used up makes room, and so does one that is withdrawn.
    let guest = scene.app.player("guest");
    scene.app.accept(&guest, &codes[0]).expect(200);
    let made = ask().created();
    ask().expect_problem(409, "too_many_invitations");
    scene.withdraw(&made).expect(204);
    ask().expect(201);
}

#[test]
fn invitations_are_listed_newest_first_page_by_page() {
    let scene = Scene::new();
    let mut expected = Vec::new();
    for _ in 0..5 {
        scene.app.wait_ms(1);
        expected.insert(0, text(&scene.ask(&json!({})).created()["id"]));
    }
    let path = format!("{}?limit=2", scene.path());
    let pages = scene.app.pages(&scene.leader, &path);
    assert_eq!(texts_of(&pages.concat(), "id"), expected);
}
