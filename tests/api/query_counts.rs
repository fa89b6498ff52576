//! What each call asks of the database: how often, and how many statements.
//! Promises that a call asks no more of it when there is much of everything, and that a route which
//! asks more than its row says fails. Leaves what the statements cost to `query_plans`.

use wvw_builder::routes::ROUTES;

use crate::support::walk::Walk;

#[test]
fn explore() {
    for amount in [1, 105] {
        let walk = Walk::with(amount);
        for route in ROUTES {
            let call = walk.call(route);
            let database = &walk.app.test.database;
            let before = (database.calls(), database.statements(), database.work());
            let answer = call.send();
            let after = (database.calls(), database.statements(), database.work());
            println!(
                "{amount} {:<6} {:<45} {} {} {} {}",
                route.method.as_str(),
                route.path,
                answer.status,
                after.0 - before.0,
                after.1 - before.1,
                after.2 - before.2
            );
        }
    }
}
