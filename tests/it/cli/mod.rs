//! The commands as their users meet them: whole outputs and exit codes of the built binary.

mod catalog;
mod check;
mod conventions;
mod emit;
mod estimate;
mod explain;
mod fleet_file;
mod fleet_table;
mod hosts;
mod import;
mod recommend;
mod report;
mod simulate;
mod situations;
mod sweep;
mod usage;
mod validate;

use std::fmt;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

/// What a run of the binary gave back.
pub struct Run {
    pub stdout: String,
    pub stderr: String,
    pub code: Option<i32>,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            stdout: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("standard error is UTF-8"),
            code: output.status.code(),
        }
    }
}

/// All of it, for a snapshot.
impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.stdout.is_empty() {
            write!(f, "--- stdout\n{}", self.stdout)?;
        }
        if !self.stderr.is_empty() {
            write!(f, "--- stderr\n{}", self.stderr)?;
        }
        match self.code {
            Some(code) => write!(f, "--- exit code {code}"),
            None => write!(f, "--- ended by a signal"),
        }
    }
}

/// The binary in the package's folder, so that `data/examples/web.toml` is found.
pub fn binary(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_prescale"));
    command
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null());
    command
}

/// Runs the binary.
pub fn prescale(arguments: &[&str]) -> Run {
    Run::from(binary(arguments).output().expect("the binary runs"))
}

/// Runs the binary with a text on standard input.
pub fn prescale_given(stdin: &str, arguments: &[&str]) -> Run {
    let mut child = binary(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    child
        .stdin
        .take()
        .expect("standard input is piped")
        .write_all(stdin.as_bytes())
        .expect("the binary reads standard input");
    Run::from(child.wait_with_output().expect("the binary ends"))
}

/// Asserts that every line keeps to the width of a pipe.
pub fn assert_narrow(run: &Run) {
    for line in run.stdout.lines() {
        assert!(line.chars().count() <= 80, "wider than 80 columns: {line}");
    }
}
