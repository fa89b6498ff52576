//! JSON Merge Patch (RFC 7396).

use serde_json::{Map, Value};

/// Applies `patch` to `target`: objects are merged, null removes, anything else replaces.
pub fn apply(target: &mut Value, patch: Value) {
    let Value::Object(members) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    for (name, value) in members {
        if value.is_null() {
            target.as_object_mut().map(|target| target.remove(&name));
        } else {
            apply(&mut target[name], value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merge_patches_of_rfc_7396_appendix_a() {
        for row in r#"
            {"a":"b"} {"a":"c"} {"a":"c"}
            {"a":"b"} {"b":"c"} {"a":"b","b":"c"}
            {"a":"b"} {"a":null} {}
            {"a":"b","b":"c"} {"a":null} {"b":"c"}
            {"a":["b"]} {"a":"c"} {"a":"c"}
            {"a":"c"} {"a":["b"]} {"a":["b"]}
            {"a":{"b":"c"}} {"a":{"b":"d","c":null}} {"a":{"b":"d"}}
            {"a":[{"b":"c"}]} {"a":[1]} {"a":[1]}
            ["a","b"] ["c","d"] ["c","d"]
            {"a":"b"} ["c"] ["c"]
            {"a":"foo"} null null
            {"a":"foo"} "bar" "bar"
            {"e":null} {"a":1} {"e":null,"a":1}
            [1,2] {"a":"b","c":null} {"a":"b"}
            {} {"a":{"bb":{"ccc":null}}} {"a":{"bb":{}}}"#
            .trim()
            .lines()
        {
            let mut values = row.split(' ').filter(|it| !it.is_empty());
            let mut next = || serde_json::from_str(values.next().unwrap()).unwrap();
            let (mut merged, patch, result): (Value, Value, Value) = (next(), next(), next());
            apply(&mut merged, patch);
            assert_eq!(merged, result, "{row}");
        }
    }
}
