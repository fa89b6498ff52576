//! What is shared with a team: builds that its members see, and webhooks that receive their events.
//! Outsiders learn of neither, not even that the team exists. `teams` has teams themselves,
//! `team_permissions` who may have webhooks for a team.

use testing::guild::{Guild, guild};
use testing::prelude::*;
use testing::webhooks::header;
use wvw_builder::ids::{TeamId, UserId};
use wvw_builder::webhooks::endpoints::store::leave_team;

fn share(guild: &Guild, owner: &Player, visibility: &str) -> Value {
    let body = json!({ "visibility": visibility, "team_id": guild.team });
    guild.app.wait_ms(1);
    guild.app.build(owner, &body)
}

fn listed(guild: &Guild, player: &Player, query: &str) -> Vec<String> {
    let list = guild.app.get_as(player, &format!("{BUILDS}?{query}")).ok();
    texts_of(array(&list["data"]), "id")
}

#[test]
fn members_see_what_is_shared_with_their_team_and_only_its_owner_changes_it() {
    let guild = guild();
    let (app, member) = (&guild.app, &guild.member);
    let build = share(&guild, member, "team");
    assert_eq!(build["team_id"], json!(guild.team));
    let path = build_path(&build);
    let body = build_body(&json!({ "name": "Changed" }));
    for (player, read, written) in [
        (Some(&guild.leader), 200, 403),
        (Some(&guild.officer), 200, 403),
        (Some(&guild.stranger), 404, 404),
        (None, 404, 401),
        (Some(member), 200, 200),
    ] {
        let send = |call: Call<'_>| call.by(player).send().status;
        assert_eq!(send(app.get(&path)), read);
        let tag = app.get_as(member, &path).etag();
        let put = app.call("PUT", &path).json(&body).if_match(&tag);
        assert_eq!(send(put), written);
    }
    // It was replaced by one that is private.
    app.get_as(&guild.leader, &path).expect(404);
}

#[test]
fn a_build_is_shared_with_a_team_that_its_owner_is_in() {
    let guild = guild();
    let (member, stranger) = (&guild.member, &guild.stranger);
    let (team, absent) = (json!(guild.team), json!("team_01h455vb4pex5vsknk084sn02q"));
    for (player, visibility, team, mistake) in [
        (member, "team", &team, ""),
        (member, "public", &team, ""),
        (member, "unlisted", &team, ""),
        (member, "team", &Value::Null, "/team_id required"),
        (member, "private", &team, "/visibility conflicting_fields"),
        (member, "team", &absent, "/team_id unknown_team"),
        (stranger, "team", &team, "/team_id unknown_team"),
        (stranger, "public", &team, "/team_id unknown_team"),
    ] {
        let body = build_body(&json!({ "visibility": visibility, "team_id": team }));
        let answer = guild.app.post_as(player, BUILDS, &body);
        if mistake.is_empty() {
            answer.expect(201);
        } else {
            answer.expect_mistakes(mistake);
        }
    }
}

#[test]
fn a_teams_builds_are_a_list_for_its_members() {
    let guild = guild();
    let (app, member) = (&guild.app, &guild.member);
    let of_team = [
        text(&share(&guild, member, "public")["id"]),
        text(&share(&guild, &guild.officer, "team")["id"]),
        text(&share(&guild, member, "team")["id"]),
    ];
    app.build(member, &json!({ "visibility": "public" }));
    let filter = format!("team_id={}", guild.team);
    let newest_first: Vec<_> = of_team.iter().rev().cloned().collect();
    for player in [&guild.leader, &guild.officer, member] {
        assert_eq!(listed(&guild, player, &filter), newest_first);
    }
    let own = listed(&guild, member, &format!("{filter}&owner=me"));
    assert_eq!(own, [of_team[2].clone(), of_team[0].clone()]);
    let list = app.get(&format!("{BUILDS}?{filter}"));
    for call in [list.clone(), list.by(&guild.stranger)] {
        call.send().expect_mistakes("?team_id unknown_team");
    }
}

#[test]
fn a_team_webhook_is_told_of_the_teams_builds_and_one_of_my_own_of_mine() {
    let guild = guild();
    let (app, leader, member) = (&guild.app, &guild.leader, &guild.member);
    let team = TeamId::parse(&guild.team).expect("an id");
    let elsewhere = app.team(&[(member, "leader")]);
    for (player, name, team) in [
        (&guild.officer, "officer-team", &guild.team),
        (leader, "leader-team", &guild.team),
        (member, "other-team", &elsewhere),
    ] {
        app.team_endpoint(player, &format!("https://{name}.guild.gg/h"), team);
    }
    app.endpoint(member, "https://member-own.guild.gg/h");
    app.endpoint(leader, "https://leader-own.guild.gg/h");
    let told = || {
        let name = |request: &HttpRequest| {
            assert!(header(request, "webhook-id").starts_with("event_"));
            let host = request.url.strip_prefix("https://").expect("https");
            host.split('.').next().expect("a name").to_owned()
        };
        let mut names: Vec<String> = app.deliver().iter().map(name).collect();
        names.sort_unstable();
        names
    };
    share(&guild, member, "team");
    assert_eq!(told(), ["leader-team", "member-own", "officer-team"]);
    app.build(member, &json!({}));
    assert_eq!(told(), ["member-own"]);
    // Who may have webhooks there no more is told no more.
    let officer = UserId::parse(&guild.officer.id).expect("an id");
    let left = leave_team(&team, &officer, app.test_now()).to_vec();
    block_on(app.test.database.batch(left)).expect("written");
    share(&guild, member, "team");
    assert_eq!(told(), ["leader-team", "member-own"]);
    assert_eq!(app.rows("webhooks WHERE disabled_reason = 'left_team'"), 1);
}
