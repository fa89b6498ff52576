//! The caches of shared pages. Another version is another page, and nobody who can write to KV can put a
//! page there. `shared_page` has the content.

use testing::prelude::*;
use wvw_builder::platform::Cache as _;

use crate::shared_page::{TEAM, card, page, path, shared_anna};

#[test]
fn a_view_is_one_statement_once_it_is_rendered() {
    let app = shared_anna(None);
    for target in [path(), card()] {
        let first = app.get(&target).send().expect(200);
        let statements = |call: Call<'_>| {
            let before = app.test.database.statements();
            let answer = call.send();
            let is_same = answer.status == 304 || answer.body == first.body;
            assert!(is_same, "{target}");
            app.test.database.statements() - before
        };
        let other = app.isolate(2);
        let known = app.get(&target).header(Header::IfNoneMatch, &first.etag());
        assert_eq!(statements(app.get(&target)), 1, "from the isolate");
        assert_eq!(statements(other.get(&target)), 1, "from KV");
        assert_eq!(statements(known), 1, "not modified");
        app.test.cache.set_away(true);
        assert_eq!(statements(app.isolate(3).get(&target)), 2, "without KV");
        app.test.cache.set_away(false);
    }
}

#[test]
fn another_version_is_another_page() {
    let app = shared_anna(Some(TEAM));
    let mut seen = Vec::new();
    for sql in [
        "SELECT 1",
        "UPDATE compositions SET version = 2, document = json_set(document, '$.name', 'Friday')",
        "UPDATE teams SET name = 'Blue Guard', version = 2",
        "UPDATE teams SET scores = '{\"62\":{\"stability\":1}}'",
    ] {
        app.execute(sql);
        let answer = app.get(&path()).send().expect(200);
        let tag = answer.etag();
        assert!(!seen.contains(&tag), "{sql}");
        assert_eq!(answer.text().contains("Friday"), sql != "SELECT 1");
        seen.push(tag);
    }
    assert!(page(&app).contains("Blue Guard"));
}

#[test]
fn whoever_writes_in_kv_cannot_put_a_page_there() {
    let app = shared_anna(None);
    let first = app.get(&path()).send().expect(200);
    let card = app.get(&card()).send().expect(200);
    let key = |answer: &Answer| format!("shared/{}", answer.etag().trim_matches('"'));
    let kept = |key: &str| {
        let found = block_on(app.test.cache.get(key));
        found.expect("a cache").expect("kept")
    };
    let good = kept(&key(&first));
    // Its own tag with other bytes, another entry as a whole, and noise.
    let (tag, body) = good.split_once(' ').expect("a tag");
    let other = format!("{tag} {}", &body[..body.len() - 4]);
    let bare = format!(" {body}");
    for forged in [&other, &kept(&key(&card)), &bare, "", "x y"] {
        block_on(app.test.cache.put(&key(&first), forged, 60)).expect("written");
        let answer = app.isolate(7).get(&path()).send().expect(200);
        assert!(answer.body == first.body, "{forged:.40}");
    }
}
