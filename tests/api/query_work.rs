//! The cost of reads in steps of `SQLite`'s virtual machine, and what it grows with. A list whose cost
//! starts to grow with others' rows, or with the caller's own, fails until its row says so.
//! `query_counts` has the number of queries.

use testing::prelude::*;

/// A target (`TEAM`, `SQUAD` and `HOOK` stand for ids of the holder's), who asks, and whose things make it cost more though its page is full already: nobody's
/// (-), one's own, or those of others.
///
/// What narrows a list of public things costs steps of the index of terms, which are not counted here:
/// `npm run bench:lists` measures them. One's own things, and those of one's teams, are looked through
/// where few of them match; quotas bound how many there are.
const TABLE: &str = "
    builds member -
    builds nobody -
    builds?tag=zerg member -
    builds?tag=zerg nobody -
    builds?tag=private member -
    builds?tag=private nobody -
    builds?q=needle member -
    builds?q=needle nobody -
    builds?q=absent member own
    builds?q=absent nobody -
    builds?q=zz member own
    builds?q=zz nobody -
    builds?role=strip member -
    builds?role=strip nobody -
    builds?role=pick member own
    builds?role=pick nobody -
    builds?profession=Guardian member -
    builds?profession=Guardian nobody -
    builds?specialization=62 member -
    builds?specialization=62 nobody -
    builds?game_build=190000 member -
    builds?game_build=190000 nobody -
    builds?profession=Guardian&tag=absent member own
    builds?profession=Guardian&tag=absent nobody -
    builds?owner=me member -
    builds?owner=me&q=zz member own
    builds?team_id=TEAM member -
    builds?team_id=TEAM&tag=zerg member -
    compositions member -
    compositions nobody -
    compositions?tag=zerg member -
    compositions?tag=zerg nobody -
    compositions?tag=private member own
    compositions?tag=private nobody -
    compositions?q=needle member own
    compositions?q=needle nobody -
    compositions?q=absent member own
    compositions?q=absent nobody -
    compositions?q=zz member own
    compositions?q=zz nobody -
    compositions?mode=zerg member -
    compositions?mode=zerg nobody -
    compositions?mode=gvg member own
    compositions?mode=gvg nobody -
    compositions?is_template=true member own
    compositions?is_template=true nobody -
    compositions?is_template=false member -
    compositions?is_template=false nobody -
    compositions?owner=me member -
    compositions?team_id=TEAM member -
    compositions?team_id=TEAM&mode=zerg member -
    compositions/SQUAD member -
    compositions/SQUAD/analysis member -
    compositions/SQUAD/versions member -
    compositions/SQUAD/share-links member -
    teams member -
    teams/TEAM member -
    teams/TEAM/members member -
    teams/TEAM/invitations member -
    teams/TEAM/scores member -
    teams/TEAM/players member -
    teams/TEAM/players?q=absent member own
    auth/sessions member -
    auth/api-keys member -
    users/me member -
    users/me/dashboard member own
    webhooks member -
    webhooks/HOOK member -
    webhooks/HOOK/deliveries member -
    webhooks/HOOK/deliveries?state=pending member -
    webhooks/HOOK/deliveries?state=dead member -
";

/// More than a page has, and much more.
const FEW: usize = 30;
const MANY: usize = 400;

/// Target and who asks, and the steps that it takes.
fn work(walk: &Walk) -> Vec<(String, u64)> {
    let holder = &walk.holder;
    let database = &walk.app.test.database;
    let rows = TABLE.trim().lines().map(|row| row.trim().rsplit_once(' '));
    let measure = |row: Option<(&str, &str)>| {
        let (row, _) = row.expect("a row");
        let (target, who) = row.split_once(' ').expect("who asks");
        let path = target
            .replace("TEAM", &holder.team)
            .replace("SQUAD", &holder.composition)
            .replace("HOOK", &holder.webhook);
        let path = format!("/api/v1/{path}");
        let call = match who {
            "member" => walk.of(&holder.player, "GET", &path),
            _ => walk.app.get(&path),
        };
        let before = database.work();
        call.send().expect(200);
        (row.to_owned(), database.work() - before)
    };
    rows.map(measure).collect()
}

#[test]
fn what_reading_costs_grows_with_nothing_but_what_its_row_says() {
    let walk = Walk::with(FEW);
    let few = work(&walk);
    walk.crowd(MANY).holder();
    let others = work(&walk);
    let own = work(&Walk::with(MANY));
    let rows: Vec<&str> = TABLE.trim().lines().map(str::trim).collect();
    let grows = |before: u64, after: u64| after > before + before / 4 + 300;
    let mut wrong = Vec::new();
    for (((target, few), (_, others)), (_, own)) in few.iter().zip(&others).zip(&own) {
        // What others have is there too when one has much oneself.
        let word = match (grows(*few, *others), grows(*few, *own)) {
            (true, _) => "others",
            (false, true) => "own",
            (false, false) => "-",
        };
        let row = format!("{target} {word}");
        if !rows.contains(&row.as_str()) {
            wrong.push(format!(
                "{row} ({few}; {others} with others, {own} of one's own)"
            ));
        }
    }
    assert!(wrong.is_empty(), "rows:\n{}", wrong.join("\n"));
}
