//! Members: changes of role, and removal. Every team keeps a leader, also under concurrent writes and
//! when accounts are deleted. `team_invitations` has joining, `team_permissions` the permissions.

use testing::guild::{Guild, guild};
use testing::prelude::*;
use testing::webhooks::make;

/// A team of three.
struct Scene(Guild);

impl std::ops::Deref for Scene {
    type Target = Guild;

    fn deref(&self) -> &Guild {
        &self.0
    }
}

impl Scene {
    fn new() -> Self {
        Self(guild())
    }

    fn cast(&self) -> [&Player; 3] {
        [&self.leader, &self.officer, &self.member]
    }

    fn change(&self, by: &Player, whom: &Player, role: &str) -> Answer {
        let path = member_path(&self.team, whom);
        self.app.patch_as(by, &path, &json!({ "role": role }))
    }

    fn remove(&self, by: &Player, whom: &Player) -> Answer {
        self.app.delete_as(by, &member_path(&self.team, whom))
    }

    fn hand_over(&self, by: &Player, body: &Value) -> Answer {
        let path = format!("{TEAMS}/{}/hand-over", self.team);
        self.app.post_as(by, &path, body)
    }

    fn role(&self, player: &Player) -> Option<String> {
        self.app.role_of(&self.team, player)
    }

    /// What the audit log says of teams.
    fn logged(&self) -> Vec<String> {
        self.app.texts(
            "SELECT action || ' ' || actor || ' ' || target || ' ' || \
             coalesce(entry ->> '$.detail', '') \
             FROM audit_log WHERE action LIKE 'team.%' ORDER BY seq",
        )
    }
}

#[test]
fn members_are_listed_by_their_ids_page_by_page() {
    let scene = Scene::new();
    let [leader, officer, member] = scene.cast();
    let (app, team) = (&scene.app, &scene.team);
    let mut expected = [(leader, "leader"), (officer, "officer"), (member, "member")]
        .map(|(player, role)| (player.id.clone(), role.to_owned()));
    expected.sort();
    let pages = app.pages(member, &format!("{TEAMS}/{team}/members?limit=2"));
    let now = kit::time::rfc3339(app.test_now());
    for (entry, (id, role)) in pages.concat().iter().zip(&expected) {
        assert_has!(entry, {
            "user_id": id, "role": role, "display_name": "Player", "joined_at": now,
        });
    }
    assert_eq!(pages.concat().len(), expected.len());
}

#[test]
fn leaders_give_other_roles_to_those_below_them_and_it_is_logged() {
    let scene = Scene::new();
    let [leader, officer, member] = scene.cast();
    let team = &scene.team;
    for role in ["officer", "member", "leader"] {
        let changed = scene.change(leader, member, role).ok();
        assert_has!(changed, { "role": role, "user_id": member.id });
        assert_eq!(scene.role(member).as_deref(), Some(role));
    }
    // The same again changes nothing.
    scene.change(leader, officer, "officer").expect(200);
    // Nobody does anything to another leader: two steps would otherwise be a coup.
    for answer in [
        scene.change(leader, member, "officer"),
        scene.change(leader, member, "member"),
        scene.remove(leader, member),
    ] {
        answer.expect_problem(403, "insufficient_team_role");
    }
    // A leader steps down.
    scene.change(member, member, "officer").expect(200);
    let entry = |by: &Player, whom: &Player, from: &str, to: &str| {
        let detail = json!({ "team_id": team, "from": from, "to": to });
        format!("team.role_changed {} {} {detail}", by.id, whom.id)
    };
    let expected = [
        entry(leader, member, "member", "officer"),
        entry(leader, member, "officer", "member"),
        entry(leader, member, "member", "leader"),
        entry(member, member, "leader", "officer"),
    ];
    assert_eq!(scene.logged(), expected);
}

#[test]
fn what_is_no_role_or_no_member_is_named() {
    let scene = Scene::new();
    let [leader, officer, member] = scene.cast();
    let (app, team) = (&scene.app, &scene.team);
    let stranger = app.player("stranger");
    let roles = r#"
        { "role": "king" } | /role invalid_choice
        { "role": null } | /role required
        { "role": 1 } | /role invalid_type
        { "role": "officer", "user_id": "x" } | /user_id unknown_field
    "#;
    refuse_each(roles, |body| {
        app.patch_as(leader, &member_path(team, member), body)
    });
    for answer in [
        scene.change(leader, &stranger, "officer"),
        scene.remove(officer, &stranger),
        app.delete_as(leader, &format!("{TEAMS}/{team}/members/me")),
    ] {
        answer.expect_problem(404, "not_found");
    }
    let heirs = r#"
        {} | /user_id required
        { "user_id": "x" } | /user_id invalid_length
        { "user_id": 7 } | /user_id invalid_type
        { "user_id": "team_01h455vb4pex5vsknk084sn02q" } | /user_id unknown_member
        { "user_id": "STRANGER" } | /user_id unknown_member
        { "user_id": "LEADER" } | /user_id unknown_member
    "#;
    let heirs = heirs
        .replace("STRANGER", &stranger.id)
        .replace("LEADER", &leader.id);
    refuse_each(&heirs, |body| scene.hand_over(leader, body));
    assert_eq!(scene.role(leader).as_deref(), Some("leader"));
    assert!(scene.logged().is_empty());
}

#[test]
fn the_last_leader_neither_leaves_nor_steps_down() {
    let scene = Scene::new();
    let [leader, officer, member] = scene.cast();
    let answer = scene.remove(leader, leader);
    let answer = answer.expect_problem(409, "last_leader");
    assert!(text(&answer.json()["detail"]).contains("hand-over"));
    for role in ["officer", "member"] {
        let answer = scene.change(leader, leader, role);
        answer.expect_problem(409, "last_leader");
    }
    let body = json!({ "user_id": member.id });
    scene.hand_over(leader, &body).expect(204);
    assert_eq!(scene.role(leader).as_deref(), Some("officer"));
    assert_eq!(scene.role(member).as_deref(), Some("leader"));
    let detail = json!({ "team_id": scene.team });
    let entry = format!("team.handed_over {} {} {detail}", leader.id, member.id);
    assert_eq!(scene.logged(), [entry]);
    // An officer hands nothing over, and may go.
    let again = scene.hand_over(leader, &json!({ "user_id": officer.id }));
    again.expect_problem(403, "insufficient_team_role");
    scene.remove(leader, leader).expect(200);
    assert_eq!(scene.role(leader), None);
    // Gone is gone.
    let again = scene.remove(leader, leader);
    again.expect_problem(404, "not_found");
}

#[test]
fn of_two_last_leaders_who_leave_at_once_one_stays() {
    for (method, body) in [
        ("DELETE", Value::Null),
        ("PATCH", json!({ "role": "member" })),
    ] {
        let scene = Scene::new();
        let (app, team) = (&scene.app, &scene.team);
        app.execute(sql::role(&scene.officer, "leader"));
        let isolate = app.slow_isolate(9);
        let answers = isolate.at_once(&[&scene.leader, &scene.officer].map(|player| {
            let call = isolate.call(method, &member_path(team, player));
            call.by(player).json_or_none(&body)
        }));
        assert_eq!(statuses(&answers), [200, 409]);
        let refused = answers.iter().find(|answer| answer.status == 409);
        assert_eq!(refused.expect("one").json()["code"], "last_leader");
        let roles = app.roles(team);
        let leaders = roles.iter().filter(|(_, role)| role == "leader");
        assert_eq!(leaders.count(), 1);
    }
}

#[test]
fn who_has_just_lost_a_role_does_nothing_by_it_any_more() {
    // A write, who makes it, what they have lost when it comes, and what is answered.
    let removes = "DELETE FROM team_members";
    let changes = "UPDATE team_members";
    let scene = Scene::new();
    let [leader, officer, member] = scene.cast();
    let (app, team) = (&scene.app, &scene.team);
    let invitation = app.invite(leader, team, &json!({})).created();
    let invitation = format!("/invitations/{}", text(&invitation["id"]));
    let withdraws = "DELETE FROM team_invitations";
    let (edits, sets) = ("UPDATE teams SET name", "UPDATE teams SET scores");
    let invites = "INSERT INTO team_invitations";
    let tag = json!({ "tag": "NEW" });
    let scores = json!({ "scores": { "62": { "stability": 3 } } });
    let new = "teams WHERE tag = 'NEW' OR scores <> '{}'";
    let path = format!("/members/{}", member.id);
    let promotion = json!({ "role": "officer" });
    let hand_over = json!({ "user_id": member.id });
    let none = Value::Null;
    for (before, by, method, path, body, status) in [
        (removes, officer, "DELETE", path.as_str(), &none, 403),
        (changes, leader, "PATCH", &path, &promotion, 403),
        (changes, leader, "POST", "/hand-over", &hand_over, 403),
        (invites, officer, "POST", "/invitations", &json!({}), 403),
        (withdraws, officer, "DELETE", &invitation, &none, 403),
        (edits, officer, "PATCH", "", &tag, 412),
        (sets, officer, "PUT", "/scores", &scores, 412),
        ("DELETE FROM teams", leader, "DELETE", "", &none, 412),
    ] {
        app.execute(sql::role(leader, "leader"));
        app.execute(sql::role(officer, "officer"));
        let whole = format!("{TEAMS}/{team}{path}");
        let found = app.raced(before, sql::role(by, "member"), by, (method, &whole, body));
        assert_eq!(found, status, "{method} {path}");
        let role = scene.role(member);
        assert_eq!(role.as_deref(), Some("member"), "{method} {path}");
        let left = ["team_invitations", "teams", new].map(|table| app.rows(table));
        assert_eq!(left, [1, 1, 0], "{method} {path}");
    }
    // Someone who has risen meanwhile is out of reach, too.
    let whole = member_path(team, member);
    let call = ("DELETE", whole.as_str(), &none);
    let status = app.raced(removes, sql::role(member, "leader"), officer, call);
    assert_eq!(status, 403);
    assert_eq!(scene.role(member).as_deref(), Some("leader"));
}

#[test]
fn who_goes_or_steps_down_loses_webhooks_and_invitations_of_the_team() {
    for (act, webhook_is_left, invitations_left) in [
        ("remove", false, &[][..]),
        ("member", false, &[]),
        ("officer", true, &["member"]),
        ("hand-over", true, &["member"]),
    ] {
        let scene = Scene::new();
        let [leader, officer, member] = scene.cast();
        let (app, team) = (&scene.app, &scene.team);
        app.execute(sql::role(officer, "leader"));
        let invitations = [
            (officer, "member"),
            (officer, "officer"),
            (leader, "officer"),
        ];
        for (by, role) in invitations {
            app.invite(by, team, &json!({ "role": role })).expect(201);
        }
        for player in [leader, officer] {
            make(app, player, &json!({ "team_id": team }));
        }
        let answer = match act {
            "remove" => scene.remove(officer, officer),
            "hand-over" => scene.hand_over(officer, &json!({ "user_id": member.id })),
            role => scene.change(officer, officer, role),
        };
        assert!(answer.status < 300, "{act}");
        let webhooks = |player: &Player| {
            let live = "webhooks WHERE disabled_at IS NULL AND user_id";
            app.rows(&format!("{live} = '{}'", player.id))
        };
        let invitations = |player: &Player| {
            let of = format!("team_invitations WHERE created_by = '{}'", player.id);
            app.texts(&format!("SELECT role FROM {of} ORDER BY role"))
        };
        assert_eq!(webhooks(officer) == 1, webhook_is_left, "{act}");
        assert_eq!(invitations(officer), invitations_left, "{act}");
        // What others have is theirs.
        assert_eq!(webhooks(leader), 1, "{act}");
        assert_eq!(invitations(leader), ["officer"], "{act}");
    }
}

#[test]
fn webhooks_are_told_who_goes_and_whoever_has_gone_is_not() {
    let scene = Scene::new();
    let [leader, officer, member] = scene.cast();
    let (app, team) = (&scene.app, &scene.team);
    let url = |name: &str| format!("https://{name}.guild.gg/h");
    for (player, name) in [(leader, "leader"), (officer, "officer")] {
        make(app, player, &json!({ "url": url(name), "team_id": team }));
    }
    app.receivers_answer(204);
    // Their pings.
    assert_eq!(app.deliver().len(), 2);
    let told = || {
        let read = |request: &HttpRequest| {
            let event = event_of(request);
            assert_eq!(event["type"], "team.member_removed");
            (request.url.clone(), event["data"].clone())
        };
        let mut told: Vec<(String, Value)> = app.deliver().iter().map(read).collect();
        told.sort_by(|a, b| a.0.cmp(&b.0));
        told
    };
    scene.remove(officer, member).expect(200);
    let data = json!({ "team_id": team, "user_id": member.id, "role": "member" });
    assert_eq!(
        told(),
        [(url("leader"), data.clone()), (url("officer"), data)]
    );
    scene.remove(leader, officer).expect(200);
    let data = json!({ "team_id": team, "user_id": officer.id, "role": "officer" });
    assert_eq!(told(), [(url("leader"), data)]);
}
