//! The search (`q`) among public builds. The index finds what a scan of all of them would, in the same
//! order. `builds_lists` has the other filters.

use testing::prelude::*;

#[test]
fn the_search_finds_what_looking_for_it_would() {
    let (app, player) = TestApp::with_player("search");
    let names = [
        "Support Firebrand",
        "fire",
        "FIREBRAND %_ \"quoted\"",
        "Ümläut Straße",
        "日本語のビルド",
        "a OR b NOT c",
    ];
    let builds: Vec<(String, String)> = (0..60)
        .map(|index| {
            app.test.clock.advance_ms(1);
            let name = names[index % names.len()];
            let visibility = ["public", "unlisted", "public"][index % 7 % 3];
            let body =
                json!({ "name": name, "visibility": visibility, "notes": format!("no. {index}") });
            (
                text(&app.build(&player, &body)["id"]),
                format!("{name}\nno. {index}").to_lowercase(),
            )
        })
        .collect();
    // One is taken back, one is published, one changes its name, one is gone.
    let change = |index: usize, body: Value| {
        let path = format!("{BUILDS}/{}", builds[index].0);
        let tag = app.get_as(&player, &path).etag();
        let call = match body {
            Value::Null => app.call("DELETE", &path),
            body => app.call("PATCH", &path).json(&body),
        };
        call.if_match(&tag).by(&player).send();
    };
    change(0, json!({ "visibility": "private" }));
    change(1, json!({ "visibility": "public" }));
    change(2, json!({ "name": "Scourge", "visibility": "public" }));
    change(3, Value::Null);
    let is_public = |id: &str| {
        app.rows(&format!(
            "builds WHERE id = '{id}' AND visibility = 'public'"
        )) == 1
    };
    let queries = "fire|firebrand|\"quoted\"|%_ |straße|ümläut|日本語|or b|no. 1|nothing|x|fi|Fire|*|\"|scourge";
    for query in queries.split('|') {
        let wanted = query.to_lowercase();
        let mut expected: Vec<&str> = builds
            .iter()
            .filter(|(id, _)| is_public(id))
            .filter(|(id, name)| {
                let is_renamed = *id == builds[2].0;
                let name = if is_renamed { "scourge\nno. 2" } else { name };
                name.contains(&wanted)
            })
            .map(|(id, _)| id.as_str())
            .collect();
        expected.sort_unstable_by(|a, b| b.cmp(a));
        let target = format!("{BUILDS}?limit=7&q={}", percent_encoded(query));
        let found = app.listed(None, &target, "id");
        assert_eq!(found, expected, "{query}");
    }
}
