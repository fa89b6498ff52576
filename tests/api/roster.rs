//! The roster of a team over HTTP: create, read, change, list, and refusals. Every mistake is reported
//! with its location. `roster_access` has permissions, `roster_files` files.

use testing::guild::{CSV, guild, player, players_of};
use testing::prelude::*;
use wvw_builder::ids::{TeamId, UserId};
use wvw_builder::teams::roster::store;

#[test]
fn a_player_through_every_change() {
    let guild = guild();
    let (app, officer, path) = (&guild.app, &guild.officer, &guild.path);
    let build = app.build(officer, &json!({ "visibility": "public" }));
    let body = json!({
        "name": "  Anna \u{2694} ", "user_id": guild.member.id,
        "builds": [{ "build_id": build["id"], "preference": 5 }],
        "availability": [{ "day": "thursday", "from": "20:00", "to": "01:30" }],
        "notes": "Brings\nfood.",
    });
    let answer = app.post_as(officer, path, &body).expect(201);
    let made = answer.json();
    let one = guild.one(&made);
    assert_eq!(answer.header("location"), Some(one.as_str()));
    assert_eq!(answer.etag(), "\"1\"");
    let mut expected = body.clone();
    expected["name"] = json!("Anna \u{2694}");
    expected["id"] = made["id"].clone();
    expected["team_id"] = json!(guild.team);
    expected["created_at"] = json!("2026-11-22T00:00:00.000Z");
    expected["updated_at"] = expected["created_at"].clone();
    assert_eq!(made, expected);

    let read = app.get_as(&guild.member, &one).expect(200);
    assert_eq!((read.json(), read.etag()), (made.clone(), answer.etag()));
    let again = app.get(&one).header(Header::IfNoneMatch, "\"1\"");
    again.by(officer).send().expect(304);

    app.wait_ms(5_000);
    let change = json!({ "notes": null, "user_id": null, "availability": [] });
    let call = app.call("PATCH", &one).by(officer).json(&change);
    let patched = call.if_match("\"1\"").send().expect(200);
    expected["notes"] = json!("");
    expected["user_id"] = Value::Null;
    expected["availability"] = json!([]);
    expected["updated_at"] = json!("2026-11-22T00:00:05.000Z");
    assert_eq!(patched.json(), expected);
    assert_eq!(patched.etag(), "\"2\"");

    let bert = json!({ "name": "Bert" });
    let put = app.call("PUT", &one).by(officer).json(&bert);
    let stale = put.if_match("\"1\"").send();
    stale.expect_problem(412, "precondition_failed");
    let put = app.put_as(officer, &one, &bert).expect(200);
    assert_eq!(put.etag(), "\"3\"");
    let put = put.json();
    assert_has!(put, { "builds": [], "created_at": made["created_at"] });

    let delete = || app.call("DELETE", &one).by(officer);
    let stale = delete().if_match("\"2\"").send();
    stale.expect_problem(412, "precondition_failed");
    delete().send().expect(204);
    delete().send().expect_problem(404, "not_found");
    assert_eq!(app.rows("team_players"), 0);
}

#[test]
fn all_mistakes_at_once() {
    let guild = guild();
    let build = "build_01h455vb4pex5vsknk084sn02q";
    let body = json!({
        "name": " ", "user_id": guild.stranger.id, "id": "x", "team_id": guild.team,
        "builds": [
            { "build_id": build, "preference": 6 },
            { "build_id": build, "preference": 0 },
            { "build_id": "build_01H455VB4PEX5VSKNK084SN02Q", "preference": 1.5 },
            { "preference": 1, "note": "" },
        ],
        "availability": [
            { "day": "Monday", "from": "24:00", "to": "9:00" },
            { "day": "monday", "from": "20:00" },
        ],
        "notes": "a\u{7}",
    });
    let answer = guild.app.post_as(&guild.officer, &guild.path, &body);
    answer.expect_mistakes(
        "/availability/0/day invalid_choice
        /availability/0/from invalid_format
        /availability/0/to invalid_length
        /availability/1/to required
        /builds/0/build_id unknown_build
        /builds/0/preference out_of_range
        /builds/1/build_id duplicate_item
        /builds/1/build_id unknown_build
        /builds/2/build_id invalid_format
        /builds/2/preference invalid_type
        /builds/3/build_id required
        /builds/3/note unknown_field
        /id unknown_field
        /name invalid_length
        /notes invalid_format
        /team_id unknown_field
        /user_id unknown_member",
    );
}

#[test]
fn lists_are_narrowed_and_cut_into_pages() {
    let guild = guild();
    let (app, member) = (&guild.app, &guild.member);
    let names = ["Anna", "\u{c9}tienne", "bert", "Annika", "x'%_"];
    for name in names {
        guild.add(&json!({ "name": name }));
        app.wait_ms(1);
    }
    let me = json!({ "name": "Me", "user_id": member.id });
    player(app, &guild.team, member, &me);
    let other = app.team(&[(&guild.officer, "leader")]);
    let elsewhere = json!({ "name": "Anna elsewhere" });
    player(app, &other, &guild.officer, &elsewhere);
    let found = |query: &str| guild.names(query);
    assert_eq!(found("q=ANN"), ["Anna", "Annika"]);
    assert_eq!(found("q=%C3%A9"), ["\u{c9}tienne"]);
    assert_eq!(found("q=%25"), ["x'%_"]);
    assert_eq!(found(&format!("user_id={}", member.id)), ["Me"]);
    assert_eq!(found(&format!("user_id={}&q=anna", member.id)), [""; 0]);
    let pages = app.pages(member, &format!("{}?limit=4", guild.path));
    assert_eq!((pages[0].len(), pages.len()), (4, 2));
    let all = texts_of(&pages.concat(), "name");
    assert_eq!((&all[..5], all.len()), (&names.map(str::to_owned)[..], 6));
    let wrong = app.get_as(member, &format!("{}?cursor=x", guild.path));
    wrong.expect_problem(422, "invalid_input");
}

#[test]
fn a_page_ends_early_when_its_players_are_very_large() {
    let guild = guild();
    let build = |index| json!({ "build_id": format!("build_{index:026}"), "preference": 5 });
    let builds: Vec<Value> = (0..20).map(build).collect();
    for index in 0..100 {
        let id = format!("player_{index:026}");
        let document = json!({
            "id": id, "team_id": guild.team, "user_id": null, "name": "n", "builds": builds,
            "availability": [], "notes": "\n".repeat(2_000),
            "created_at": "2026-11-22T00:00:00.000Z", "updated_at": "2026-11-22T00:00:00.000Z",
        });
        guild.app.execute(format!(
            "INSERT INTO team_players (id, team_id, name, search_name, document, version) \
             VALUES ('{id}', '{}', 'n', 'n', '{document}', 1)",
            guild.team
        ));
    }
    let pages = guild.sizes_of_pages();
    assert!(pages.len() == 2 && pages[0] < 100, "{pages:?}");
    assert_eq!(pages.iter().sum::<usize>(), 100);
}

#[test]
fn a_roster_has_an_end() {
    let guild = guild();
    let (app, officer) = (&guild.app, &guild.officer);
    app.fill_roster(&guild.team, 9_999, "");
    guild.add(&json!({ "name": "The last" }));
    let more = app.post_as(officer, &guild.path, &json!({ "name": "One more" }));
    more.expect_problem(409, "roster_too_large");
    let file = "name\nOne more\n";
    let more = guild.import("", CSV, file);
    more.expect_problem(409, "roster_too_large");
    guild.imports("mode=replace", CSV, file, [1, 0, 10_000]);
}

#[test]
fn who_leaves_stays_as_only_a_name() {
    let guild = guild();
    let (app, member) = (&guild.app, &guild.member);
    let body = json!({ "name": "Me", "user_id": member.id, "notes": "\u{1f3f4}" });
    let mine = guild.one(&guild.add(&body));
    let other = app.team(&[(member, "member")]);
    let elsewhere = player(app, &other, member, &body);
    let team_id = TeamId::parse(&guild.team).expect("a team");
    let user = UserId::parse(&member.id).expect("a user");
    let leave = store::detach_member(&team_id, &user);
    block_on(app.test.database.batch(vec![leave])).expect("written");
    let read = app.get_as(&guild.officer, &mine).expect(200);
    assert_eq!(read.etag(), "\"2\"");
    let read = read.json();
    assert_has!(read, { "user_id": null, "name": "Me", "notes": "\u{1f3f4}" });
    assert_eq!(guild.names(&format!("user_id={}", member.id)), [""; 0]);
    let path = format!("{}/{}", players_of(&other), text(&elsewhere["id"]));
    let kept = app.get_as(member, &path).ok();
    assert_eq!(kept["user_id"], json!(member.id));
}

#[test]
fn a_roster_that_is_full_of_text_grows_no_more() {
    let guild = guild();
    let (app, officer) = (&guild.app, &guild.officer);
    let one = guild.one(&guild.add(&json!({ "name": "Anna", "notes": "x" })));
    app.fill_roster(&guild.team, 800, &"x".repeat(10_000));
    let more = app.post_as(officer, &guild.path, &json!({ "name": "More" }));
    more.expect_problem(409, "roster_too_large");
    let import = guild.import("", CSV, "name\nMore\n");
    import.expect_problem(409, "roster_too_large");
    let patch = |notes: &str| app.patch_as(officer, &one, &json!({ "notes": notes }));
    patch("xx").expect_problem(409, "roster_too_large");
    patch("").expect(200);
    let import = guild.import("mode=replace", CSV, "name\nMore\n");
    import.expect(200);
}
