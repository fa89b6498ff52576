//! Accounts and their teams: display names of members, and the next leader once an account is deleted. No
//! team is left without a leader or without members. `personal_data` has the rest of a deletion.

use testing::prelude::*;

/// Why someone leads in the end; who is in a team as what, whoever came first before the others; and
/// who leads it then. The one who goes is `gone`.
const HEIRS: &str = "
    the officer who has been there longest  gone leader, a member, c officer, b officer  c
    else the member                         b member, a member, gone leader              b
    another leader is there                 gone leader, a leader, b officer             a
    the one who goes led nobody             gone officer, a leader, b officer            a
    the one who goes was not in it          a leader, b officer                          a
    nobody else was in it                   gone leader, c member                        nobody
";

#[test]
fn members_are_called_what_their_accounts_are_called() {
    let (app, [leader, member]) = TestApp::with_players(["leader", "member"]);
    let team = app.team(&[(&leader, "leader"), (&member, "member")]);
    let name = json!({ "display_name": "Stegalkin \u{1f43a}" });
    app.patch_as(&member, ME, &name).expect(200);
    let list = app.get_as(&leader, &format!("{TEAMS}/{team}/members")).ok();
    for entry in array(&list["data"]) {
        let is_renamed = entry["user_id"] == json!(member.id);
        assert_eq!(entry["display_name"] == name["display_name"], is_renamed);
        assert_eq!(entry["display_name"] == "Player", !is_renamed);
    }
    // Whoever makes a team brings their name along.
    let body = json!({ "name": "Wolf pack" });
    let made = app.post_as(&member, TEAMS, &body).created();
    let path = format!("{TEAMS}/{}/members", text(&made["id"]));
    let list = app.get_as(&member, &path).ok();
    assert_eq!(list["data"][0]["display_name"], name["display_name"]);
}

#[test]
fn a_deleted_account_hands_its_teams_on() {
    let (app, [gone, a, b, c]) = TestApp::with_players(["gone", "a", "b", "c"]);
    let player = |name: &str| match name {
        "gone" => &gone,
        "a" => &a,
        "b" => &b,
        _ => &c,
    };
    let teams = rows::<3>(HEIRS).into_iter().map(|[_, members, _]| {
        let members = members.split(", ").map(|member| {
            let (name, role) = member.split_once(' ').expect("a role");
            (player(name), role)
        });
        let members: Vec<_> = members.collect();
        let id = app.team(&members);
        for (joined_at, (player, _)) in members.iter().enumerate() {
            app.execute(format!(
                "UPDATE team_members SET joined_at = {joined_at} \
                 WHERE team_id = '{id}' AND user_id = '{}'",
                player.id
            ));
        }
        id
    });
    let teams: Vec<String> = teams.collect();
    let [first, .., alone] = &teams[..] else {
        panic!("six");
    };
    for team in [first, alone] {
        app.invite(&gone, team, &json!({ "max_uses": 100 }))
            .expect(201);
    }
    app.invite(&c, first, &json!({})).expect(201);
    // Whoever has left one of them has shared something there.
    let shared = app.build(&c, &json!({ "visibility": "team", "team_id": alone }));
    app.delete_as(&c, &member_path(alone, &c)).expect(200);

    app.delete_account(&gone).expect(204);
    for (team, [why, _, heir]) in teams.iter().zip(rows(HEIRS)) {
        let roles = app.roles(team).into_iter();
        let leaders = roles.filter(|(_, role)| role == "leader");
        let leaders: Vec<_> = leaders.map(|(id, _)| id).collect();
        let heirs = [heir].into_iter().filter(|name| *name != "nobody");
        let heirs: Vec<_> = heirs.map(|name| player(name).id.clone()).collect();
        assert_eq!(leaders, heirs, "{why}");
        assert!(app.role_of(team, &gone).is_none());
    }
    // The one with nobody else has gone; what was shared there is its owner's alone.
    assert_eq!(app.rows(&format!("teams WHERE id = '{alone}'")), 0);
    assert_eq!(app.rows("teams"), 5);
    let read = app.get_as(&c, &build_path(&shared)).ok();
    assert_has!(read, { "visibility": "private", "team_id": null });
    // Of the invitations only that of another one is left.
    let by = app.texts("SELECT created_by FROM team_invitations");
    assert_eq!(by, [c.id]);
}
