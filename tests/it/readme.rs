//! Every output that README shows is what the binary prints.

use std::path::Path;

use super::cli::binary;

/// The text of README.
fn readme() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    std::fs::read_to_string(path).expect("README is there")
}

/// Command and output of each console block that shows one of the binary.
fn shown(readme: &str) -> Vec<(&str, &str)> {
    readme
        .split("```console\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("\n```"))
        .filter_map(|(block, _)| block.split_once('\n'))
        .filter_map(|(command, output)| Some((command.strip_prefix("$ ")?, output)))
        .collect()
}

#[test]
fn outputs_are_real() {
    let readme = readme();
    let blocks = shown(&readme);
    assert!(blocks.len() >= 3, "README shows {} outputs", blocks.len());
    for (command, output) in blocks {
        let arguments = command
            .strip_prefix("prescale ")
            .or_else(|| command.strip_prefix("cargo run --release -- "))
            .unwrap_or_else(|| panic!("not a command of ours: {command}"));
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        let run = binary(&arguments).output().expect("the binary runs");
        let printed = String::from_utf8(run.stdout).expect("UTF-8");
        match output.strip_suffix("\n…") {
            Some(beginning) => assert!(
                printed.starts_with(&format!("{beginning}\n")),
                "{command} prints\n{printed}\nREADME shows\n{beginning}"
            ),
            None => assert_eq!(printed.trim_end(), output.trim_end(), "{command}"),
        }
    }
}

#[test]
fn every_example_is_mentioned() {
    let readme = readme();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/examples");
    for entry in std::fs::read_dir(examples).expect("examples are there") {
        let name = entry.expect("an entry").file_name();
        let name = name.to_string_lossy();
        assert!(readme.contains(&*name), "README does not mention {name}");
    }
}
