//! The cost of reads in steps of `SQLite`'s virtual machine, and what it grows with. A list whose cost
//! starts to grow with others' rows, or with the caller's own, fails until its row says so.
//! `query_counts` has the number of queries.

use testing::prelude::*;

/// A target (`TEAM`, `SQUAD` and `HOOK` stand for ids of the holder's), and for the member and nobody in
/// particular, who ask: whose things make it cost more though its page is full already. Nobody's (-),
/// one's own, or those of others; what is marked . is not asked.
///
/// What narrows a list of public things costs steps of the index of terms, which are not counted here:
/// `npm run bench:lists` measures them. One's own things, and those of one's teams, are looked through
/// where few of them match; quotas bound how many there are.
const TABLE: &str = "
    builds                                  -    -
    builds?tag=zerg                         -    -
    builds?tag=private                      -    -
    builds?q=needle                         -    -
    builds?q=absent                         own  -
    builds?q=zz                             own  -
    builds?role=strip                       -    -
    builds?role=pick                        own  -
    builds?profession=Guardian              -    -
    builds?specialization=62                -    -
    builds?game_build=190000                -    -
    builds?profession=Guardian&tag=absent   own  -
    builds?owner=me                         -    .
    builds?owner=me&q=zz                    own  .
    builds?team_id=TEAM                     -    .
    builds?team_id=TEAM&tag=zerg            -    .
    compositions                            -    -
    compositions?tag=zerg                   -    -
    compositions?tag=private                own  -
    compositions?q=needle                   own  -
    compositions?q=absent                   own  -
    compositions?q=zz                       own  -
    compositions?mode=zerg                  -    -
    compositions?mode=gvg                   own  -
    compositions?is_template=true           own  -
    compositions?is_template=false          -    -
    compositions?owner=me                   -    .
    compositions?team_id=TEAM               -    .
    compositions?team_id=TEAM&mode=zerg     -    .
    compositions/SQUAD                      -    .
    compositions/SQUAD/analysis             -    .
    compositions/SQUAD/versions             -    .
    compositions/SQUAD/share-links          -    .
    teams                                   -    .
    teams/TEAM                              -    .
    teams/TEAM/members                      -    .
    teams/TEAM/invitations                  -    .
    teams/TEAM/scores                       -    .
    teams/TEAM/players                      -    .
    teams/TEAM/players?q=absent             own  .
    auth/sessions                           -    .
    auth/api-keys                           -    .
    users/me                                -    .
    users/me/dashboard                      own  .
    webhooks                                -    .
    webhooks/HOOK                           -    .
    webhooks/HOOK/deliveries                -    .
    webhooks/HOOK/deliveries?state=pending  -    .
    webhooks/HOOK/deliveries?state=dead     -    .
";

/// More than a page has, and much more.
const FEW: usize = 30;
const MANY: usize = 400;

/// Target and who asks, what the row says of them, and the steps that it takes.
fn work(walk: &Walk) -> Vec<(String, &'static str, u64)> {
    let holder = &walk.holder;
    let database = &walk.app.test.database;
    let mut measured = Vec::new();
    for [target, member, nobody] in rows(TABLE) {
        let path = target
            .replace("TEAM", &holder.team)
            .replace("SQUAD", &holder.composition)
            .replace("HOOK", &holder.webhook);
        let path = format!("/api/v1/{path}");
        let by_member = walk.of(&holder.player, "GET", &path);
        for (who, word, call) in [
            ("member", member, by_member),
            ("nobody", nobody, walk.app.get(&path)),
        ] {
            if word != "." {
                let before = database.work();
                call.send().expect(200);
                measured.push((format!("{target} {who}"), word, database.work() - before));
            }
        }
    }
    measured
}

#[test]
fn what_reading_costs_grows_with_nothing_but_what_its_row_says() {
    let walk = Walk::with(FEW);
    let few = work(&walk);
    walk.crowd(MANY).holder();
    let others = work(&walk);
    let own = work(&Walk::with(MANY));
    let grows = |before: u64, after: u64| after > before + before / 4 + 300;
    let mut wrong = Vec::new();
    for (((target, said, few), (.., others)), (.., own)) in few.iter().zip(&others).zip(&own) {
        // What others have is there too when one has much oneself.
        let word = match (grows(*few, *others), grows(*few, *own)) {
            (true, _) => "others",
            (false, true) => "own",
            (false, false) => "-",
        };
        if word != *said {
            wrong.push(format!(
                "{target} {word} ({few}; {others} with others, {own} of one's own)"
            ));
        }
    }
    assert!(wrong.is_empty(), "rows:\n{}", wrong.join("\n"));
}
