//! Lists of builds over HTTP: filters, pages and their cost. Pages neither repeat nor lose a
//! build, whatever is created meanwhile. `builds` has single builds, `lists_reference` who sees what.

use testing::prelude::*;
use wvw_builder::http::pagination::cursor_after;

/// The names on a page.
fn names(app: &TestApp, query: &str, player: Option<&Player>) -> Vec<String> {
    let page = app.get(&format!("{BUILDS}?{query}")).by(player).ok();
    let items = array(&page["data"]);
    items.iter().map(|build| text(&build["name"])).collect()
}

#[test]
fn no_filter_names_somebody_else() {
    let (app, [one, two]) = TestApp::with_players(["one", "two"]);
    app.get(&format!("{BUILDS}?owner=me"))
        .expect_problem(401, "authentication_required");
    let refused = "owner=ID owner_id=ID user_id=ID owner=ME owner=* owner=me,ID owner[]=ID \
                   owner=me&owner=ID visibility=private";
    let lists = refused.split_whitespace().map(|query| (BUILDS, query));
    let own = [SESSIONS, API_KEYS].map(|path| [(path, "user_id=ID"), (path, "owner=ID")]);
    for (path, query) in lists.chain(own.concat()).chain([(ME, "id=ID")]) {
        let answer = app.get_as(&one, &format!("{path}?{}", query.replace("ID", &two.id)));
        answer.expect_problem(422, "invalid_input");
    }
}

#[test]
fn filters_alone_and_together() {
    let (app, player) = TestApp::with_player("filters");
    let template = |profession: &str, id: u8| json!({ "profession": { "id": profession }, "specializations": [null, null, { "id": id }] });
    for (name, profession, elite, described) in [
        (
            "Alpha firebrand",
            "Guardian",
            62,
            "primary_support | zerg eu | 100",
        ),
        ("Beta firebrand", "Guardian", 62, "filler | roam | 200"),
        ("Gamma spellbreaker", "Warrior", 61, "strip | zerg | 100"),
        (
            "Delta 100%",
            "Warrior",
            18,
            "primary_support strip | \u{dc}BER | 200",
        ),
    ] {
        let parts = described.split(" | ").map(|part| part.split(' ').collect());
        let parts: Vec<Vec<&str>> = parts.collect();
        let body = json!({
            "name": name, "chat_code": null, "template": template(profession, elite),
            "roles": parts[0], "tags": parts[1], "game_build": json_of(parts[2][0]),
            "visibility": "public", "notes": format!("Notes of {name}"),
        });
        app.build(&player, &body);
    }
    let all = "tag=zerg&game_build=100&role=strip&profession=Warrior&specialization=61&q=gamma";
    for (query, expected) in [
        ("", "abgd"),
        ("profession=Thief", ""),
        ("tag=ZERG", "ag"),
        ("tag=+zerg+", "ag"),
        ("tag=zer", ""),
        ("game_build=300", ""),
        ("q=FIREBRAND", "ab"),
        ("q=notes+of+gamma", "g"),
        ("q=%25", "d"),
        ("q=_", ""),
        (all, "g"),
        ("tag=zerg&profession=Guardian&q=alpha&owner=me", "a"),
        ("tag=zerg&tag=eu", "refused"),
        ("profession=guardian", "refused"),
        ("specialization=200", "refused"),
        ("role=king", "refused"),
        ("team_id=team_01h455vb4pex5vsknk084sn02q", "refused"),
        ("name=x", "refused"),
    ] {
        if expected == "refused" {
            let answer = app.get_as(&player, &format!("{BUILDS}?{query}"));
            answer.expect_problem(422, "invalid_input");
            continue;
        }
        let initials = |name: &String| name[..1].to_lowercase();
        let found = names(&app, query, Some(&player));
        let found: BTreeSet<String> = found.iter().map(initials).collect();
        let expected: BTreeSet<String> = expected.chars().map(String::from).collect();
        assert_eq!(found, expected, "{query}");
    }
    let answer = app
        .get(&format!("{BUILDS}?limit=0&role=king&x=1&specialization=0"))
        .send();
    assert_eq!(answer.expect(422).mistakes().len(), 4);
}

/// All pages from the first: ids in order, and the number of pages.
fn walk(
    app: &TestApp,
    query: &str,
    player: Option<&Player>,
    between: impl FnMut(),
) -> (Vec<String>, usize) {
    let pages = app.pages_between(player, &format!("{BUILDS}?{query}"), between);
    (texts_of(&pages.concat(), "id"), pages.len())
}

#[test]
fn pages_neither_repeat_nor_lose_a_build() {
    let (app, [one, two]) = TestApp::with_players(["one", "two"]);
    let mut expected = Vec::new();
    for number in 0..250 {
        // Ties: ten builds share each millisecond.
        if number % 10 == 0 {
            app.test.clock.advance_ms(1);
        }
        let player = if number % 2 == 0 { &one } else { &two };
        let visibility = if number % 5 == 0 { "private" } else { "public" };
        let body = json!({ "visibility": visibility, "tags": ["paged"] });
        let build = app.build(player, &body);
        if visibility == "public" || number % 2 == 0 {
            expected.push(text(&build["id"]));
        }
        if number % 50 == 0 {
            app.test.clock.advance_ms(9_000);
        }
    }
    expected.sort();
    expected.reverse();
    for (query, pages) in [
        ("limit=100", 3),
        ("limit=7", expected.len().div_ceil(7)),
        ("limit=7&tag=paged", expected.len().div_ceil(7)),
        ("limit=45&q=build", 5),
    ] {
        let found = walk(&app, query, Some(&one), || {});
        assert_eq!(found, (expected.clone(), pages), "{query}");
    }
    assert_eq!(walk(&app, "limit=50", None, || {}).0.len(), 200);
    let own = walk(&app, "limit=50&owner=me", Some(&one), || {});
    assert_eq!(own.0.len(), 125);
    // Builds that are made or removed meanwhile change nothing of the rest.
    let mut removed = expected.clone();
    let found = walk(&app, "limit=20", Some(&one), || {
        app.build(&one, &json!({ "visibility": "public" }));
        if let Some(last) = removed.pop() {
            app.execute(format!("DELETE FROM builds WHERE id = '{last}'"));
        }
    });
    let is_left = |id: &&String| removed.contains(*id);
    let still_there: Vec<_> = expected.iter().filter(is_left).collect();
    let seen: Vec<_> = found.0.iter().filter(is_left).collect();
    assert_eq!(seen, still_there);
    let distinct: BTreeSet<&String> = found.0.iter().collect();
    assert_eq!(distinct.len(), found.0.len());
}

#[test]
fn a_page_of_very_large_builds_ends_early_and_goes_on() {
    let (app, player) = TestApp::with_player("large");
    for number in 0..12 {
        let body = json!({ "name": format!("build {number}"), "visibility": "public" });
        app.build(&player, &body);
    }
    app.execute(
        "UPDATE builds SET document = json_set(document, '$.notes', printf('%.*c', 50000, 'x'))",
    );
    // Larger than any build can be: only the pages' sizes are looked at, not the builds.
    let mut sizes = Vec::new();
    let mut cursor = String::new();
    loop {
        let isolate = app.isolate(7);
        let request = isolate
            .get(&format!("{BUILDS}?limit=100{cursor}"))
            .request();
        let response = block_on(isolate.app.handle(&request));
        assert_eq!(response.status, 200);
        let page: Value = serde_json::from_slice(&response.body_bytes()).expect("JSON");
        assert!(response.body_bytes().len() < 700_000);
        sizes.push(array(&page["data"]).len());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(sizes.iter().sum::<usize>(), 12);
    assert!(sizes.len() > 1, "{sizes:?}");
}

#[test]
fn cursors_that_are_not_ours() {
    let (app, player) = TestApp::with_player("cursor");
    for _ in 0..3 {
        app.build(&player, &json!({}));
    }
    let page = app.get_as(&player, &format!("{BUILDS}?limit=1")).ok();
    let good = text(&page["next_cursor"]);
    let encode = |text: &str| testing::forge::encode(text.as_bytes());
    let good_id = "build_01h455vb4pex5vsknk084sn02q";
    for (name, cursor, status) in [
        ("its own", good.clone(), 200),
        ("never there", encode(&format!("1.{good_id}")), 200),
        ("cut", good[..good.len() - 1].to_owned(), 422),
        ("padded", format!("{good}%3D"), 422),
        ("empty", String::new(), 422),
        ("another version", encode(&format!("2.{good_id}")), 422),
        ("without a version", encode(good_id), 422),
        ("a user", encode("1.user_01h455vb4pex5vsknk084sn02q"), 422),
        ("past all ids", encode("1.build_~"), 422),
        ("SQL", encode("1.build_' OR '1'='1"), 422),
        ("not UTF-8", "_w".to_owned(), 422),
        ("a raw id", good_id.to_owned(), 422),
        ("long", "A".repeat(101), 422),
    ] {
        let answer = app.get_as(&player, &format!("{BUILDS}?limit=1&cursor={cursor}"));
        assert_eq!(answer.status, status, "{name}");
    }
}

#[test]
fn what_was_rendered_with_older_tables_is_rendered_again() {
    let (app, player) = TestApp::with_player("stale");
    let first = app.build(&player, &json!({ "visibility": "public", "name": "First" }));
    app.test.clock.advance_ms(1);
    let second = json!({ "visibility": "public", "name": "Second" });
    let second = app.build(&player, &second);
    let id = text(&first["id"]);
    app.execute(format!(
        "UPDATE builds SET rendered_with = 'older', \
         document = json_set(document, '$.template.specializations[2].name', null) WHERE id = '{id}'"
    ));
    let target = format!("{BUILDS}/{id}");
    assert_eq!(app.get(&target).ok(), first);
    for query in ["", "tag=x", "limit=1", "owner=me"] {
        let page = app.get_as(&player, &format!("{BUILDS}?{query}")).ok();
        let expected = match query {
            "tag=x" => json!([]),
            "limit=1" => json!([second]),
            _ => json!([second, first]),
        };
        assert_eq!(page["data"], expected, "{query}");
    }
    // A write keeps the new rendering.
    app.patch_as(&player, &target, &json!({ "notes": "now" }))
        .expect(200);
    assert_eq!(app.rows("builds WHERE rendered_with = 'older'"), 0);
}

#[test]
fn no_read_scans_or_sorts_the_builds() {
    let (app, player) = TestApp::with_player("plans");
    let build = app.build(&player, &json!({ "visibility": "public", "tags": ["x"] }));
    let id = text(&build["id"]);
    let plan = |statement: &Statement| -> Vec<String> {
        let sql = format!("EXPLAIN QUERY PLAN {}", statement.sql);
        let explain = Statement::new(sql, statement.params.clone());
        let rows = block_on(app.test.database.query(explain)).expect("a plan");
        let detail = |row: &Row| row.text(3).expect("a detail").to_owned();
        rows.iter().map(detail).collect()
    };
    let search = "SCAN s VIRTUAL TABLE INDEX 64:M1";
    let by_text = "SEARCH b USING COVERING INDEX builds_text (number=? AND visibility=?)";
    let public = "SEARCH b USING COVERING INDEX builds_public (id<?)";
    let own = "SEARCH b USING COVERING INDEX builds_by_owner (owner_id=? AND id<?)";
    for (query, token, expected) in [
        ("", false, vec![public]),
        ("", true, vec![public, own]),
        ("owner=me", true, vec![own]),
        ("q=x", false, vec![search, by_text]),
        ("q=x&owner=me", true, vec![own]),
        ("q=xyz", false, vec![search, by_text]),
        ("q=x+of+y", false, vec![search, by_text]),
        ("q=xyz", true, vec![search, by_text, own]),
        ("q=xyz&tag=x", false, vec![search, by_text]),
        ("tag=x", false, vec![search, by_text]),
        ("tag=x", true, vec![search, by_text, own]),
        (
            "tag=x&owner=me&role=strip&profession=Guardian&q=x",
            true,
            vec![own],
        ),
    ] {
        let call = app.get(&format!("{BUILDS}?limit=5&{query}"));
        call.by(token.then_some(&player)).expect(200);
        let recorded = app.test.database.recorded();
        let plan = plan(recorded.last().expect("the list's statement"));
        let is_of_table = |line: &&String| {
            let table = line.split(' ').nth(1);
            table.is_some_and(|it| ["b", "f", "s", "builds"].contains(&it))
        };
        let tables: Vec<&String> = plan.iter().filter(is_of_table).collect();
        assert_eq!(tables, expected, "{query}: {plan:#?}");
        // The window functions and group_concat work on the page alone, after its LIMIT.
        let sorts = "USE TEMP B-TREE FOR ORDER BY (b";
        assert!(!plan.iter().any(|line| line.contains(sorts)), "{plan:#?}");
    }
    app.get(&format!("{BUILDS}/{id}")).expect(200);
    let recorded = app.test.database.recorded();
    let plan = plan(recorded.last().expect("the read's statement"));
    let of_teams = [
        "CORRELATED SCALAR SUBQUERY 1",
        "SEARCH m USING PRIMARY KEY (team_id=? AND user_id=?)",
    ];
    assert_eq!(plan[0], "SEARCH builds USING PRIMARY KEY (id=?)");
    assert_eq!(plan[1..], of_teams);
}

#[test]
fn what_is_hidden_is_found_by_no_word_tag_or_cursor() {
    let (app, [owner, stranger]) = TestApp::with_players(["owner", "stranger"]);
    let hidden = app.build(&owner, &json!({ "name": "Hidden", "tags": ["hidden"] }));
    // Lists are in the order of the clock.
    app.test.clock.advance_ms(1);
    let shown = app.build(&owner, &json!({ "name": "Shown", "visibility": "public" }));
    app.test.clock.advance_ms(1);
    let own = app.build(&stranger, &json!({ "name": "Mine" }));
    let newest = cursor_after("build_7zzzzzzzzzzzzzzzzzzzzzzzzz");
    let at_hidden = cursor_after(&text(&hidden["id"]));
    for (query, found) in [
        (String::new(), vec![&own, &shown]),
        ("owner=me".to_owned(), vec![&own]),
        ("q=hidden".to_owned(), vec![]),
        ("tag=hidden".to_owned(), vec![]),
        (format!("cursor={newest}"), vec![&own, &shown]),
        (format!("cursor={at_hidden}"), vec![]),
        (format!("owner=me&cursor={newest}"), vec![&own]),
    ] {
        let answer = app.get_as(&stranger, &format!("{BUILDS}?{query}"));
        assert_eq!(answer.expect(200).json()["data"], json!(found), "{query}");
    }
}
