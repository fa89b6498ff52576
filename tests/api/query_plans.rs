//! How `SQLite` runs what the stores send.

use std::collections::BTreeSet;

use pollster::block_on;
use serde_json::json;
use wvw_builder::http::request::Header;
use wvw_builder::platform::Statement;
use wvw_builder::routes::ROUTES;

use crate::support::walk::Walk;
use crate::support::{Answer, BUILDS, build_body, text};

/// Every list with each of its filters, and with each two of them.
fn filtered(walk: &Walk) {
    let team = &walk.holder.team;
    let team = format!("team_id={team}");
    let lists: [(&str, &[&str]); 2] = [
        (
            "/api/v1/builds",
            &[
                "tag=zerg",
                "q=needle",
                "q=ne",
                "role=strip",
                "profession=Guardian",
                "specialization=62",
                "game_build=190000",
                "owner=me",
                &team,
            ],
        ),
        (
            "/api/v1/compositions",
            &[
                "tag=zerg",
                "q=needle",
                "q=ne",
                "mode=zerg",
                "is_template=true",
                "owner=me",
                &team,
            ],
        ),
    ];
    let walk_through = |query: &str, needs_token: bool, path: &str| {
        for is_known in [true, false] {
            if needs_token && !is_known {
                continue;
            }
            let call = |target: &str| -> Answer {
                let call = walk.app.get(target);
                if is_known {
                    call.token(&walk.holder.player.token).send()
                } else {
                    call.send()
                }
            };
            let target = format!("{path}?limit=1&{query}");
            let answer = call(&target);
            assert_eq!(answer.status, 200, "{target}");
            if let Some(cursor) = answer.json()["next_cursor"].as_str() {
                call(&format!("{target}&cursor={cursor}")).expect(200);
            }
        }
    };
    for (path, filters) in lists {
        for (index, one) in filters.iter().enumerate() {
            for other in &filters[index..] {
                let name = |filter: &str| filter.split('=').next().map(str::to_owned);
                let query = if one == other {
                    (*one).to_owned()
                } else if name(one) == name(other) {
                    continue;
                } else {
                    format!("{one}&{other}")
                };
                let needs_token = query.contains("owner") || query.contains("team_id");
                walk_through(&query, needs_token, path);
            }
        }
    }
    for query in ["state=dead", "state=pending"] {
        walk_through(
            query,
            true,
            &format!("/api/v1/webhooks/{}/deliveries", walk.holder.webhook),
        );
    }
}

fn everything() -> Vec<Statement> {
    let walk = Walk::with(3);
    for route in ROUTES {
        let answer = walk.call(route).send();
        assert!(answer.status < 300, "{}: {}", answer.what, answer.status);
    }
    filtered(&walk);
    let app = &walk.app;
    let key = json!({ "name": "A bot", "scopes": ["builds:read", "builds:write"] });
    let call = app
        .post("/api/v1/auth/api-keys", &key)
        .token(&walk.holder.player.token);
    let key = text(&call.send().expect(201).json()["key"]);
    for _ in 0..2 {
        let call = app.post(BUILDS, &build_body(&json!({}))).token(&key);
        call.header(Header::IdempotencyKey, "once")
            .send()
            .expect(201);
        app.deliver();
    }
    let wrong = json!({ "email": walk.boss.email, "password": "no such words here" });
    app.post("/api/v1/auth/login", &wrong).send().expect(401);
    for day in [0, 1, 30, 60, 400] {
        app.test.clock.advance_ms(day * 86_400_000);
        for cron in ["* * * * *", "17 * * * *"] {
            block_on(app.app.tick(cron, app.test_now()));
        }
        app.deliver();
    }
    app.test.database.recorded()
}

#[test]
fn explore() {
    let statements = everything();
    let (platform, test) = wvw_builder::platform::native::TestPlatform::new();
    drop(platform);
    let mut seen = BTreeSet::new();
    for statement in statements {
        if !seen.insert(statement.sql.to_string()) {
            continue;
        }
        println!("SQL {}", statement.sql);
        for line in test.database.plan(&statement) {
            println!("PLAN   {line}");
        }
    }
    println!("DISTINCT {}", seen.len());
}
