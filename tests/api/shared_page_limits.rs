//! Shared pages at the limits of compositions: size, strange texts, edited scores. The longest and the
//! strangest texts leave the page small and in order. `shared_page` has escaping,
//! `tests/edge/page.test.mjs` the appearance.

use testing::prelude::*;

use crate::shared_page::{TEAM, card, group, make_team, page, share, slot};

/// The page, which is below 100 kB with its files; and its card is below 60 kB.
#[track_caller]
fn small_page(app: &TestApp) -> String {
    let files = ["squad.css", "squad.js"].map(|name| {
        let path = format!("{}/docs/site/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read(path).expect("a file").len()
    });
    let page = page(app);
    let size = page.len() + files.iter().sum::<usize>();
    assert!(size < 100_000, "{size}");
    let card = app.get(&card()).send().expect(200);
    assert!(card.body.len() < 60_000, "{}", card.body.len());
    page
}

#[test]
fn fifty_players_and_all_files_are_below_100_kb() {
    let (app, owner) = TestApp::with_player("commander");
    let build = json!({ "name": "n".repeat(100), "visibility": "public" });
    let build = app.build(&owner, &build);
    let place = json!({ "player": "A player with a long name", "player_id": null,
        "build_id": build["id"], "specialization": 62, "profession": "Guardian",
        "role": "secondary_support", "note": "Stay on the tag and keep the elite for the second push." });
    let group = json!({ "name": "Frontline", "slots": vec![place; 5] });
    let groups = json!({ "subgroups": vec![group; 10] });
    share(&app, &owner.id, None, &groups);
    assert_eq!(small_page(&app).matches("<code>").count(), 50);
}

/// Fifty places in fifteen subgroups, each text as long as it may be, each place with a build of its
/// own that is warned of, by scores that the team has edited throughout.
#[test]
fn the_longest_texts_leave_the_page_below_100_kb() {
    let app = TestApp::configured(&[("GAME_BALANCE_BUILD", "100")]);
    let owner = app.player("commander");
    make_team(&app, &"語".repeat(100));
    let table = app.get("/api/v1/game/functions").send().ok();
    let rows = array(&table["specializations"]);
    let mut scores = json!({});
    for row in rows {
        let mut other = row["scores"].clone();
        for score in other.as_object_mut().expect("scores").values_mut() {
            *score = json!(3 - score.as_u64().expect("a score"));
        }
        scores[row["specialization"].to_string()] = other;
    }
    app.execute(format!("UPDATE teams SET scores = '{scores}'"));
    for (number, letter) in ["語", "<", "\u{1f9d9}"].into_iter().enumerate() {
        app.clear("compositions");
        let mut places = (0..50).map(|place| {
            let name = format!("{place}{}", letter.repeat(98 - place / 10));
            let specialization = rows[place % rows.len()]["specialization"].clone();
            let profession = &app.get("/api/v1/game/specializations").send().expect(200);
            let profession = profession.json()["data"].as_array().map(|all| {
                let mut all = all.iter();
                all.find(|it| it["id"] == specialization).expect("known")["profession"].clone()
            });
            let build = json!({ "name": letter.repeat(100), "visibility": "public",
                "game_build": 1 + number, "chat_code": null, "template": {
                    "profession": { "id": profession },
                    "specializations": [null, null, { "id": specialization }],
                    "weapons": [{ "id": 5 }, { "id": 35 }, { "id": 47 }, { "id": 265 }],
                } });
            let build = app.build(&owner, &build);
            json!({ "player": name, "player_id": null, "build_id": build["id"],
                "specialization": null, "profession": null, "role": "secondary_support",
                "note": letter.repeat(200) })
        });
        let groups: Vec<Value> = (0..15)
            .map(|group| {
                let size = if group < 5 { 4 } else { 3 };
                let slots: Vec<Value> = places.by_ref().take(size).collect();
                json!({ "name": letter.repeat(50), "slots": slots })
            })
            .collect();
        assert!(places.next().is_none(), "all fifty have a place");
        let document = json!({ "name": letter.repeat(100), "notes": letter.repeat(2_000),
            "tags": vec![letter.repeat(32); 20], "preset": "minstrel_blob_50",
            "subgroups": groups });
        share(&app, &owner.id, Some(TEAM), &document);
        let code = format!("'{}'", "x".repeat(200));
        app.execute(format!(
            "UPDATE builds SET document = json_set(document, '$.chat_code', {code})"
        ));
        let page = small_page(&app);
        assert_eq!(page.matches("<code>x").count(), 50, "{letter}");
        for part in ["…</bdi>", "Scores edited by the team", " more.</p>"] {
            assert!(page.contains(part), "{letter}: {part}");
        }
    }
}

#[test]
fn the_page_says_which_scores_the_team_has_edited_and_how_sure_the_others_are() {
    let (app, owner) = TestApp::with_player("commander");
    make_team(&app, "Red Guard");
    let mut slots = [62, 78, 46].map(|id| slot("specialization", &json!(id)));
    slots[0]["player"] = json!("Anna");
    let document = json!({ "subgroups": [{ "name": "", "slots": slots }] });
    share(&app, &owner.id, Some(TEAM), &document);
    let shown = page(&app);
    assert!(shown.contains("All of them are the defaults"));
    for part in [
        "<li>Seen in the game or in what guilds play: Firebrand</li>",
        "<li>Without defaults, so nothing unless edited: Virtues</li>",
    ] {
        assert!(shown.contains(part), "{part}");
    }
    app.execute(
        "UPDATE teams SET scores = '{\"62\":{\"stability\":1},\"60\":{\"heal\":0}}', version = 2",
    );
    let shown = page(&app);
    assert!(shown.contains("<p>Scores edited by the team:</p>"));
    assert!(shown.contains("<li>Firebrand: stability 1 (default 3)</li>"));
    assert!(!shown.contains("Scourge: "), "what is not there");
    assert!(!shown.contains("All of them are the defaults"));
}

/// A part of a chat code is none.
#[test]
fn a_code_longer_than_the_games_is_not_shown() {
    let (app, owner) = TestApp::with_player("commander");
    let build = app.build(&owner, &json!({ "visibility": "public" }));
    let place = slot("build_id", &build["id"]);
    share(&app, &owner.id, None, &group(json!([place])));
    for (length, is_shown) in [(200, true), (201, false)] {
        let code = "x".repeat(length);
        app.execute(format!(
            "UPDATE builds SET version = version + 1, \
             document = json_set(document, '$.chat_code', '{code}')"
        ));
        let shown = page(&app);
        assert_eq!(shown.contains(&code), is_shown, "{length}");
        assert_eq!(shown.contains("too long to show"), !is_shown, "{length}");
    }
}

/// What players call themselves, and what it could do to the text around it.
const STRANGE: [&str; 4] = [
    // A family of four, joined.
    "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466} Anna",
    "شجاع المحارب",
    // Right to left from here on, and never ended: refused today, and still in old rows.
    "\u{202e}annA",
    "\u{2067}Anna",
];

#[test]
fn strange_names_of_old_rows_come_back_as_they_were_and_stay_in_their_places_on_the_page() {
    let (app, owner) = TestApp::with_player("commander");
    let piled = format!("a{}", "\u{0316}".repeat(49));
    for name in STRANGE.iter().copied().chain([piled.as_str()]) {
        let slots = json!([{ "player": "Zojirushi", "specialization": 62, "note": "Zojirushi" }]);
        let body = json!({ "name": "Zojirushi", "notes": "Zojirushi", "tags": ["x"],
            "subgroups": [{ "name": "Zojirushi", "slots": slots }] });
        let made = app.composition(&owner, &body);
        app.execute(format!(
            "UPDATE compositions SET document = replace(document, 'Zojirushi', '{name}')"
        ));
        let made = app.get_as(&owner, &path_of(&made)).ok();
        assert_has!(made, { "name": name, "notes": name });
        let subgroup = &made["subgroups"][0];
        assert_eq!(subgroup["name"], name);
        assert_has!(subgroup["slots"][0], { "player": name, "note": name });
        let url = text(&app.share_link(&owner, &made)["url"]);
        let target = url.strip_prefix(ISSUER).expect("ours");
        let page = app.get(target).send().expect(200).text();
        // Whatever stands in the page's text stands in an element that isolates its direction.
        let body = page.split_once("<body>").expect("a body").1;
        let start: String = name.chars().take(5).collect();
        let isolated = format!("<bdi>{start}");
        let found = body.matches(&start).count();
        assert_eq!(body.matches(&isolated).count(), found, "{name}");
        assert_eq!(found, 5, "title, notes, subgroup, player and note: {name}");
    }
}
