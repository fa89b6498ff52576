//! The presets of squads over HTTP, with the figures that players know, so that nobody changes one
//! unnoticed. `compositions` has their layout.

use testing::prelude::*;

const PATH: &str = "/api/v1/game/presets";

#[test]
fn presets_have_the_figures_that_players_know() {
    let app = TestApp::new();
    let answer = app.get(PATH).send().expect(200);
    let expected = [
        ("zerg_30", "Zerg, 30", 30, [6, 6, 10, 4, 4, 0]),
        ("boon_ball_30", "Boon ball, 30", 30, [8, 4, 14, 2, 2, 0]),
        (
            "minstrel_blob_50",
            "Minstrel blob, 50",
            50,
            [12, 12, 16, 5, 5, 0],
        ),
        ("gvg_15", "GvG, 15", 15, [3, 3, 6, 2, 1, 0]),
    ]
    .map(|(id, name, players, counts)| {
        let roles = "primary_support secondary_support melee_dps ranged_dps strip roamer";
        let targets = roles.split(' ').zip(counts);
        let targets = targets.map(|(role, count)| json!({ "role": role, "count": count }));
        let targets: Vec<_> = targets.collect();
        json!({ "id": id, "name": name, "players": players, "targets": targets })
    });
    assert_has!(answer.json(), { "next_cursor": null, "data": expected });
    let again = app.get(PATH).header(Header::IfNoneMatch, &answer.etag());
    again.send().expect(304);
}
