//! Every snippet of docs/sweeps.md that spreads a sweep over many machines, run with the variables
//! that its engine sets: the parts are the whole.

use std::fs;
use std::path::Path;

use yaml_rust2::{Yaml, YamlLoader};

use crate::ci::{root, step};

const PARTS: usize = 16;

/// The first block of a language after some words of the page.
fn snippet(after: &str, language: &str) -> String {
    let page = fs::read_to_string(root().join("docs/sweeps.md")).expect("the page");
    let (_, rest) = page.split_once(after).expect(after);
    let (_, rest) = rest
        .split_once(&format!("```{language}\n"))
        .expect("a block");
    let (block, _) = rest.split_once("```").expect("its end");
    block.to_owned()
}

/// A folder with the scenario and the grid that the snippets name.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = root().join("data/examples/two-tasks-no-room.toml");
    fs::copy(scenario, folder.path().join("web.toml")).expect("it can be copied");
    let grid = "[[vary]]\nkey = \"deployment.minimum_healthy_percent\"\nvalues = \"0..100:7\"\n\
                [[vary]]\nkey = \"service.desired_count\"\nvalues = \"1..4\"\n";
    fs::write(folder.path().join("grid.toml"), grid).expect("it can be written");
    folder
}

#[track_caller]
fn run(script: &str, folder: &Path, variables: &[(&str, &str)]) -> String {
    let variables: Vec<(String, String)> = variables
        .iter()
        .map(|&(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let output = step(script, folder, &variables);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}\n{told}");
    String::from_utf8(output.stdout).expect("text")
}

/// The files of a folder, one after another by name, are the sweep at once.
#[track_caller]
fn assert_whole(parts: &Path, folder: &Path, sweep: &str) {
    let whole = run(sweep, folder, &[]);
    assert!(whole.lines().count() > 2 * PARTS, "{whole}");
    let mut files: Vec<_> = fs::read_dir(parts)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.file_name() != Some("rows.csv".as_ref()))
        .filter(|path| path.extension() == Some("csv".as_ref()))
        .collect();
    files.sort();
    assert_eq!(files.len(), PARTS);
    let texts = files
        .iter()
        .map(|file| fs::read_to_string(file).expect("a part"));
    assert_eq!(texts.collect::<String>(), whole);
}

const SWEEP: &str = "prescale sweep web.toml --grid grid.toml";

#[test]
fn gnu_parallel() {
    let folder = folder();
    let fewer = [
        ("=0..100 ", "=0..100:10 "),
        ("=100..200 ", "=100..200:50 "),
        ("=1..100 ", "=1..2 "),
    ];
    let mut script = snippet("GNU parallel, or any loop:", "sh");
    for (all, some) in fewer {
        assert!(script.contains(all), "{script}");
        script = script.replace(all, some);
    }
    let is_there = run("command -v parallel || true", folder.path(), &[]);
    if is_there.is_empty() {
        // A loop that does the same.
        script = script.replace("parallel --halt now,fail=1", "xargs -P 2 -I {}");
    }
    run(&script, folder.path(), &[]);
    let sweep = "prescale sweep web.toml --vary deployment.minimum_healthy_percent=0..100:10 \
                 --vary deployment.maximum_percent=100..200:50 --vary service.desired_count=1..2";
    assert_whole(folder.path(), folder.path(), sweep);
    let rows = fs::read_to_string(folder.path().join("rows.csv")).expect("all rows");
    assert_eq!(rows, run(sweep, folder.path(), &[]));
}

#[test]
fn slurm() {
    let folder = folder();
    let script = snippet("Slurm, an array job", "sh");
    assert!(script.contains("#SBATCH --array=1-16\n"), "{script}");
    let task = |index: usize, count: &str| {
        let index = index.to_string();
        let variables = [
            ("SLURM_ARRAY_TASK_ID", index.as_str()),
            ("SLURM_ARRAY_TASK_COUNT", count),
            ("SLURM_CPUS_PER_TASK", "2"),
        ];
        run(&script, folder.path(), &variables);
    };
    for index in 1..=PARTS {
        task(index, "16");
    }
    // Alone again, as an array of one.
    fs::remove_file(folder.path().join("part-007.csv")).expect("a part");
    task(7, "1");
    assert_whole(folder.path(), folder.path(), SWEEP);
}

/// `aws` that copies to a folder, and starts the array's tasks with the variables of the job.
const AWS: &str = r#"#!/bin/bash
set -euo pipefail
case "$1 $2" in
"s3 cp") cp "$3" "store/${4##*/}" ;;
"batch submit-job")
    shift 2
    while (($#)); do
        case "$1" in
        --array-properties) size=${2#size=} ;;
        --container-overrides) overrides=$2 ;;
        --job-name | --job-queue | --job-definition) test -n "$2" ;;
        *) echo "unknown: $1" >&2; exit 2 ;;
        esac
        shift 2
    done
    pattern='^environment=\[\{name=([A-Z]+),value=([^}]+)\},\{name=([A-Z]+),value=([^}]+)\}\]$'
    [[ $overrides =~ $pattern ]]
    export "${BASH_REMATCH[1]}=${BASH_REMATCH[2]}" "${BASH_REMATCH[3]}=${BASH_REMATCH[4]}"
    for ((index = 0; index < size; index++)); do
        AWS_BATCH_JOB_ARRAY_INDEX=$index bash -eu command.sh
    done ;;
*) echo "unknown: $*" >&2; exit 2 ;;
esac
"#;

#[test]
fn aws_batch() {
    let folder = folder();
    let store = folder.path().join("store");
    fs::create_dir(&store).expect("a folder");
    fs::write(folder.path().join("aws"), AWS).expect("it can be written");
    let command = snippet("AWS Batch, an array job", "sh");
    assert!(command.contains("\"s3://$BUCKET/sweep/"), "{command}");
    fs::write(folder.path().join("command.sh"), command).expect("it can be written");
    let submit = snippet("it is submitted as", "sh");
    let script = format!("chmod +x aws; PATH=$PWD:$PATH; {submit}");
    run(&script, folder.path(), &[("QUEUE", "spot")]);
    assert_whole(&store, folder.path(), SWEEP);
}

/// The fields of each mapping that the job may have: a typo is refused by no older cluster, which
/// would run one task instead of sixteen.
const FIELDS: [(&str, &[&str]); 9] = [
    ("", &["apiVersion", "kind", "metadata", "spec"]),
    ("metadata", &["name"]),
    (
        "spec",
        &["completionMode", "completions", "parallelism", "template"],
    ),
    ("spec.template", &["spec"]),
    (
        "spec.template.spec",
        &["restartPolicy", "containers", "volumes"],
    ),
    (
        "spec.template.spec.containers",
        &["name", "image", "command", "args", "volumeMounts"],
    ),
    (
        "spec.template.spec.containers.volumeMounts",
        &["name", "mountPath"],
    ),
    (
        "spec.template.spec.volumes",
        &["name", "configMap", "persistentVolumeClaim"],
    ),
    ("spec.template.spec.volumes.configMap", &["name"]),
];

#[track_caller]
fn assert_known(at: &str, node: &Yaml) {
    for item in node.as_vec().into_iter().flatten() {
        assert_known(at, item);
    }
    for (key, value) in node.as_hash().into_iter().flatten() {
        let key = key.as_str().expect("a name");
        let known = FIELDS.iter().find(|(path, _)| *path == at);
        let known = known.map_or(&["claimName"][..], |(_, known)| known);
        assert!(known.contains(&key), "{at}: {key} is no field of it");
        let at = if at.is_empty() {
            key.to_owned()
        } else {
            format!("{at}.{key}")
        };
        assert_known(&at, value);
    }
}

#[test]
fn kubernetes() {
    let folder = folder();
    let text = snippet("Kubernetes, an indexed job", "yaml");
    let job = YamlLoader::load_from_str(&text).expect("YAML").remove(0);
    assert_known("", &job);
    assert_eq!(job["apiVersion"].as_str(), Some("batch/v1"));
    assert_eq!(job["kind"].as_str(), Some("Job"));
    let spec = &job["spec"];
    assert_eq!(spec["completionMode"].as_str(), Some("Indexed"));
    let completions = spec["completions"].as_i64().expect("a number");
    assert_eq!(usize::try_from(completions), Ok(PARTS));
    let pod = &spec["template"]["spec"];
    let container = &pod["containers"][0];
    let command = container["command"].as_vec().expect("a command");
    assert_eq!(command, &["sh", "-c"].map(|word| Yaml::String(word.into())));
    let mut script = container["args"][0].as_str().expect("a script").to_owned();
    let volumes = pod["volumes"].as_vec().expect("volumes");
    for mount in container["volumeMounts"].as_vec().expect("mounts") {
        assert!(volumes.iter().any(|volume| volume["name"] == mount["name"]));
        let path = mount["mountPath"].as_str().expect("a path");
        assert!(script.contains(&format!("{path}/")), "{path} is not used");
        let there = match path {
            "/scenario" => folder.path().to_owned(),
            other => folder.path().join(other.trim_start_matches('/')),
        };
        fs::create_dir_all(&there).expect("a folder");
        script = script.replace(&format!("{path}/"), &format!("{}/", there.display()));
    }
    for index in 0..PARTS {
        let index = index.to_string();
        let variables = [("JOB_COMPLETION_INDEX", index.as_str())];
        run(&script, folder.path(), &variables);
    }
    assert_whole(&folder.path().join("results"), folder.path(), SWEEP);
}
