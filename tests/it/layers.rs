//! The order of the modules: each uses only what stands before it.

use std::path::{Path, PathBuf};

/// The modules from the ground up. A module may use those before it, and itself.
const ORDER: &[&str] = &[
    "units",
    "catalog",
    "scenario",
    "rollout",
    "model",
    "simulate",
    "explain",
    "recommend",
    "fleet",
    "sweep",
    "import",
    "emit",
    "validate",
    "report",
    "cli",
];

/// Modules that must share nothing, so that their agreement proves something.
const STRANGERS: &[(&str, &str)] = &[("simulate", "model"), ("simulate", "rollout")];

fn sources(module: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = vec![root.join(module).with_extension("rs")];
    let mut folders = vec![root.join(module)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = folder.read_dir() else {
            continue;
        };
        for path in entries.map(|entry| entry.expect("a folder can be read").path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    found.retain(|path| path.is_file() && !path.ends_with("tests.rs"));
    found.sort();
    found
}

/// What a module names of the crate, each with the file that does.
fn uses(module: &str) -> Vec<(PathBuf, String)> {
    let mut uses = Vec::new();
    for path in sources(module) {
        let text = std::fs::read_to_string(&path).expect("a source can be read");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for rest in code.split("crate::").skip(1) {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_'));
            uses.push((path.clone(), rest[..end.unwrap_or(rest.len())].to_owned()));
        }
    }
    uses
}

#[test]
fn every_module_uses_only_what_stands_before_it() {
    let at = |name: &str| ORDER.iter().position(|module| *module == name);
    let mut wrong = Vec::new();
    for (i, module) in ORDER.iter().enumerate() {
        for (path, used) in uses(module) {
            if at(&used).is_some_and(|j| j > i) {
                wrong.push(format!("{} uses {used}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_has_its_place() {
    let lib = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs");
    let lib = std::fs::read_to_string(lib).expect("lib.rs can be read");
    let modules: Vec<&str> = lib
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    assert!(modules.len() >= 9, "{modules:?}");
    for module in modules {
        assert!(ORDER.contains(&module), "{module} has no place in ORDER");
    }
}

#[test]
fn what_is_compared_shares_nothing() {
    for (module, stranger) in STRANGERS {
        let shared: Vec<_> = uses(module)
            .into_iter()
            .filter(|(_, used)| used == stranger)
            .collect();
        assert!(shared.is_empty(), "{module} uses {stranger}: {shared:?}");
    }
}
