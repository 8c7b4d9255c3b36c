//! `prescale sweep`: whole outputs, files that are there whole or not at all, parts, tables.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use super::{binary, prescale};

const SCENARIO: &str = "data/examples/two-tasks-no-room.toml";
const PERCENTS: [&str; 4] = [
    "--vary",
    "deployment.minimum_healthy_percent=0,50,100",
    "--vary",
    "deployment.maximum_percent=100,200",
];

fn sweep(more: &[&str]) -> super::Run {
    let mut arguments = vec!["sweep", SCENARIO];
    arguments.extend(PERCENTS);
    arguments.extend(more);
    prescale(&arguments)
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

#[test]
fn a_grid_as_csv() {
    insta::assert_snapshot!(sweep(&[]));
}

#[test]
fn a_bad_row_is_a_row() {
    let run = prescale(&[
        "sweep",
        SCENARIO,
        "--vary",
        "service.desired_count=2,3",
        "--vary",
        "deployment.maximum_percent=90,200",
        "--format",
        "jsonl",
    ]);
    insta::assert_snapshot!(run);
}

#[test]
fn bad_usage_is_told_at_once() {
    let run = prescale(&[
        "sweep",
        SCENARIO,
        "--vary",
        "deployment.minimum_helthy_percent=0..100",
        "--vary",
        "service.timing.start=30s..90s",
        "--vary",
        "cluster.hosts.1.count=1",
    ]);
    insta::assert_snapshot!(run);
}

#[test]
fn problems_that_stay_whatever_the_values_are_told() {
    let run = super::prescale_given(
        "[service]\nname = 3\ndesired_count = 2\n",
        &["sweep", "-", "--vary", "service.desired_count=1..3"],
    );
    assert_eq!(run.code, Some(2));
    assert!(
        run.stderr.contains("stdin:2:8: service.name"),
        "{}",
        run.stderr
    );
    assert_eq!(run.stdout, "");
}

#[test]
fn a_file_is_what_standard_output_gets_and_parts_make_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("all.csv");
    let whole = sweep(&["--threads", "1"]).stdout;
    let run = sweep(&["-o", &file.display().to_string()]);
    assert_eq!(
        (run.code, run.stdout.as_str(), run.stderr.as_str()),
        (Some(0), "", "")
    );
    assert_eq!(text(&file), whole);
    assert_eq!(names(folder.path()), ["all.csv"]);
    let parts: String = ["1/4", "2/4", "3/4", "4/4"]
        .iter()
        .map(|part| sweep(&["--shard", part]).stdout)
        .collect();
    assert_eq!(parts, whole);
}

#[test]
fn a_killed_sweep_leaves_nothing_under_the_name_and_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("rows.csv");
    let path = file.display().to_string();
    // Each row has a timing of its own, so that it takes a while.
    let arguments = [
        "sweep",
        SCENARIO,
        "--vary",
        "service.timing.ready=10s..409s:1s",
        "--vary",
        "deployment.minimum_healthy_percent=0..100",
        "-o",
        &path,
        "--resume",
    ];
    let mut child = binary(&arguments)
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let part = folder.path().join("rows.csv.part");
    let rows_are_certain = || fs::metadata(&part).is_ok_and(|part| part.len() > 100_000);
    while !rows_are_certain() && child.try_wait().expect("a state").is_none() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    assert!(!file.exists());
    let certain = fs::metadata(&part).expect("a part").len();
    assert!(certain > 100_000);
    // Half a row that was written when it was killed.
    let mut torn = fs::OpenOptions::new()
        .append(true)
        .open(&part)
        .expect("a part");
    std::io::Write::write_all(&mut torn, b"10s,5").expect("it can be written");
    let other = prescale(&[
        "sweep",
        SCENARIO,
        "--vary",
        "service.desired_count=1..2",
        "-o",
        &path,
        "--resume",
    ]);
    assert_eq!(other.code, Some(2));
    assert!(other.stderr.contains("another sweep"), "{}", other.stderr);
    assert_eq!(prescale(&arguments).code, Some(0));
    assert_eq!(names(folder.path()), ["rows.csv"]);
    let undisturbed = prescale(&arguments[..6]);
    assert!(text(&file) == undisturbed.stdout, "the two differ");
}

#[test]
fn a_table_has_a_row_for_each_of_its_rows() {
    let folder = tempfile::tempdir().expect("a folder");
    let table = folder.path().join("services.csv");
    let rows = "service.name,service.desired_count,service.timing.ready,deployment.per_day\n\
                =cmd|'/c calc'!A1,2,30s,1\n\
                @web,1,,2\n\
                \"a,\"\"b\",2,45s,\n";
    fs::write(&table, rows).expect("it can be written");
    let path = table.display().to_string();
    let run = prescale(&["sweep", SCENARIO, "--input", &path]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines.len(), 4);
    assert!(
        lines[1].starts_with("'=cmd|'/c calc'!A1,2,30s,1,completes,,1,2,"),
        "{}",
        lines[1]
    );
    assert!(lines[2].starts_with("'@web,1,,2,"), "{}", lines[2]);
    assert!(
        lines[3].starts_with("\"a,\"\"b\",2,45s,,completes,"),
        "{}",
        lines[3]
    );
    let parts = ["1/2", "2/2"]
        .map(|part| prescale(&["sweep", SCENARIO, "--input", &path, "--shard", part]).stdout);
    assert_eq!(parts.concat(), run.stdout);
    fs::write(&table, "service.nam,team\nweb,a\n").expect("it can be written");
    let run = prescale(&["sweep", SCENARIO, "--input", &path]);
    assert_eq!(run.code, Some(2));
    assert!(
        run.stderr.contains("column 1 (service.nam)"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("column 2 (team)"), "{}", run.stderr);
}

#[test]
fn a_file_may_say_what_is_varied() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("grid.toml");
    let vary = "[[vary]]\nkey = \"deployment.minimum_healthy_percent\"\nvalues = \"0,50,100\"\n";
    fs::write(&file, vary).expect("it can be written");
    let path = file.display().to_string();
    let run = prescale(&["sweep", SCENARIO, "--grid", &path, PERCENTS[2], PERCENTS[3]]);
    assert_eq!(run.stdout, sweep(&[]).stdout);
    fs::write(&file, "[[vary]]\nkeys = \"a\"\n").expect("it can be written");
    let run = prescale(&["sweep", SCENARIO, "--grid", &path]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains(":2:1: vary.0.keys"), "{}", run.stderr);
}

#[test]
fn a_closed_pipe_is_success() {
    let arguments = [
        "sweep",
        SCENARIO,
        "--vary",
        "deployment.maximum_percent=100..1000",
    ];
    let mut child = binary(&arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The rows of a Parquet file, each as text in the order of its columns; empty where it is null.
fn parquet_rows(path: &Path) -> (Vec<String>, Vec<Vec<String>>, usize) {
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::record::Field;
    let file = fs::File::open(path).expect("it can be opened");
    let reader = SerializedFileReader::new(file).expect("it is Parquet");
    let schema = reader.metadata().file_metadata().schema();
    let names = schema.get_fields().iter();
    let names = names.map(|field| field.name().to_owned()).collect();
    let cell = |field: &Field| match field {
        Field::Null => String::new(),
        Field::Long(whole) => whole.to_string(),
        Field::Double(number) => number.to_string(),
        Field::Bool(flag) => flag.to_string(),
        Field::Str(text) => text.clone(),
        other => panic!("no such column: {other:?}"),
    };
    let rows = reader.get_row_iter(None).expect("it has rows");
    let rows = rows.map(|row| {
        let row = row.expect("a row");
        row.get_column_iter()
            .map(|(_, field)| cell(field))
            .collect()
    });
    (names, rows.collect(), reader.num_row_groups())
}

/// The same of CSV.
fn csv_rows(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let texts = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect();
    let header = texts(reader.headers().expect("a header"));
    let rows = reader.records().map(|row| texts(&row.expect("a row")));
    (header, rows.collect())
}

#[test]
fn parquet_holds_what_csv_holds_with_types() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("rows.parquet");
    // Good rows, stuck ones with a reason, and bad ones.
    let varied = [
        "--vary",
        "service.desired_count=2,3",
        "--vary",
        "deployment.minimum_healthy_percent=0,50,100",
        "--vary",
        "service.timing.ready=30s,45s",
        "--vary",
        "prescale.spot_share=0,0.5",
    ];
    let mut arguments = vec!["sweep", SCENARIO];
    arguments.extend(varied);
    let csv = prescale(&arguments).stdout;
    let path = file.display().to_string();
    arguments.extend(["-o", &path]);
    let run = prescale(&arguments);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    assert_eq!(names(folder.path()), ["rows.parquet"]);
    let (names, rows, groups) = parquet_rows(&file);
    let (header, expected) = csv_rows(&csv);
    assert_eq!(names, header);
    assert_eq!(rows.len(), 24);
    assert_eq!(groups, 1);
    let verdicts: std::collections::BTreeSet<&str> =
        rows.iter().map(|row| row[4].as_str()).collect();
    assert_eq!(
        verdicts.into_iter().collect::<Vec<_>>(),
        ["completes", "invalid", "stuck"]
    );
    for (row, expected) in rows.iter().zip(&expected) {
        assert_eq!(row, expected);
    }
}

#[test]
fn parquet_has_the_same_bytes_whatever_the_threads_in_groups_of_equal_size() {
    let folder = tempfile::tempdir().expect("a folder");
    let written = |name: &str, more: &[&str]| {
        let file = folder.path().join(name);
        let path = file.display().to_string();
        let mut arguments = vec![
            "sweep",
            "benches/inputs/million-rows.toml",
            "--vary",
            "deployment.minimum_healthy_percent=0..100",
            "--vary",
            "deployment.maximum_percent=100..900",
            "-o",
            &path,
        ];
        arguments.extend(more);
        let run = prescale(&arguments);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        file
    };
    let one = written("one.parquet", &["--threads", "1"]);
    let three = written("three", &["--threads", "3", "--format", "parquet"]);
    let bytes = |path: &Path| fs::read(path).expect("it can be read");
    assert!(bytes(&one) == bytes(&three), "the two differ");
    let (_, rows, groups) = parquet_rows(&one);
    assert_eq!((rows.len(), groups), (101 * 801, 2));
    // Each part is a file of its own; their rows one after another are the whole.
    let parts = ["1/2", "2/2"].map(|part| {
        let name = format!("part-{}.parquet", &part[..1]);
        parquet_rows(&written(&name, &["--shard", part])).1
    });
    assert!(parts.concat() == rows, "the parts are not the whole");
}

#[test]
fn a_table_as_parquet_keeps_its_texts() {
    let folder = tempfile::tempdir().expect("a folder");
    let table = folder.path().join("services.csv");
    let rows = "service.name,service.desired_count,deployment.per_day\n=1+1,2,1\nweb,,0.5\n";
    fs::write(&table, rows).expect("it can be written");
    let (path, file) = (
        table.display().to_string(),
        folder.path().join("rows.parquet"),
    );
    let to = file.display().to_string();
    let run = prescale(&["sweep", SCENARIO, "--input", &path, "-o", &to]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let (_, rows, _) = parquet_rows(&file);
    // A number for a program, an empty cell for nothing, and no apostrophe: this is no spreadsheet.
    assert_eq!(rows[0][..3], ["=1+1", "2", "1"]);
    assert_eq!(rows[1][..3], ["web", "", "0.5"]);
}

#[test]
fn parquet_is_whole_or_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("rows.parquet");
    let path = file.display().to_string();
    let run = sweep(&["-o", &path, "--resume"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("whole or nothing"), "{}", run.stderr);
    assert_eq!(names(folder.path()), Vec::<String>::new());
    let arguments = [
        "sweep",
        SCENARIO,
        "--vary",
        "service.timing.ready=10s..4009s:1s",
        "-o",
        &path,
    ];
    let mut child = binary(&arguments)
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let part = folder.path().join("rows.parquet.part");
    while !part.exists() && child.try_wait().expect("a state").is_none() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    assert!(!file.exists());
    let whole = sweep(&["-o", &path]);
    assert_eq!(whole.code, Some(0), "{}", whole.stderr);
    assert_eq!(names(folder.path()), ["rows.parquet"]);
    assert_eq!(parquet_rows(&file).1.len(), 6);
}

/// A range without a unit is no duration: each row says so, and a file would hide it.
#[test]
fn a_key_that_takes_none_of_its_values_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("rows.csv").display().to_string();
    let sweep = |ready: &str| {
        let ready = format!("service.timing.ready={ready}");
        prescale(&["sweep", SCENARIO, "--vary", &ready, "-o", &file])
    };
    let run = sweep("10..20");
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""));
    assert_eq!(
        run.stderr,
        "service.timing.ready: all 11 values are refused, so all rows are invalid: found 10, \
         expected a duration such as \"90s\", or { mean = \"90s\", cv = 0.2 }\n"
    );
    // One that is taken is enough.
    assert_eq!(sweep("10,20s").stderr, "");
}

#[test]
fn what_cannot_be_swept_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let empty = folder.path().join("empty.csv");
    fs::write(&empty, "").expect("it can be written");
    let empty = empty.display().to_string();
    for (arguments, told) in [
        (&["--input", &empty][..], "found no columns"),
        (&["--vary", "service.timing.ready=10s..20s"], "10s..20s:1s"),
        (
            &["--vary", "service.desired_count=1..2", "--threads", "0"],
            "expected a whole number from 1 on",
        ),
    ] {
        let arguments = [&["sweep", SCENARIO], arguments].concat();
        let run = prescale(&arguments);
        assert_eq!(run.code, Some(2), "{arguments:?}");
        assert!(run.stderr.contains(told), "{}", run.stderr);
        assert_eq!(run.stdout, "");
    }
    let fleet = "data/examples/fleet/fleet.toml";
    let run = prescale(&["sweep", fleet, "--vary", "service.desired_count=1..2"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("found a fleet"), "{}", run.stderr);
}
