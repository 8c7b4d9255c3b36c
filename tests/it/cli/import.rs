use std::fs;

use super::prescale;

const SERVICES: &str = "data/examples/aws/services.json";
const ALL: [&str; 14] = [
    "import",
    "ecs",
    "--services",
    SERVICES,
    "--task-definition",
    "data/examples/aws/task-definition.json",
    "--target-groups",
    "data/examples/aws/target-groups.json",
    "--target-group-attributes",
    "data/examples/aws/target-group-attributes.json",
    "--container-instances",
    "data/examples/aws/container-instances.json",
    "--auto-scaling-groups",
    "data/examples/aws/auto-scaling-groups.json",
];

#[test]
fn all_files() {
    insta::assert_snapshot!(prescale(&ALL));
}

#[test]
fn the_service_alone() {
    let run = prescale(&["import", "ecs", "--services", SERVICES]);
    assert_eq!(run.code, Some(0));
    insta::assert_snapshot!(run.stderr);
}

#[test]
fn what_is_imported_can_be_estimated() {
    let imported = prescale(&ALL);
    let run = super::prescale_given(&imported.stdout, &["estimate", "-"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
}

#[test]
fn an_output_file_is_whole_and_not_replaced_unasked() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("web.toml");
    let path = path.to_str().expect("the path is UTF-8");
    let written = prescale(&[&ALL[..], &["-o", path]].concat());
    assert_eq!((written.code, written.stdout.as_str()), (Some(0), ""));
    assert_eq!(fs::read_to_string(path).ok(), Some(prescale(&ALL).stdout));

    fs::write(path, "mine").expect("the file can be written");
    let refused = prescale(&[&ALL[..], &["-o", path]].concat());
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("--force"), "{}", refused.stderr);
    assert_eq!(fs::read_to_string(path).ok().as_deref(), Some("mine"));

    let forced = prescale(&[&ALL[..], &["-o", path, "--force"]].concat());
    assert_eq!(forced.code, Some(0));
    assert_ne!(fs::read_to_string(path).ok().as_deref(), Some("mine"));
    let files = fs::read_dir(folder.path()).expect("the folder is there");
    assert_eq!(files.count(), 1, "no temporary file is left");
}

#[test]
fn files_that_cannot_be_read_are_reported_together() {
    insta::assert_snapshot!(
        prescale(&["import", "ecs", "--services", "a.json", "--target-groups", "b.json"]), @r"
    --- stderr
    a.json: No such file or directory (os error 2)
        hint: check the path, or give - to read standard input
    b.json: No such file or directory (os error 2)
        hint: check the path, or give - to read standard input
    --- exit code 2
    ");
}

#[test]
fn another_service_is_named_with_those_there_are() {
    let run = prescale(&["import", "ecs", "--services", SERVICES, "--service", "api"]);
    insta::assert_snapshot!(run);
}

#[test]
fn a_report_on_what_was_imported_grades_its_inputs() {
    let imported = prescale(&ALL).stdout;
    let json = |text: &str, command: &str| -> serde_json::Value {
        let run = super::prescale_given(text, &[command, "-", "--format", "json"]);
        assert_eq!(run.code, Some(0), "{run}");
        serde_json::from_str(&run.stdout).expect("JSON")
    };
    let report = json(&imported, "report");
    let origin = |key: &str| {
        let origins = report["origins"].as_array().expect("origins");
        let found = origins.iter().find(|origin| origin["key"] == key);
        let found = found.unwrap_or_else(|| panic!("{key} has no origin"));
        (found["grade"].clone(), found["value"].clone())
    };
    assert_eq!(
        origin("service.timing.start"),
        ("measured".into(), "{ mean = \"30.6s\", cv = 0.05 }".into())
    );
    assert_eq!(
        origin("service.desired_count"),
        ("imported".into(), "2".into())
    );
    assert_eq!(
        origin("cluster.hosts.0.count"),
        ("imported".into(), "2".into())
    );
    assert_eq!(
        origin("service.load.required_tasks"),
        ("assumed".into(), "2".into())
    );
    // What was assumed stays an assumption of every answer, though it is written down.
    let assumed = |text: &str| {
        let estimate = json(text, "estimate");
        let assumptions = estimate["assumptions"].as_array().expect("assumptions");
        let keys = assumptions
            .iter()
            .map(|one| one["key"].as_str().expect("a key").to_owned());
        keys.filter(|key| key == "service.load.required_tasks")
            .count()
    };
    assert_eq!(assumed(&imported), 1);
    // Whoever sets a value takes its key out.
    let taken_out = imported.replace("    \"service.load.required_tasks\",\n", "");
    assert_ne!(taken_out, imported);
    assert_eq!(assumed(&taken_out), 0);
    let page = super::prescale_given(&imported, &["report", "-"]).stdout;
    for grade in ["measured", "imported", "assumed"] {
        assert!(page.contains(&format!("<td>{grade}</td>")), "{grade}");
    }
}

#[test]
fn an_origin_of_no_key_is_told() {
    let imported = prescale(&ALL).stdout;
    let wrong = imported.replace("\"service.desired_count\"", "\"service.desired_cuont\"");
    assert_ne!(wrong, imported);
    let run = super::prescale_given(&wrong, &["estimate", "-"]);
    assert_eq!(run.code, Some(2));
    assert!(
        run.stderr
            .contains("origin.imported.1: found \"service.desired_cuont\"")
            && run.stderr.contains("did you mean `desired_count`?"),
        "{}",
        run.stderr
    );
}
