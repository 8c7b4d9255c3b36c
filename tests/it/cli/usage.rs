use std::process::Stdio;

use super::{binary, prescale, prescale_given};

#[test]
fn help() {
    insta::assert_snapshot!(prescale(&["--help"]));
}

#[test]
fn a_missing_file_is_named() {
    insta::assert_snapshot!(prescale(&["estimate", "no-such.toml"]), @r"
    --- stderr
    no-such.toml: No such file or directory (os error 2)
        hint: check the path, or give - to read standard input
    --- exit code 2
    ");
}

#[test]
fn all_problems_are_told_with_their_place() {
    let scenario = "\
[service]
name = \"web\"
desired_cuont = 2
cpu = 256
memory_mib = 512

[service.timing]
start = 45
ready = \"30s\"

[deployment]
per_day = 1.0

[cluster]
free_tasks = 2
";
    insta::assert_snapshot!(prescale_given(scenario, &["estimate", "-"]));
}

#[test]
fn a_count_that_does_not_fit_is_bad_input() {
    let scenario = std::fs::read_to_string("data/examples/web.toml").expect("the example is there");
    let scenario = scenario.replace("desired_count = 2", "desired_count = 3");
    insta::assert_snapshot!(prescale_given(&scenario, &["estimate", "-"]));
}

#[test]
fn an_unknown_flag_is_bad_usage() {
    let run = prescale(&["estimate", "--fromat", "json", "data/examples/web.toml"]);
    insta::assert_snapshot!(run);
}

#[test]
fn text_that_is_no_text_is_bad_input() {
    let run = prescale(&["estimate", "target/debug/prescale"]);
    assert_eq!(run.code, Some(2));
}

#[test]
fn a_closed_pipe_is_success() {
    let mut child = binary(&["catalog", "--region", "us-east-1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the binary ends");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn a_full_disk_is_no_success() {
    if let Ok(full) = std::fs::File::options().write(true).open("/dev/full") {
        let output = binary(&["catalog"]).stdout(full).output();
        assert_eq!(output.expect("the binary runs").status.code(), Some(2));
    }
}

#[test]
fn a_name_that_is_near_none_gets_no_guess() {
    let scenario = std::fs::read_to_string("data/examples/web.toml").expect("the example is there");
    let scenario = scenario.replace("ap-northeast-1", "xx-1");
    insta::assert_snapshot!(prescale_given(&scenario, &["estimate", "-"]));
}
