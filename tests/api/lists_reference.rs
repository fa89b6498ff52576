//! Lists against a reference that checks each row, for every caller and filter. Filters and searches of
//! any length find the same rows in the same order, page by page, after many changes by calls and by SQL.
//! `query_plans` and `query_work` have the cost.

use testing::prelude::*;

/// Numbers that are the same in each run (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % 1_000_003).expect("small") % sides
    }

    fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.roll(all.len())]
    }
}

const NAMES: &[&str] = &[
    "Aba",
    "abab AB",
    "\u{5b88}\u{62a4}",
    "\u{706b}\u{724c} a",
    "\"b\" OR *",
    "b\u{301}a\u{308}",
    "\u{130}stanbul \u{df}",
    "\u{1f409}\u{1f409}a",
    "100%_\\ '",
    "g61 k61 NEAR",
];
/// Few, so that the same ones stand beside each other again and again; the empty one makes two spaces.
const WORDS: &[&str] = &["a", "ab", "abc", "bc", "", "\u{5b88}\u{62a4}x", "\u{1f409}"];
const TAGS: &[&str] = &["zerg", "a b", "\u{fc}ber", "\"q\"", "zer"];
/// It may run again.
const MIGRATION: &str = include_str!("../../migrations/0016_search_words.sql");
const VISIBILITIES: &[&str] = &["private", "unlisted", "public", "public", "team"];
const MODES: &[&str] = &["zerg", "gvg"];

/// What is narrowed by: a list, its filters and how a document says them.
struct Kind {
    path: &'static str,
    table: &'static str,
    search: &'static str,
    filters: &'static [(&'static str, &'static [&'static str])],
}

const KINDS: [Kind; 2] = [
    Kind {
        path: BUILDS,
        table: "builds",
        search: "build_search",
        filters: &[
            ("tag", TAGS),
            ("role", &["strip", "pick"]),
            ("profession", &["Guardian", "Warrior"]),
            ("specialization", &["62", "61"]),
            ("game_build", &["100", "200"]),
        ],
    },
    Kind {
        path: COMPOSITIONS,
        table: "compositions",
        search: "composition_search",
        filters: &[
            ("tag", TAGS),
            ("mode", MODES),
            ("is_template", &["true", "false"]),
        ],
    },
];

fn sentence(dice: &mut Dice, most: usize) -> String {
    let words: Vec<&str> = (0..dice.roll(most)).map(|_| *dice.pick(WORDS)).collect();
    words.join(" ")
}

fn made_up(dice: &mut Dice, kind: &Kind, team: &str) -> Value {
    let visibility = *dice.pick(VISIBILITIES);
    let is_of_team = visibility == "team" || visibility == "public" && dice.roll(3) == 0;
    let tags: Vec<&str> = TAGS.iter().copied().filter(|_| dice.roll(3) == 0).collect();
    let mut body = json!({
        "name": dice.pick(NAMES),
        "notes": format!("{}\n{} {}", dice.pick(NAMES), sentence(dice, 12), dice.roll(30)),
        "visibility": visibility,
        "team_id": if is_of_team { json!(team) } else { Value::Null },
        "tags": tags,
    });
    if kind.table == "builds" {
        let (profession, id) = *dice.pick(&[("Guardian", 62), ("Warrior", 61)]);
        body["template"] = json!({ "profession": { "id": profession }, "specializations": [null, null, { "id": id }] });
        body["chat_code"] = Value::Null;
        body["roles"] = json!([*dice.pick(&["strip", "pick"])]);
        body["game_build"] = dice.pick(&[json!(100), json!(200), Value::Null]).clone();
        build_body(&body)
    } else {
        body["mode"] = json!(dice.pick(MODES));
        body["is_template"] = json!(dice.roll(2) == 0);
        composition_body(&body)
    }
}

/// Whether a document has this value of a filter.
fn has(document: &Value, filter: &str, value: &str) -> bool {
    let lists = |name: &str| array(&document[name]).iter().any(|item| item == value);
    let written = |item: &Value| item.to_string();
    match filter {
        "tag" => lists("tags"),
        "role" => lists("roles"),
        "specialization" => {
            let slots = array(&document["template"]["specializations"]).iter();
            slots.map(|slot| &slot["id"]).any(|id| written(id) == value)
        }
        "game_build" | "is_template" => written(&document[filter]) == value,
        _ => document[filter] == value,
    }
}

struct Place {
    app: TestApp,
    players: [Player; 3],
    team: String,
}

impl Place {
    /// Everything that is there, newest first.
    fn all(&self, kind: &Kind) -> Vec<(Value, String)> {
        let table = kind.table;
        let sql = format!("SELECT document, search_text FROM {table} ORDER BY id DESC");
        let rows = self.app.execute(sql);
        let read = |row: &Row| {
            let document = json_of(row.text(0).expect("text"));
            (document, row.text(1).expect("text").to_owned())
        };
        rows.iter().map(read).collect()
    }

    fn is_member(&self, player: Option<&Player>) -> bool {
        player.is_some_and(|player| self.app.role_of(&self.team, player).is_some())
    }

    /// Whether the list shows a document to a player.
    fn is_listed(
        &self,
        kind: &Kind,
        document: &Value,
        player: Option<&Player>,
        scope: &str,
    ) -> bool {
        let is_own = player.is_some_and(|player| document["owner_id"] == player.id);
        let is_of_team = document["team_id"] == self.team.as_str();
        let still_sees = !is_of_team || self.is_member(player);
        match scope {
            "owner" if kind.table == "builds" => is_own,
            "owner" => is_own && still_sees,
            "team" => is_of_team,
            _ if document["visibility"] == "public" => true,
            _ if kind.table == "builds" => is_own,
            _ if is_of_team => self.is_member(player),
            _ => is_own,
        }
    }

    fn listed(
        &self,
        query: &str,
        kind: &Kind,
        player: Option<&Player>,
        limit: usize,
    ) -> Vec<String> {
        let target = format!("{}?limit={limit}{query}", kind.path);
        let pages = self.app.pages(player, &target);
        assert!(pages.iter().all(|page| page.len() <= limit));
        texts_of(&pages.concat(), "id")
    }

    /// Asks for a list that is narrowed somehow, and looks for it.
    fn compare(&self, dice: &mut Dice, kind: &Kind, all: &[(Value, String)]) -> usize {
        let player = match dice.roll(4) {
            0 => None,
            number => self.players.get(number - 1),
        };
        let scope = match (player, dice.roll(4)) {
            (Some(_), 0) => "owner",
            (Some(_), 1) if self.is_member(player) => "team",
            _ => "",
        };
        let mut query = match scope {
            "owner" => "&owner=me".to_owned(),
            "team" => format!("&team_id={}", self.team),
            _ => String::new(),
        };
        let mut narrowed: Vec<(&str, &str)> = Vec::new();
        for (name, values) in kind.filters {
            if dice.roll(4) == 0 {
                narrowed.push((*name, *dice.pick(values)));
            }
        }
        for (name, value) in &narrowed {
            query += &["&", *name, "=", &percent_encoded(value)].concat();
        }
        let searched = match (dice.roll(4), all) {
            (0, _) | (_, []) => None,
            // Mostly one that nobody wrote.
            (1, _) => Some(sentence(dice, 7)).filter(|text| !text.trim().is_empty()),
            _ => {
                let letters: Vec<char> = dice.pick(all).1.chars().collect();
                let at = dice.roll(letters.len());
                let most = *dice.pick(&[5, 30]);
                let length = 1 + dice.roll(most);
                let piece: String = letters[at..].iter().take(length).collect();
                let is_line = !piece.contains('\n');
                is_line.then_some(piece)
            }
        };
        if let Some(piece) = &searched {
            query += &["&q=", &percent_encoded(piece)].concat();
        }
        let expected = all.iter().filter(|(document, words)| {
            let is_narrowed = |(name, value): &(&str, &str)| has(document, name, value);
            let is_found = |piece: &String| words.contains(piece.as_str());
            self.is_listed(kind, document, player, scope)
                && narrowed.iter().all(is_narrowed)
                && searched.as_ref().is_none_or(is_found)
        });
        let expected: Vec<String> = expected.map(|(it, _)| text(&it["id"])).collect();
        let limit = *dice.pick(&[2, 7, 100]);
        let found = self.listed(&query, kind, player, limit);
        assert_eq!(found, expected, "{} {query}", kind.path);
        found.len()
    }

    /// Something is made, changed or deleted.
    fn change(&self, dice: &mut Dice, kind: &Kind) {
        self.app.test.clock.advance_ms(i64::from(dice.roll(3) == 0));
        let player = dice.pick(&self.players[..2]);
        let body = made_up(dice, kind, &self.team);
        let own = self.app.execute(format!(
            "SELECT id, version FROM {} WHERE owner_id = '{}'",
            kind.table, player.id
        ));
        let (one, what) = (dice.roll(own.len() + 1), dice.roll(6));
        let Some(row) = own.get(one).filter(|_| what < 4) else {
            let call = self.app.post(kind.path, &body).by(player);
            call.expect(201);
            return;
        };
        let id = row.text(0).expect("an id");
        let path = format!("{}/{id}", kind.path);
        let document = self.app.get_as(player, &path);
        let tag = document.etag();
        let call = match what {
            0 => self.app.call("DELETE", &path),
            1 => {
                // By hand, as a script might.
                let version = row.integer(1).expect("a version");
                let seen = ["public", "unlisted"][usize::from(version % 2 != 0)];
                self.app.execute(format!(
                    "UPDATE {} SET visibility = '{seen}', \
                     document = json_set(document, '$.visibility', '{seen}') WHERE id = '{id}'",
                    kind.table
                ));
                return;
            }
            _ => {
                let mut body = body;
                if kind.table == "compositions" {
                    let team = document.json()["team_id"].clone();
                    let is_team = body["visibility"] == "team";
                    body["team_id"] = team.clone();
                    if team.is_null() && is_team {
                        body["visibility"] = json!("public");
                    } else if !team.is_null() && body["visibility"] == "private" {
                        body["visibility"] = json!("team");
                    }
                }
                self.app.call("PUT", &path).json(&body)
            }
        };
        let answer = call.if_match(&tag).by(player).send();
        assert!(answer.status < 300, "{}", answer.what);
    }
}

#[test]
fn lists_show_what_a_look_at_each_row_would() {
    let (app, players) = TestApp::with_players(["one", "two", "three"]);
    let team = app.team(&[(&players[0], "leader"), (&players[1], "officer")]);
    let place = Place { app, players, team };
    let mut dice = Dice(20_261_128);
    let (mut asked, mut found) = (0, 0);
    for round in 0..9 {
        for kind in &KINDS {
            for _ in 0..9 {
                place.change(&mut dice, kind);
            }
        }
        if round == 8 {
            // One leaves the team, and later the team goes.
            let [_, two, three] = &place.players;
            let member = member_path(&place.team, two);
            place.app.delete_as(two, &member).expect(200);
            place.app.add_member(&place.team, three, "member");
            place.app.execute(format!(
                "UPDATE builds SET visibility = 'private', team_id = NULL, document = \
                 json_set(document, '$.visibility', 'private', '$.team_id', NULL) \
                 WHERE owner_id = '{}' AND visibility = 'team'",
                two.id
            ));
            break;
        }
        for kind in &KINDS {
            let all = place.all(kind);
            let is_public = |(document, _): &&(Value, String)| document["visibility"] == "public";
            let public = all.iter().filter(is_public);
            let rows = format!("SELECT count(*) FROM (SELECT rowid FROM {})", kind.search);
            assert_eq!(usize::try_from(place.app.count(&rows)), Ok(public.count()));
            for _ in 0..25 {
                asked += 1;
                found += place.compare(&mut dice, kind, &all);
            }
        }
    }
    // As if all this had been there before the index had words.
    for statement in MIGRATION.split_inclusive(";\n") {
        place.app.execute(statement);
    }
    for kind in &KINDS {
        let all = place.all(kind);
        for _ in 0..50 {
            asked += 1;
            found += place.compare(&mut dice, kind, &all);
        }
    }
    // Lists that are empty would all be right.
    assert!(asked > 450 && found > 2 * asked, "{found} in {asked}");
}

#[test]
fn two_ids_of_one_millisecond_with_one_number() {
    let (app, player) = TestApp::with_player("same");
    for kind in &KINDS {
        let body = |name: &str| match kind.table {
            "builds" => build_body(&json!({ "name": name, "visibility": "public" })),
            _ => composition_body(&json!({ "name": name, "visibility": "public" })),
        };
        let make = |name: &str| {
            // Draws what the one before has drawn.
            let isolate = app.isolate(4_711);
            text(&isolate.post_as(&player, kind.path, &body(name)).created()["id"])
        };
        let first = make("first twin");
        let other =
            first[..first.len() - 1].to_owned() + if first.ends_with('0') { "1" } else { "0" };
        let rename = |from: &str, to: &str| {
            app.execute(format!(
                "DELETE FROM composition_versions WHERE composition_id = '{from}'"
            ));
            app.execute(format!(
                "UPDATE {} SET id = '{to}', document = json_set(document, '$.id', '{to}') \
                     WHERE id = '{from}'",
                kind.table
            ));
        };
        rename(&first, &other);
        let second = make("second twin");
        assert_ne!(first, second);
        let found = || {
            let page = app.get(&format!("{}?q=twin", kind.path)).ok();
            array(&page["data"]).len()
        };
        assert_eq!(found(), 2);
        app.execute(format!("DELETE FROM {} WHERE id = '{second}'", kind.table));
        assert_eq!(found(), 1);
    }
}
