//! explore

use crate::support::BUILDS;
use crate::support::walk::Walk;

fn targets(walk: &Walk) -> Vec<(String, bool)> {
    let team = &walk.holder.team;
    let mut all = Vec::new();
    for q in [
        "",
        "tag=zerg",
        "tag=private",
        "q=needle",
        "q=zzz",
        "q=zz",
        "role=strip",
        "role=pick",
        "profession=Guardian",
        "specialization=62",
        "game_build=190000",
        "owner=me",
        "owner=me&q=zz",
        "TEAM",
        "TEAM&tag=zerg",
    ] {
        let q = q.replace("TEAM", &format!("team_id={team}"));
        for known in [true, false] {
            if !known && (q.contains("owner") || q.contains("team")) {
                continue;
            }
            all.push((format!("{BUILDS}?{q}"), known));
        }
    }
    for q in [
        "",
        "tag=zerg",
        "tag=private",
        "q=needle",
        "q=zzz",
        "q=zz",
        "mode=zerg",
        "mode=gvg",
        "is_template=true",
        "is_template=false",
        "owner=me",
        "TEAM",
        "TEAM&mode=zerg",
    ] {
        let q = q.replace("TEAM", &format!("team_id={team}"));
        for known in [true, false] {
            if !known && (q.contains("owner") || q.contains("team")) {
                continue;
            }
            all.push((format!("/api/v1/compositions?{q}"), known));
        }
    }
    for p in [
        "teams",
        "auth/sessions",
        "auth/api-keys",
        "webhooks",
        "users/me/dashboard",
    ] {
        all.push((format!("/api/v1/{p}"), true));
    }
    for p in ["", "/members", "/invitations", "/scores"] {
        all.push((format!("/api/v1/teams/{team}{p}"), true));
    }
    for p in ["", "/versions", "/share-links", "/analysis"] {
        all.push((
            format!("/api/v1/compositions/{}{p}", walk.holder.composition),
            true,
        ));
    }
    all.push((
        format!("/api/v1/webhooks/{}/deliveries", walk.holder.webhook),
        true,
    ));
    all.push((
        format!(
            "/api/v1/webhooks/{}/deliveries?state=pending",
            walk.holder.webhook
        ),
        true,
    ));
    all
}

fn work(walk: &Walk) -> Vec<(String, u64)> {
    targets(walk)
        .into_iter()
        .map(|(target, known)| {
            let call = if known {
                walk.of(&walk.holder.player, "GET", &target)
            } else {
                walk.app.get(&target)
            };
            let before = walk.app.test.database.work();
            call.send().expect(200);
            (
                format!("{target} {known}"),
                walk.app.test.database.work() - before,
            )
        })
        .collect()
}

#[test]
fn explore() {
    let walk = Walk::with(30);
    let base = work(&walk);
    let clock = std::time::Instant::now();
    let other = walk.crowd(1000).holder();
    println!("crowd {:?}", clock.elapsed());
    let strangers = work(&walk);
    let own = Walk::with(600);
    let own = work(&own);
    for ((a, b), c) in base.iter().zip(&strangers).zip(&own) {
        println!("WORK {:<95} {:>8} {:>8} {:>8}", a.0, a.1, b.1, c.1);
    }
    drop(other);
}
