//! Files that are there whole or not at all.

use std::io::{ErrorKind, Write as _};
use std::path::Path;

use super::output::Complaint;

/// What happens to a file of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and nothing is written.
    Kept,
    /// It gives way to the new one.
    Replaced,
}

/// Writes the whole file or nothing: beside it first, then in its place.
pub fn write(path: &Path, text: &str, existing: Existing) -> Result<(), Complaint> {
    let written = beside(path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        let kept = match existing {
            Existing::Replaced => file.persist(path),
            Existing::Kept => file.persist_noclobber(path),
        };
        kept.map(drop).map_err(|kept| kept.error)
    });
    written.map_err(|error| {
        let hint = match error.kind() {
            ErrorKind::AlreadyExists => "give another name, or --force to replace it",
            _ => "give a path in a folder that can be written to",
        };
        Complaint::about(&path.display(), &error, hint)
    })
}

/// Whether a file could be written there, asked before a long computation.
pub fn probe(path: &Path) -> Result<(), Complaint> {
    beside(path).map(drop).map_err(|error| {
        let hint = "give a path in a folder that can be written to";
        Complaint::about(&path.display(), &error, hint)
    })
}

/// A file in the same folder, to be read by those whom the process's mask lets.
fn beside(path: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder(path)).map_err(of_itself)
}

/// An error without the random name of the file beside, which says nothing.
fn of_itself(error: std::io::Error) -> std::io::Error {
    let text = error.to_string();
    match text.split_once(" at path \"") {
        Some((what, _)) => std::io::Error::new(error.kind(), what),
        None => error,
    }
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}
