//! Bad roster files: every mistake is reported by line or list index, and nothing of the file is
//! imported. `roster_files` has good ones.

use testing::guild::{CSV, guild};
use testing::prelude::*;
use wvw_builder::teams::roster::csv;

#[test]
fn each_mistake_is_named_by_its_line() {
    let guild = guild();
    let build = text(&guild.app.build(&guild.stranger, &json!({}))["id"]);
    let file = [
        // Line 1, with a byte order mark; lines end in every way, and blank ones count too.
        "\u{feff}Name,Availability,BUILDS,user_id,notes\r\n",
        "Anna,,,,\"a\r\nb\nc\"\r\n",
        "\n",
        ",,,,,\r",
        " ,monday 19:00-24:00;Funday 10:00-11:00,,,\n",
        "Bert,monday,,user_x,\n",
        "Bert2,\"monday 1-2, 3\",build_x:5;:;x:y;z,,\n",
        &format!("Carla,,{build}:6,{},\n", guild.stranger.id),
        &format!("Dora,,{build}:5; {build}:4 ;,,a\u{7}b\n"),
        "Emil,,,,,,x\n",
        &"y".repeat(101),
    ]
    .concat();
    guild.refuses(
        "",
        &file,
        "/lines/10/builds/0/build_id unknown_build
        /lines/10/builds/0/preference out_of_range
        /lines/10/user_id unknown_member
        /lines/11/builds/0/build_id unknown_build
        /lines/11/builds/1/build_id duplicate_item
        /lines/11/builds/1/build_id unknown_build
        /lines/11/notes invalid_format
        /lines/12 too_many_cells
        /lines/13/name invalid_length
        /lines/7/availability/0/to invalid_format
        /lines/7/availability/1/day invalid_choice
        /lines/7/name invalid_length
        /lines/8/availability invalid_format
        /lines/8/user_id invalid_format
        /lines/8/user_id invalid_length
        /lines/9/availability/0/from invalid_length
        /lines/9/availability/0/to invalid_length
        /lines/9/builds/0/build_id invalid_format
        /lines/9/builds/0/build_id invalid_length
        /lines/9/builds/1/build_id invalid_length
        /lines/9/builds/1/preference invalid_type
        /lines/9/builds/2/build_id invalid_format
        /lines/9/builds/2/build_id invalid_length
        /lines/9/builds/2/preference invalid_type
        /lines/9/builds/3/build_id invalid_format
        /lines/9/builds/3/build_id invalid_length
        /lines/9/builds/3/preference required",
    );
    // The same in JSON has the place in the list.
    let body = json!({ "players": [{ "name": "Anna" }, { "name": "Bert", "notes": 1, "x": 1 }] });
    let answer = guild.import("", "application/json", body.to_string());
    answer.expect_mistakes("/players/1/notes invalid_type, /players/1/x unknown_field");
}

#[test]
fn the_header_row_names_the_columns() {
    let guild = guild();
    let headers = r"
        name,level  /lines/1/level unknown_column
        name;notes  /lines/1/name required, /lines/1/name;notes unknown_column
        name,Name   /lines/1/Name duplicate_column
        notes,a/b   /lines/1/a~1b unknown_column, /lines/1/name required
        name,       /lines/1/ unknown_column
        \r\n\r\nx   /lines/3/name required, /lines/3/x unknown_column
    ";
    for [header, expected] in rows(headers) {
        let header = header.replace(r"\r\n", "\r\n");
        guild.refuses("mode=replace", &format!("{header}\nAnna,x\n"), expected);
    }
}

#[test]
fn what_is_no_csv_is_refused_whole() {
    let guild = guild();
    let rows: [(&[u8], &str); 7] = [
        (b"\xef\xbb\xbf", "header row"),
        (b"\r\n\n", "header row"),
        (b"name\nAnna\xff\n", "Line 2 is not UTF-8"),
        (b"n\0a\0m\0e\0\xff\xfe", "Line 1 is not UTF-8"),
        (b"name\nAnna\n\"Bert\nCarla\nDora", "line 3"),
        (b"\"name", "line 1"),
        (b"name\nAnna,\"", "line 2"),
    ];
    for (body, part) in rows {
        let answer = guild.import("", CSV, body);
        let detail = text(&answer.expect_problem(400, "invalid_csv").json()["detail"]);
        assert!(detail.contains(part), "{detail}");
    }
    let empty = guild.import("", CSV, "");
    empty.expect_problem(400, "body_required");
    let wide = format!("name\n{}", ",".repeat(100_000));
    guild.refuses("", &wide, "/lines/2 too_many_cells");
    let large = guild.import("", CSV, "x\n".repeat(1024 * 1024));
    large.expect_problem(413, "body_too_large");
}

#[test]
fn other_media_types_are_named() {
    let guild = guild();
    let others = "text/plain, text/csv; charset=windows-1252, application/xml, text/x-csv";
    for media_type in others.split(", ") {
        let answer = guild.import("", media_type, "name\nAnna\n");
        let answer = answer.expect_problem(415, "unsupported_media_type");
        let detail = text(&answer.json()["detail"]);
        assert!(detail.contains("text/csv"), "{media_type}");
    }
    let call = guild.app.call("POST", &format!("{}/import", guild.path));
    let call = call.by(&guild.officer).raw(CSV, "name\nAnna\n");
    let call = call.header(Header::ContentEncoding, "gzip");
    call.send().expect_problem(415, "unsupported_media_type");
    // Only where it is taken.
    let call = guild.app.call("POST", &guild.path).by(&guild.officer);
    let call = call.raw(CSV, "name\nAnna\n");
    call.send().expect_problem(415, "unsupported_media_type");
    for query in ["mode=merge", "dry_run=1", "format=csv"] {
        let answer = guild.import(query, CSV, "name\n");
        answer.expect_problem(422, "invalid_input");
    }
    let export = format!("{}/export?format=xml", guild.path);
    let answer = guild.app.get_as(&guild.officer, &export);
    answer.expect_problem(422, "invalid_input");
}

#[test]
fn a_hundred_mistakes_are_enough() {
    let guild = guild();
    let file = "name,notes\n".to_owned() + &",x\n".repeat(200_000);
    assert_eq!(guild.import("", CSV, file.as_str()).invalid().len(), 100);
    // More are not even looked for.
    let mut errors = Vec::new();
    let (platform, _) = wvw_builder::platform::native::TestPlatform::new();
    let unicode = platform.unicode.as_ref();
    csv::read(file.as_bytes(), unicode, &mut errors).expect("CSV");
    assert_eq!(errors.len(), 100);
    let body = format!("{{\"players\":[{}{{}}]}}", "{},".repeat(9_999));
    let answer = guild.import("", "application/json", body);
    assert_eq!(answer.invalid().len(), 100);
}
