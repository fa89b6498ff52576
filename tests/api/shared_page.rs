//! The page of a share link and its preview image: content, escaping, revocation. Nobody's private build
//! is on a page. `shared_page_cache` has caches, `shared_page_limits` size and strange texts,
//! `tests/edge/page.test.mjs` appearance and keyboard.

use testing::prelude::*;

/// A slug as share links have them.
pub const SLUG: &str = "0123456789ABCDEFGHIJab";
pub const COMPOSITION: &str = "composition_01h455vb4pex5vsknk084sn02q";
pub const TEAM: &str = "team_01h455vb4pex5vsknk084sn02q";
/// What would run if any text were written as it is.
const PAYLOAD: &str = "</title><script>alert(1)</script>\"'&<b>";

pub fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

/// Writes a composition as `compositions` would, and a link to it. Its team must be there.
pub fn share(app: &TestApp, owner: &str, team: Option<&str>, document: &Value) {
    let mut whole = json!({
        "id": COMPOSITION, "owner_id": owner, "team_id": team, "name": "Thursday zerg",
        "mode": "zerg", "preset": null, "visibility": "private", "is_template": false,
        "notes": "", "tags": [], "player_count": 0, "subgroups": [],
        "updated_by": owner, "created_at": "2026-11-22T00:00:00.000Z",
        "updated_at": "2026-11-22T18:30:00.000Z",
    });
    for (name, value) in document.as_object().expect("an object") {
        whole[name] = value.clone();
    }
    if let Some(team) = team {
        app.execute(format!(
            "INSERT OR IGNORE INTO team_members VALUES ('{team}', '{owner}', 'officer', 'Anna', 0)"
        ));
    }
    let team = team.map_or("NULL".to_owned(), quoted);
    let document = quoted(&whole.to_string());
    for sql in [
        format!(
            "INSERT INTO compositions (id, owner_id, team_id, visibility, document, search_text, \
             number, version) \
             VALUES ('{COMPOSITION}', '{owner}', {team}, 'private', {document}, '', 1, 1)"
        ),
        format!(
            "INSERT INTO share_links (slug, composition_id, id, created_by, created_at) \
             VALUES ('{SLUG}', '{COMPOSITION}', 'link_01h455vb4pex5vsknk084sn02q', '{owner}', 0)"
        ),
    ] {
        app.execute(&sql);
    }
}

/// A composition with Anna in it, and a link to it by a commander.
pub fn shared_anna(team: Option<&str>) -> TestApp {
    let (app, owner) = TestApp::with_player("commander");
    if team.is_some() {
        make_team(&app, "Red Guard");
    }
    share(
        &app,
        &owner.id,
        team,
        &group(json!([slot("player", &json!("Anna"))])),
    );
    app
}

pub fn card() -> String {
    format!("{}/card.png", path())
}

pub fn make_team(app: &TestApp, name: &str) {
    app.execute(format!(
        "INSERT INTO teams (id, name, tag, description, version, created_at, updated_at) \
         VALUES ('{TEAM}', {}, '', '', 1, 0, 0)",
        quoted(name)
    ));
}

/// One subgroup with these places.
pub fn group(slots: Value) -> Value {
    json!({ "subgroups": [{ "name": "", "slots": slots }] })
}

pub fn slot(member: &str, value: &Value) -> Value {
    let mut slot = json!({ "player": null, "player_id": null, "build_id": null,
        "specialization": null, "profession": null, "role": null, "note": "" });
    slot[member] = value.clone();
    slot
}

pub fn path() -> String {
    format!("/c/{SLUG}")
}

#[track_caller]
pub fn page(app: &TestApp) -> String {
    app.get(&path()).send().expect(200).text()
}

/// The build in another visibility, as `PATCH` would leave it.
fn show(app: &TestApp, build: &Value, visibility: &str, team: Option<&str>) {
    let team = team.map_or("NULL".to_owned(), quoted);
    app.execute(format!(
        "UPDATE builds SET visibility = '{visibility}', team_id = {team}, version = version + 1 \
         WHERE id = {}",
        quoted(&text(&build["id"]))
    ));
}

#[test]
fn a_link_shows_the_composition_to_whoever_has_it() {
    let (app, owner) = TestApp::with_player("commander");
    let build = json!({ "name": "My Firebrand", "visibility": "public" });
    let build = app.build(&owner, &build);
    make_team(&app, "Red Guard");
    let slots = json!([
        { "player": "Anna", "player_id": null, "build_id": build["id"], "specialization": 62,
          "profession": "Guardian", "role": "primary_support", "note": "Stay on the tag" },
        slot("role", &json!("strip")),
        slot("specialization", &json!(60)),
    ]);
    let mut document = group(slots);
    document["subgroups"][0]["name"] = "Melee".into();
    document["notes"] = "Meet at 20:00".into();
    document["tags"] = json!(["thursday"]);
    share(&app, &owner.id, Some(TEAM), &document);

    let answer = app.get(&path()).send().expect(200);
    let page = answer.text();
    for part in "<html lang=\"en\">
        <title>Thursday zerg - WvW Builder</title>
        Zerg
        2 players, 1 open
        Team <bdi>Red Guard</bdi>
        <time datetime=\"2026-11-22T18:30:00.000Z\">2026-11-22 18:30 UTC</time>
        Meet at 20:00
        thursday
        <bdi>Melee</bdi>
        <bdi>Anna</bdi>
        Firebrand
        href=\"#Guardian\"
        Primary support
        href=\"#primary_support\"
        Stay on the tag
        My Firebrand
        Open place
        Strip
        Scourge"
        .lines()
    {
        assert!(page.contains(part.trim()), "{part}");
    }
    let code = GUARDIAN_CODE.replace('&', "&#38;");
    assert!(page.contains(&code), "the chat code");
    for id in [owner.id.as_str(), COMPOSITION] {
        assert!(!page.contains(id), "{id}");
    }
    answer.expect_header("content-type", "text/html; charset=utf-8");
    answer.expect_header("cache-control", "private, no-cache");
    answer.expect_header("x-robots-tag", "noindex");
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                  frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
    answer.expect_header("content-security-policy", policy);
    // What the policy would refuse: no part of the page may rest on it.
    for part in "style= onclick <style javascript: <form <base".split(' ') {
        assert!(!page.contains(part), "{part}");
    }
}

#[test]
fn a_link_made_by_the_api_shows_what_the_api_stores_until_it_is_deleted() {
    let (app, owner) = TestApp::with_player("commander");
    let build = app.build(&owner, &json!({ "name": "My Firebrand" }));
    let slots =
        json!([{ "player": "Anna", "build_id": build["id"], "role": "primary_support" }, {}]);
    let body = json!({ "name": "Thursday zerg", "mode": "zerg", "preset": "zerg_30",
        "subgroups": [{ "name": "Melee", "slots": slots }] });
    let made = app.post_as(&owner, COMPOSITIONS, &body).created();
    let path = path_of(&made);
    let link = app.share_link(&owner, &made);
    let url = text(&link["url"]);
    let target = url.strip_prefix(ISSUER).expect("an address of ours");
    let page = || app.get(target).send().expect(200).text();
    for part in [
        "Thursday zerg",
        "1 player, 1 open",
        "Held against Zerg, 30",
        "<bdi>Melee</bdi>",
        "<bdi>Anna</bdi>",
        "Firebrand",
        "5 missing",
        "Private build",
        "Coverage of subgroup 1",
        "<th scope=\"row\">Stability</th>",
        "<td>enough</td>",
        "Subgroup 1 has no",
    ] {
        assert!(page().contains(part), "{part}");
    }
    let change = app.call("PATCH", &path).if_match("\"1\"").by(&owner);
    change.json(&json!({ "name": "Friday zerg" })).send().ok();
    assert!(page().contains("Friday zerg") && !page().contains("Thursday"));
    let link = format!("{path}/share-links/{}", text(&link["id"]));
    app.delete_as(&owner, &link).expect(204);
    app.get(target).send().expect(404);
}

#[test]
fn a_chat_program_finds_what_its_preview_needs() {
    let app = shared_anna(None);
    let page = page(&app);
    let meta = |name: &str| {
        let start = format!("\"{name}\" content=\"");
        let (_, rest) = page.split_once(&start).unwrap_or_else(|| panic!("{name}"));
        rest.split_once('"').expect("an end").0.to_owned()
    };
    let url = format!("{ISSUER}/c/{SLUG}");
    assert!(page.contains(&format!("<link rel=\"canonical\" href=\"{url}\">")));
    assert_eq!(meta("og:url"), url);
    assert_eq!(meta("og:title"), "Thursday zerg");
    assert!(meta("og:description").starts_with("1 player, Zerg."));
    assert_eq!(meta("og:image:width"), "1200");
    assert_eq!(meta("og:image:height"), "630");
    assert!(meta("og:image:alt").contains("Thursday zerg"));
    assert_eq!(meta("twitter:card"), "summary_large_image");
    assert_eq!(meta("robots"), "noindex");
    assert!(meta("theme-color").starts_with('#'));

    let image = meta("og:image");
    let target = image.strip_prefix(ISSUER).expect("an address of ours");
    let card = app.get(target).send().expect(200);
    card.expect_header("content-type", "image/png");
    card.expect_header("cache-control", "private, no-cache");
    assert!(card.body.starts_with(b"\x89PNG\r\n\x1a\n"));
    assert!(card.body.len() < 60_000, "{}", card.body.len());
    assert!(target.ends_with(card.etag().trim_matches('"')), "{target}");
}

#[test]
fn every_text_of_a_players_is_escaped() {
    let (app, owner) = TestApp::with_player("commander");
    make_team(&app, PAYLOAD);
    let build = json!({ "name": PAYLOAD, "visibility": "unlisted" });
    let build = app.build(&owner, &build);
    let mut slot = slot("player", &json!(PAYLOAD));
    slot["note"] = PAYLOAD.into();
    slot["build_id"] = build["id"].clone();
    slot["specialization"] = 62.into();
    let mut strange = self::slot("build_id", &json!(PAYLOAD));
    strange["role"] = PAYLOAD.into();
    strange["profession"] = PAYLOAD.into();
    let document = json!({
        "name": PAYLOAD, "notes": PAYLOAD, "tags": [PAYLOAD], "mode": PAYLOAD, "preset": PAYLOAD,
        "updated_at": PAYLOAD,
        "subgroups": [{ "name": PAYLOAD, "slots": [slot, slot, strange] }],
    });
    share(&app, &owner.id, Some(TEAM), &document);
    let clean = page(&app).replace("<script defer src=\"/docs/squad.js\"></script>", "");
    assert!(!clean.contains("<script"));
    assert!(!clean.contains("alert(1)<"));
    assert!(!clean.contains("<b>\""));
    // The title, its heading, two tags of the head, team, notes, tag, subgroup and time; for each
    // of two places the player, the note and the build; and the
    // warning that one player stands there twice.
    let escaped = clean.matches("&#60;script&#62;alert(1)").count();
    assert_eq!(escaped, 16);
    app.get(&card()).send().expect(200);
}

#[test]
fn a_build_is_shown_only_to_those_who_may_see_it() {
    let (app, owner) = TestApp::with_player("commander");
    make_team(&app, "Red Guard");
    let build = app.build(&owner, &json!({ "name": "Secret sauce" }));
    let mut place = slot("build_id", &build["id"]);
    place["specialization"] = 62.into();
    place["profession"] = "Guardian".into();
    share(&app, &owner.id, Some(TEAM), &group(json!([place])));
    let other = "team_7zzzzzzzzzzzzzzzzzzzzzzzzz";
    let code = GUARDIAN_CODE.replace('&', "&#38;");
    for (visibility, team, is_shown) in [
        ("private", None, false),
        ("public", None, true),
        // As soon as it is private again: the composition has not changed.
        ("private", Some(TEAM), false),
        ("unlisted", None, true),
        ("team", Some(other), false),
        ("team", Some(TEAM), true),
        ("team", None, false),
    ] {
        show(&app, &build, visibility, team);
        let page = page(&app);
        let what = format!("{visibility} {team:?}");
        assert_eq!(page.contains(&code), is_shown, "{what}");
        assert_eq!(page.contains("Secret sauce"), is_shown, "{what}");
        assert_eq!(page.contains("Private build"), !is_shown, "{what}");
        assert!(page.contains("Firebrand"), "{what}");
    }
    show(&app, &build, "public", None);
    assert!(page(&app).contains(&code));
    app.clear("builds");
    assert!(!page(&app).contains(&code));
    // A composition without a team shares with no team, not with builds of none.
    app.execute("UPDATE compositions SET team_id = NULL");
    let build = app.build(&owner, &json!({ "name": "Secret sauce" }));
    app.execute(format!(
        "UPDATE compositions SET document = json_set(document, '$.subgroups[0].slots[0].build_id', {})",
        quoted(&text(&build["id"]))
    ));
    show(&app, &build, "team", None);
    assert!(!page(&app).contains(&code));
}

#[test]
fn a_withdrawn_link_is_gone_at_once() {
    let app = shared_anna(None);
    let tag = app.get(&path()).send().expect(200).etag();
    let card = card();
    let card_tag = app.get(&card).send().expect(200).etag();
    app.clear("share_links");
    for isolate in [&app, &app.isolate(2)] {
        let call = || isolate.get(&path());
        let known = [tag.as_str(), "*"].map(|tag| call().header(Header::IfNoneMatch, tag));
        for call in known.into_iter().chain([call()]) {
            let answer = call.send().expect(404);
            answer.expect_header("content-type", "text/html; charset=utf-8");
            answer.expect_header("cache-control", "no-store");
            let page = answer.text();
            assert!(page.contains("This link leads to no composition") && !page.contains("Anna"));
        }
        let call = isolate.get(&card).header(Header::IfNoneMatch, &card_tag);
        call.send().expect_problem(404, "not_found");
    }
}

#[test]
fn what_is_no_link_costs_nothing_and_tells_nothing() {
    let app = TestApp::new();
    let page = |slug: &str| app.get(&format!("/c/{slug}")).send().expect(404).text();
    let made_up = page("9999999999999999999999");
    let slugs = "x 0123456789ABCDEFGHIJa 0123456789ABCDEFGHIJa- %3Cscript%3E";
    for slug in slugs.split(' ') {
        let calls = app.calls_of(|| assert_eq!(page(slug), made_up, "{slug}"));
        assert_eq!(calls, 0, "{slug}");
    }
}
