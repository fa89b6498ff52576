//! Accounts and their teams: display names of members, and the next leader once an account is deleted. No
//! team is left without a leader or without members. `personal_data` has the rest of a deletion.

use testing::prelude::*;

/// Who is in a team as what, whoever came first before the others; and who leads it in the end.
type Row<'a> = (&'a [(&'a Player, &'a str)], &'a [&'a Player]);

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
    let rows: [Row<'_>; 6] = [
        // The officer who has been there longest, whatever members there are from before.
        (
            &[
                (&gone, "leader"),
                (&a, "member"),
                (&c, "officer"),
                (&b, "officer"),
            ],
            &[&c],
        ),
        // Else the member.
        (&[(&b, "member"), (&a, "member"), (&gone, "leader")], &[&b]),
        // Where another leader is, nobody rises.
        (&[(&gone, "leader"), (&a, "leader"), (&b, "officer")], &[&a]),
        // Nor where the one who goes led nobody.
        (
            &[(&gone, "officer"), (&a, "leader"), (&b, "officer")],
            &[&a],
        ),
        (&[(&a, "leader"), (&b, "officer")], &[&a]),
        (&[(&gone, "leader"), (&c, "member")], &[]),
    ];
    let teams = rows.map(|(members, _)| {
        let id = app.team(members);
        for (joined_at, (player, _)) in members.iter().enumerate() {
            app.execute(format!(
                "UPDATE team_members SET joined_at = {joined_at} \
                 WHERE team_id = '{id}' AND user_id = '{}'",
                player.id
            ));
        }
        id
    });
    let [first, .., alone] = &teams;
    for team in [first, alone] {
        app.invite(&gone, team, &json!({ "max_uses": 100 }))
            .expect(201);
    }
    app.invite(&c, first, &json!({})).expect(201);
    // Whoever has left one of them has shared something there.
    let shared = app.build(&c, &json!({ "visibility": "team", "team_id": alone }));
    app.delete_as(&c, &member_path(alone, &c)).expect(200);

    app.delete_account(&gone).expect(204);
    for (number, (team, (_, expected))) in teams.iter().zip(rows).enumerate() {
        let roles = app.roles(team).into_iter();
        let leaders = roles.filter(|(_, role)| role == "leader");
        let leaders: Vec<_> = leaders.map(|(id, _)| id).collect();
        let expected: Vec<_> = expected.iter().map(|player| player.id.clone()).collect();
        assert_eq!(leaders, expected, "team {number}");
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
