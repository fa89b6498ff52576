//! The table of attacks, row "HTTP": JSON of a wrong type in every place of every body. The response says
//! what is wrong and is never a 500. `attacks_input` has hostile texts.

use testing::prelude::*;

/// One of each type, and what code that trusts the type before it stumbles over.
fn others() -> [Value; 10] {
    [
        Value::Null,
        json!(true),
        json!(0),
        json!(-1.5),
        json!(u64::MAX),
        json!(""),
        json!([]),
        json!([null, null]),
        json!({}),
        json!({ "": [{}] }),
    ]
}

/// Pointers to all places in `value`, itself first; of a list, to the first item alone.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(members) => {
            for (name, part) in members {
                places(part, &format!("{at}/{name}"), found);
            }
        }
        Value::Array(items) => {
            if let Some(first) = items.first() {
                places(first, &format!("{at}/0"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn json_of_another_type_in_every_place_of_every_body() {
    let mut count = 0;
    for route in ROUTES {
        let Some(request) = &route.operation.request else {
            continue;
        };
        // What goes through may end the very account that calls.
        let walk = Walk::with(1);
        let good = walk.call(route);
        let sent: Value = serde_json::from_slice(&good.body).unwrap_or_default();
        let example: Value = serde_json::from_str(request.example).expect("JSON");
        for body in [sent, example] {
            let mut pointers = Vec::new();
            places(&body, "", &mut pointers);
            for pointer in pointers {
                for other in others() {
                    let mut changed = body.clone();
                    *changed.pointer_mut(&pointer).expect("it is there") = other;
                    let answer = good.clone().json(&changed).send();
                    let status = answer.status;
                    assert!(status < 500, "{}: {status} for {changed}", answer.what);
                    count += 1;
                }
            }
        }
    }
    assert!(count > 3_000, "{count}");
}

#[test]
fn a_roster_that_is_no_object_is_told_so() {
    let (app, leader) = TestApp::with_player("leader");
    let team = app.team(&[(&leader, "leader")]);
    let path = format!("{TEAMS}/{team}/players/import?dry_run=true");
    for body in others().into_iter().filter(|body| !body.is_object()) {
        let answer = app.post_as(&leader, &path, &body);
        answer.expect_mistakes(" invalid_type");
    }
}
