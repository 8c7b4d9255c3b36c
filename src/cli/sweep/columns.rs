//! A sweep as one Parquet file, which is there whole or not at all.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::ops::Range;
use std::path::Path;

use super::super::output::{Answer, Complaint};
use super::partial::beside;
use super::progress::Bar;
use super::{Failure, Run};
use crate::sweep::Parquet;

/// Writes all rows; on standard output where no file is named.
pub(super) fn write(
    run: &Run<'_>,
    path: Option<&Path>,
    rows: Range<u64>,
) -> Result<Answer, Complaint> {
    let Some(path) = path else {
        let stdout = io::stdout();
        if stdout.is_terminal() {
            let hint = "give a file (-o rows.parquet), or pipe it";
            let problem = "Parquet is not for a terminal";
            return Err(Complaint::about(&"standard output", &problem, hint));
        }
        return match all(run, rows, BufWriter::new(stdout)) {
            Ok(mut stdout) => done(stdout.flush().map_err(Failure::Write)),
            Err(failure) => done(Err(failure)),
        };
    };
    let cannot = |error: io::Error| {
        let hint = "give a path in a folder that can be written to, with enough space";
        Complaint::about(&path.display(), &error, hint)
    };
    let part = beside(path, ".part");
    let file = File::create(&part).map_err(cannot)?;
    let written = match all(run, rows, BufWriter::new(file)) {
        Ok(file) => file.into_inner().map_err(io::IntoInnerError::into_error),
        Err(Failure::Write(error)) => Err(error),
        Err(Failure::Read(complaint)) => {
            // What is half done is of no use to anybody.
            let _ = std::fs::remove_file(&part);
            return Err(complaint);
        }
    };
    written
        .and_then(|file| file.sync_all())
        .and_then(|()| std::fs::rename(&part, path))
        .map_err(|error| {
            let _ = std::fs::remove_file(&part);
            cannot(error)
        })?;
    Ok(Answer::done(String::new()))
}

fn done(written: Result<(), Failure>) -> Result<Answer, Complaint> {
    match written {
        Err(Failure::Write(error)) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Complaint::of(&format!("standard output: {error}")))
        }
        Err(Failure::Read(complaint)) => Err(complaint),
        // A reader that has gone away has what it wanted.
        Ok(()) | Err(Failure::Write(_)) => Ok(Answer::done(String::new())),
    }
}

fn all<W: Write + Send>(run: &Run<'_>, rows: Range<u64>, to: W) -> Result<W, Failure> {
    let mut parquet = Parquet::begin(to, &run.rows.kinds()).map_err(Failure::Write)?;
    let mut bar = Bar::new(rows.end - rows.start, 0);
    let worked = run.work(rows, |bytes, rows| {
        parquet.append(bytes)?;
        bar.advance(rows);
        Ok(())
    });
    bar.clear();
    worked?;
    parquet.finish().map_err(Failure::Write)
}
