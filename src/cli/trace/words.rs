//! An answer in words, line by line.

use serde_json::Value;

/// Every line of the answer.
pub(super) fn lines(told: &Value) -> Vec<String> {
    let outcome = text(&told["outcome"]);
    let mut lines = vec![match outcome.as_str() {
        "found_here" => "FOUND HERE".to_owned(),
        "passed_through" => format!("PASSED THROUGH: {} ({})", text(&told["to_whom"]), text(&told["when"])),
        "destroyed" => format!("DESTROYED: {} ({})", text(&told["certificate"]), text(&told["when"])),
        "no_record" => "NO RECORD in what was searched; that is not the same as: never here".to_owned(),
        "ambiguous" => {
            format!("AMBIGUOUS: {} fit, none of them for certain; say more of it", text(&told["fit"]))
        }
        _ => format!("REFUSED: {}", text(&told["reason"])),
    }];
    if told["weapon"].is_object() {
        lines.extend(weapon(told));
    }
    if told["person"].is_string() {
        lines.extend(person(told));
    }
    at(&told["at"], &mut lines);
    for step in list(&told["history"]) {
        lines.push(format!("  {}", act(step)));
    }
    let looks = |one: &Value| {
        if one["confusable"] == Value::Bool(true) { ", its serial only looks like it" } else { "" }
    };
    for one in list(&told["candidates"]).iter().chain(list(&told["also"])).chain(list(&told["elsewhere"])) {
        let archive = one["archive"].as_str().map(|folder| format!(", in {folder}")).unwrap_or_default();
        lines.push(format!("  {} {}{archive}{}", text(&one["weapon"]), record(one), looks(one)));
    }
    searched(&told["searched"], &mut lines);
    match told["entry"].as_u64() {
        Some(entry) => lines.push(format!("this answer is entry {entry}")),
        None => {
            lines.push("this is no answer: nothing was entered, and nothing of it may be told".to_owned())
        }
    }
    lines
}

fn weapon(told: &Value) -> Vec<String> {
    let mut lines = vec![format!("{} {}", text(&told["weapon_id"]), record(&told["weapon"]))];
    lines.push(match told["holder"].as_str() {
        Some(holder) => format!("held by {holder}, standing {}", text(&told["standing"])),
        None => format!("not with a person, standing {}", text(&told["standing"])),
    });
    lines.push(format!("its home: {}", home(&told["home"])));
    lines.extend(authorised(&told["authorised_by"]));
    for (word, entry) in [("custody since", &told["custody"]), ("standing since", &told["standing_since"])] {
        if entry.is_object() {
            lines.push(format!("{word} {}", act(entry)));
        }
    }
    lines
}

/// What the holder might draw when they drew it.
fn authorised(by: &Value) -> Option<String> {
    by.is_object().then(|| {
        let until = by["valid_until"].as_str().map(|day| format!(", valid until {day}")).unwrap_or_default();
        let draw = match &by["may_draw"] {
            Value::String(word) => word.clone(),
            other => other["listed"].to_string(),
        };
        format!("authorised by entry {}: {}, may draw {draw}{until}", text(&by["seq"]), text(&by["role"]))
    })
}

fn person(told: &Value) -> Vec<String> {
    let holds = list(&told["holds"]);
    let mut lines = vec![format!("{} holds {} now", text(&told["person"]), holds.len())];
    for span in holds {
        lines.push(format!("  {} since {}", text(&span["weapon"]), act(&span["from"])));
    }
    for span in list(&told["held"]) {
        let to =
            if span["to"].is_object() { act(&span["to"]) } else { "another road than the desk".to_owned() };
        lines.push(format!("  held {} from {} to {to}", text(&span["weapon"]), act(&span["from"])));
    }
    lines
}

fn at(at: &Value, lines: &mut Vec<String>) {
    if !at.is_object() {
        return;
    }
    if let Some(doubt) = at["doubt"].as_str() {
        lines.push(format!("careful: {doubt}"));
    }
    for state in list(&at["states"]) {
        let head = format!("at {}, behind entry {}:", text(&at["moment"]), text(&state["after"]));
        if state["holds"].is_array() {
            let held: Vec<String> = list(&state["holds"]).iter().map(|span| text(&span["weapon"])).collect();
            lines.push(format!(
                "{head} held {}",
                if held.is_empty() { "nothing".into() } else { held.join(", ") }
            ));
            continue;
        }
        if state["known"] == Value::Bool(false) {
            lines.push(format!("{head} not in the book yet"));
            continue;
        }
        let holder =
            state["holder"].as_str().map_or("in the armoury".to_owned(), |who| format!("held by {who}"));
        let home = home(&state["home"]);
        lines.push(format!("{head} {holder}, standing {}, its home {home}", text(&state["standing"])));
        for entry in
            [&state["custody"], &state["standing_since"]].into_iter().filter(|entry| entry.is_object())
        {
            lines.push(format!("  by {}", act(entry)));
        }
        lines.extend(authorised(&state["authorised_by"]).map(|line| format!("  {line}")));
    }
}

fn searched(searched: &Value, lines: &mut Vec<String>) {
    if !searched.is_object() {
        return;
    }
    let names: Vec<String> = list(&searched["names"]).iter().map(text).collect();
    lines.push(format!(
        "searched: {}; entries {} to {} (claimed {} to {}); period: {}; confusable serials {}; archives: {}",
        names.join(", "),
        text(&searched["entries"][0]),
        text(&searched["entries"][1]),
        text(&searched["claimed"][0]),
        text(&searched["claimed"][1]),
        text(&searched["period"]),
        if searched["confusable"] == Value::Bool(true) { "too" } else { "not" },
        match list(&searched["archives"]) {
            [] => "none".to_owned(),
            folders => folders.iter().map(text).collect::<Vec<_>>().join(", "),
        },
    ));
    if let Some(times @ 1..) = searched["clock_went_back"].as_u64() {
        lines.push(format!("the clock went back a day or more {times} times: periods are what it claimed"));
    }
}

/// An entry: what it says, who, before whom, on what authority, and how the station knew.
fn act(entry: &Value) -> String {
    let mut line = format!("entry {} {} {}", text(&entry["seq"]), text(&entry["at"]), text(&entry["kind"]));
    let parts = [
        ("", "says"),
        ("person ", "person"),
        ("brought by ", "brought_by"),
        ("by ", "by"),
        ("witness ", "witness"),
        ("authority ", "authority"),
        ("at ", "read_point"),
    ];
    for (word, field) in parts {
        if let Some(value) = entry[field].as_str().filter(|value| !value.is_empty()) {
            line += &format!(", {word}{}", crate::identity::mark::printable(value));
        }
    }
    let known: Vec<crate::domain::Evidence> =
        serde_json::from_value(entry["evidence"].clone()).unwrap_or_default();
    if !known.is_empty() {
        line += &format!(", known by {}", crate::trace::life::known_by(&known));
    }
    line + &format!(" (clock {})", text(&entry["clock"]))
}

fn record(weapon: &Value) -> String {
    let fields = ["maker", "model", "calibre", "country", "serial"];
    let said: Vec<String> = fields
        .iter()
        .filter_map(|field| weapon[*field].as_str())
        .map(|value| crate::identity::mark::printable(value).into_owned())
        .collect();
    said.join(" ")
}

fn home(home: &Value) -> String {
    let parts: Vec<String> = ["room", "rack", "slot"]
        .iter()
        .filter_map(|part| Some(format!("{part} {}", home[*part].as_str()?)))
        .collect();
    if parts.is_empty() { "none is on its record".to_owned() } else { parts.join(", ") }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => crate::identity::mark::printable(text).into_owned(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}
