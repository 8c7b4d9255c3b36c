//! What every good command-line program has: completions, a manual page, a schema, colour.

use std::io::Write as _;
use std::process::{Command, Stdio};

use prescale::scenario::read::{duration, known_keys, meaning, schema};
use serde_json::{Value, json};

use super::prescale;

#[test]
fn completions_are_scripts_of_their_shell() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = prescale(&["completions", shell]);
        assert_eq!(run.code, Some(0), "{shell}: {}", run.stderr);
        assert!(run.stdout.contains("against"), "{shell}");
    }
    let script = prescale(&["completions", "bash"]).stdout;
    let mut bash = Command::new("bash")
        .arg("-n")
        .stdin(Stdio::piped())
        .spawn()
        .expect("bash starts");
    let mut stdin = bash.stdin.take().expect("standard input is piped");
    stdin.write_all(script.as_bytes()).expect("bash reads");
    drop(stdin);
    assert!(bash.wait().expect("bash ends").success());
}

#[test]
fn the_manual_page_has_every_command() {
    let page = prescale(&["man"]).stdout;
    assert!(page.contains(".TH prescale 1"), "{page}");
    for command in ["SWEEP", "CHECK", "RECOMMEND", "HOSTS"] {
        assert!(
            page.contains(&format!(".SH \"PRESCALE {command}\"")),
            "{command}"
        );
    }
}

#[test]
fn colour_is_for_terminals_unless_asked() {
    let estimate = |color: &str| {
        let example = "data/examples/two-tasks-no-room.toml";
        prescale(&["estimate", example, "--color", color]).stdout
    };
    assert!(!estimate("auto").contains('\x1b'));
    assert!(!estimate("never").contains('\x1b'));
    assert!(estimate("always").contains("\x1b[1m"));
    // Also where the arguments are wrong, before or after what is wrong.
    let told = |arguments: &[&str]| prescale(arguments).stderr;
    assert!(told(&["estimates", "--color", "always"]).contains('\x1b'));
    assert!(told(&["--color=always", "estimates"]).contains('\x1b'));
    assert!(!told(&["estimates", "--color", "never"]).contains('\x1b'));
    assert!(!told(&["estimates"]).contains('\x1b'));
}

/// Problems of a value by the keywords that our schema uses; another keyword is a failure.
fn problems(value: &Value, rule: &Value, root: &Value, path: &str) -> Vec<String> {
    let Some(rule) = rule.as_object() else {
        return if rule == &json!(false) {
            vec![format!("{path}: not allowed")]
        } else {
            Vec::new()
        };
    };
    let mut found = Vec::new();
    let mut expect = |holds: bool, what: &str| {
        if !holds {
            found.push(format!("{path}: {what}: {value}"));
        }
    };
    let mut inner = Vec::new();
    for (keyword, operand) in rule {
        match keyword.as_str() {
            "$schema" | "title" | "description" | "$defs" => {}
            "$ref" => {
                let pointer = operand.as_str().expect("a pointer").trim_start_matches('#');
                let rule = root.pointer(pointer).expect("a definition");
                inner.extend(problems(value, rule, root, path));
            }
            "type" => expect(
                match operand.as_str() {
                    Some("object") => value.is_object(),
                    Some("array") => value.is_array(),
                    Some("string") => value.is_string(),
                    Some("boolean") => value.is_boolean(),
                    Some("integer") => value.is_i64(),
                    Some("number") => value.is_number(),
                    other => panic!("type {other:?}"),
                },
                "type",
            ),
            "enum" => expect(
                operand.as_array().expect("choices").contains(value),
                "choice",
            ),
            "minimum" => expect(value.as_f64() >= operand.as_f64(), "minimum"),
            "exclusiveMinimum" => expect(value.as_f64() > operand.as_f64(), "minimum"),
            "maximum" => expect(value.as_f64() <= operand.as_f64(), "maximum"),
            "minLength" => expect(
                value.as_str().map_or(0, str::len) as u64 >= operand.as_u64().expect("a length"),
                "length",
            ),
            // The pattern says what the reader's own function does.
            "pattern" => expect(
                value.as_str().is_some_and(|text| duration(text).is_some()),
                "duration",
            ),
            "anyOf" => expect(
                operand
                    .as_array()
                    .expect("rules")
                    .iter()
                    .any(|rule| problems(value, rule, root, path).is_empty()),
                "any of",
            ),
            "minItems" => expect(
                value.as_array().map_or(0, Vec::len) as u64 >= operand.as_u64().expect("a count"),
                "items",
            ),
            "maxItems" => expect(
                value.as_array().map_or(0, Vec::len) as u64 <= operand.as_u64().expect("a count"),
                "items",
            ),
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    inner.extend(problems(item, operand, root, &format!("{path}.{index}")));
                }
            }
            "required" => {
                for key in operand.as_array().expect("keys") {
                    expect(
                        value.get(key.as_str().expect("a key")).is_some(),
                        "required",
                    );
                }
            }
            "properties" | "additionalProperties" => {
                for (key, item) in value.as_object().into_iter().flatten() {
                    let own = rule.get("properties").and_then(|own| own.get(key));
                    let is_own = keyword == "properties";
                    if own.is_some() == is_own {
                        let rule = own.unwrap_or(operand);
                        inner.extend(problems(item, rule, root, &format!("{path}.{key}")));
                    }
                }
            }
            other => panic!("the schema uses {other}, which this test does not know"),
        }
    }
    found.extend(inner);
    found
}

fn problems_of(text: &str) -> Vec<String> {
    problems_by(&schema(), text)
}

fn problems_by(schema: &Value, text: &str) -> Vec<String> {
    let value: toml::Table = text.parse().expect("TOML");
    let value = serde_json::to_value(value).expect("JSON");
    problems(&value, schema, schema, "")
}

#[test]
fn the_examples_are_valid_by_the_schema() {
    let printed: Value = serde_json::from_str(&prescale(&["schema"]).stdout).expect("JSON");
    assert_eq!(printed, schema());
    let mut examples = 0;
    for entry in std::fs::read_dir("data/examples").expect("examples") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|ending| ending != "toml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("an example");
        let value: toml::Table = text.parse().expect("TOML");
        if value.get("service").is_some_and(toml::Value::is_array) {
            continue;
        }
        assert_eq!(
            problems_of(&text),
            Vec::<String>::new(),
            "{}",
            path.display()
        );
        examples += 1;
    }
    assert!(examples >= 10);
}

#[test]
fn the_fleet_examples_are_valid_by_their_schemas() {
    let printed = |of: &str| -> Value {
        serde_json::from_str(&prescale(&["schema", of]).stdout).expect("JSON")
    };
    let example = |name: &str| {
        std::fs::read_to_string(format!("data/examples/fleet/{name}")).expect("an example")
    };
    let none = Vec::<String>::new();
    let fleet = printed("fleet");
    assert_eq!(problems_by(&fleet, &example("fleet.toml")), none);
    let limits = printed("limits");
    assert_eq!(problems_by(&limits, &example("limits.toml")), none);
    for (schema, text, place) in [
        (&fleet, "[[service]]\nfile = \"\"", ".service.0.file"),
        (&fleet, "[[service]]\nweight = -1", ".service.0.weight"),
        (
            &fleet,
            "[limits.clusters.a]\nhosts = 2",
            ".limits.clusters.a.hosts",
        ),
        (&fleet, "[plan]\npeak_factor = 0.5", ".plan.peak_factor"),
        (
            &limits,
            "[pools.p]\nspot_hosts_max = 1.5",
            ".pools.p.spot_hosts_max",
        ),
        (&limits, "[[service]]\nfile = \"a\"", ".service"),
    ] {
        let found = problems_by(schema, text);
        assert!(
            found.iter().any(|found| found.starts_with(place)),
            "{text}: {found:?}"
        );
    }
}

#[test]
fn the_schema_finds_what_the_reader_does() {
    for (text, place) in [
        ("[service]\ndesired_count = \"2\"", ".service.desired_count"),
        ("[service]\ndesired_cuont = 2", ".service.desired_cuont"),
        ("[service.timing]\nstart = 45", ".service.timing.start"),
        (
            "[deployment]\nmaximum_percent = 90",
            ".deployment.maximum_percent",
        ),
        (
            "[[cluster.hosts]]\npurchase = \"sport\"",
            ".cluster.hosts.0.purchase",
        ),
        ("[prices]\n\"m5.large\" = 0", ".prices.m5.large"),
        (
            "[recommend]\nmay_change = [\"all\"]",
            ".recommend.may_change.0",
        ),
    ] {
        let found = problems_of(text);
        assert!(
            found.iter().any(|found| found.starts_with(place)),
            "{text}: {found:?}"
        );
    }
}

/// Where the schema names choices, the reader takes exactly these.
#[test]
fn choices_of_the_schema_are_those_of_the_reader() {
    let schema = schema();
    let mut checked = 0;
    for table in known_keys().iter().filter(|table| !table.path().is_empty()) {
        for key in table.supported {
            let mut rule = &schema;
            for part in table.path().split('.').chain([*key]) {
                rule = &rule["properties"][part];
                if rule["items"].get("properties").is_some() {
                    rule = &rule["items"];
                }
            }
            let Some(choices) = rule["enum"].as_array() else {
                continue;
            };
            let text = format!("{}\n{key} = \"nonsense\"\n", table.header);
            let run = super::prescale_given(&text, &["estimate", "-"]);
            let named: Vec<String> = choices.iter().map(Value::to_string).collect();
            let expected = format!("expected {}", named.join(" or "));
            assert!(
                run.stderr.contains(&expected),
                "{key}: {expected}\n{}",
                run.stderr
            );
            checked += 1;
        }
    }
    assert!(checked >= 9, "{checked}");
}

#[test]
fn the_schema_says_what_each_key_means() {
    let schema = schema();
    let mut missing = Vec::new();
    for table in known_keys() {
        let mut properties = &schema["properties"];
        for name in table.path().split('.').filter(|name| !name.is_empty()) {
            let table = &properties[name];
            properties = match table.get("items") {
                Some(items) => &items["properties"],
                None => &table["properties"],
            };
        }
        for key in table.supported {
            let path = format!("{}.{key}", table.path());
            let path = path.trim_start_matches('.');
            let told = properties[key]["description"].as_str().unwrap_or_default();
            if !told.ends_with('.') || meaning(path) != Some(told) {
                missing.push(path.to_owned());
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}
