//! The gate for CI as users copy it: every step of the action and of the snippet is run.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use yaml_rust2::{Yaml, YamlLoader};

pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn yaml(path: &str) -> Yaml {
    let text = std::fs::read_to_string(root().join(path)).expect(path);
    let mut documents = YamlLoader::load_from_str(&text).expect("YAML");
    documents.remove(0)
}

/// Runs a step as the runner does: bash that stops at the first failure, the binary on the path.
pub(super) fn step(script: &str, folder: &Path, variables: &[(String, String)]) -> Output {
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_prescale"));
    let folders = [binary.parent().expect("a folder").to_owned()];
    let path = std::env::var_os("PATH").unwrap_or_default();
    let all = folders.into_iter().chain(std::env::split_paths(&path));
    Command::new("bash")
        .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script])
        .current_dir(folder)
        .env("PATH", std::env::join_paths(all).expect("a path"))
        .envs(variables.iter().cloned())
        .output()
        .expect("bash runs")
}

/// Runs the action; standard output, summary and exit code of its last step.
fn action(scenario: &str, against: &str) -> (String, String, Option<i32>) {
    let action = yaml("action.yml");
    let folder = tempfile::tempdir().expect("a folder");
    let summary = folder.path().join("summary.md");
    let given = [
        ("${{ inputs.scenario }}", scenario),
        ("${{ inputs.against }}", against),
        ("${{ github.action_path }}", env!("CARGO_MANIFEST_DIR")),
    ];
    let mut stdout = String::new();
    for named in action["runs"]["steps"].as_vec().expect("steps") {
        let mut variables = vec![(
            "GITHUB_STEP_SUMMARY".to_owned(),
            summary.display().to_string(),
        )];
        for (name, value) in named["env"].as_hash().expect("variables") {
            let value = value.as_str().expect("a text");
            let given = given.iter().find(|(expression, _)| *expression == value);
            let (_, value) = given.unwrap_or_else(|| panic!("{value} is not known here"));
            variables.push((
                name.as_str().expect("a name").to_owned(),
                (*value).to_owned(),
            ));
        }
        let output = step(named["run"].as_str().expect("a script"), root(), &variables);
        stdout += &String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            let summary = std::fs::read_to_string(&summary).unwrap_or_default();
            return (stdout, summary, output.status.code());
        }
    }
    (
        stdout,
        std::fs::read_to_string(&summary).unwrap_or_default(),
        Some(0),
    )
}

#[test]
fn the_action_fails_with_annotations_where_a_limit_is_violated() {
    let file = "data/examples/two-tasks-no-room.toml";
    let (stdout, summary, code) = action(file, "");
    assert_eq!(code, Some(1), "{stdout}{summary}");
    let text = std::fs::read_to_string(root().join(file)).expect("an example");
    let line = text
        .lines()
        .position(|line| line.starts_with("max_duration"));
    let line = line.expect("the limit") + 1;
    assert!(
        stdout.starts_with(&format!("::error file={file},line={line},col=")),
        "{stdout}"
    );
    assert_eq!(stdout.lines().count(), 1, "{stdout}");
    assert!(summary.contains("| limits.max\\_duration |"), "{summary}");
    assert!(!summary.contains("::error"), "{summary}");
}

#[test]
fn the_action_passes_and_shows_before_and_after() {
    let (stdout, summary, code) = action(
        "data/examples/billing-per-second.toml",
        "data/examples/billing-hourly.toml",
    );
    assert_eq!((stdout.as_str(), code), ("", Some(0)), "{summary}");
    assert!(summary.contains("|  | before | after |"), "{summary}");
}

#[test]
fn the_action_fails_on_bad_input() {
    let (stdout, _, code) = action("data/examples/no-such-file.toml", "");
    assert_eq!((stdout.as_str(), code), ("", Some(2)));
}

#[test]
fn the_snippet_for_circleci_runs_and_is_what_the_page_shows() {
    let page = std::fs::read_to_string(root().join("docs/ci.md")).expect("the page");
    let text = std::fs::read_to_string(root().join("docs/circleci.yml")).expect("the file");
    assert!(
        page.contains(&format!("```yaml\n{text}```")),
        "the page shows another one"
    );
    let snippet = yaml("docs/circleci.yml");
    let folder = tempfile::tempdir().expect("a folder");
    let run = |example: &str| {
        let path = root().join(example).display().to_string();
        let variables = [("SCENARIO".to_owned(), path)];
        let mut code = Some(0);
        let mut steps = 0;
        for named in snippet["jobs"]["deployments"]["steps"]
            .as_vec()
            .expect("steps")
        {
            if let Some(script) = named["run"]["command"].as_str() {
                steps += 1;
                code = step(script, folder.path(), &variables).status.code();
            }
        }
        assert_eq!(steps, 2);
        code
    };
    assert_eq!(run("data/examples/billing-per-second.toml"), Some(0));
    assert_eq!(run("data/examples/two-tasks-no-room.toml"), Some(1));
    let summary = folder.path().join("check/summary.md");
    let summary = std::fs::read_to_string(summary).expect("a summary");
    assert!(summary.starts_with("❌ **web: violates"), "{summary}");
}
