//! The caches of shared pages. Another version is another page, and nobody who can write to KV can put a
//! page there. `shared_page` has the content.

use testing::prelude::*;
use wvw_builder::platform::Cache as _;

use crate::shared_page::{TEAM, etag, group, html, make_team, page, path, share, slot, someone};

#[test]
fn a_view_is_one_statement_once_it_is_rendered() {
    let app = TestApp::new();
    let owner = someone(&app);
    share(
        &app,
        &owner.id,
        None,
        &group(json!([slot("player", &json!("Anna"))])),
    );
    for target in [path(), format!("{}/card.png", path())] {
        let get = |app: &TestApp| app.get(&target).send().expect(200);
        let first = get(&app);
        let statements = |app: &TestApp, act: &dyn Fn()| {
            let before = app.test.database.statements();
            act();
            app.test.database.statements() - before
        };
        let again = || assert_eq!(get(&app).body, first.body);
        assert_eq!(statements(&app, &again), 1, "from the isolate");
        let other = app.isolate(2);
        let elsewhere = || assert_eq!(get(&other).body, first.body);
        assert_eq!(statements(&app, &elsewhere), 1, "from KV");
        let known = || {
            let call = app.get(&target).header(Header::IfNoneMatch, &etag(&first));
            call.send().expect(304);
        };
        assert_eq!(statements(&app, &known), 1, "not modified");
        app.test.cache.set_away(true);
        let third = app.isolate(3);
        let alone = || assert_eq!(get(&third).body, first.body);
        assert_eq!(statements(&app, &alone), 2, "without KV");
        app.test.cache.set_away(false);
    }
}

#[test]
fn another_version_is_another_page() {
    let app = TestApp::new();
    let owner = someone(&app);
    make_team(&app, "Red Guard");
    share(
        &app,
        &owner.id,
        Some(TEAM),
        &group(json!([slot("player", &json!("Anna"))])),
    );
    let mut seen = Vec::new();
    for sql in [
        "SELECT 1",
        "UPDATE compositions SET version = 2, document = json_set(document, '$.name', 'Friday')",
        "UPDATE teams SET name = 'Blue Guard', version = 2",
        "UPDATE teams SET scores = '{\"62\":{\"stability\":1}}'",
    ] {
        app.test.database.execute(sql);
        let answer = app.get(&path()).send().expect(200);
        let tag = etag(&answer);
        assert!(!seen.contains(&tag), "{sql}");
        assert_eq!(html(&answer).contains("Friday"), sql != "SELECT 1");
        seen.push(tag);
    }
    assert!(page(&app).contains("Blue Guard"));
}

#[test]
fn whoever_writes_in_kv_cannot_put_a_page_there() {
    let app = TestApp::new();
    let owner = someone(&app);
    share(
        &app,
        &owner.id,
        None,
        &group(json!([slot("player", &json!("Anna"))])),
    );
    let first = app.get(&path()).send().expect(200);
    let card = app.get(&format!("{}/card.png", path())).send().expect(200);
    let key = |answer: &Answer| format!("shared/{}", etag(answer).trim_matches('"'));
    let kept = |key: &str| {
        block_on(app.test.cache.get(key))
            .expect("a cache")
            .expect("kept")
    };
    let good = kept(&key(&first));
    // Its own tag with other bytes, another entry as a whole, and noise.
    let (tag, body) = good.split_once(' ').expect("a tag");
    let other = format!("{tag} {}", &body[..body.len() - 4]);
    for forged in [
        other,
        kept(&key(&card)),
        format!(" {body}"),
        String::new(),
        "x y".to_owned(),
    ] {
        block_on(app.test.cache.put(&key(&first), &forged, 60)).expect("written");
        let answer = app.isolate(7).get(&path()).send().expect(200);
        assert_eq!(
            answer.body,
            first.body,
            "{}",
            &forged[..forged.len().min(40)]
        );
    }
}
