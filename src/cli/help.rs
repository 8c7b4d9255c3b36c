//! What helps to use the program: completions and the manual page, from its own arguments, and the
//! schemas of the files that people write.

use clap::CommandFactory as _;
use clap_complete::Shell;
use clap_mangen::Man;

use super::arguments::{Arguments, Described};
use super::output::{Answer, Complaint};
use super::words;
use crate::fleet::read::{fleet_schema, limits_schema};
use crate::scenario;

/// The JSON Schema of a kind of files.
pub fn schema(of: Described) -> Result<Answer, Complaint> {
    let schema = match of {
        Described::Scenario => scenario::read::schema(),
        Described::Fleet => fleet_schema(),
        Described::Limits => limits_schema(),
    };
    Ok(Answer::done(words::json(&schema)?))
}

/// Completions for a shell.
pub fn completions(shell: Shell) -> Result<Answer, Complaint> {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "prescale", &mut bytes);
    text(bytes)
}

/// The manual page: the program, then each command with its options.
pub fn manual() -> Result<Answer, Complaint> {
    let mut command = Arguments::command();
    command.build();
    let mut bytes = Vec::new();
    let mut write = || -> std::io::Result<()> {
        Man::new(command.clone()).render(&mut bytes)?;
        for inner in command
            .get_subcommands()
            .filter(|inner| inner.get_name() != "help")
        {
            let title = inner.get_bin_name().unwrap_or(inner.get_name());
            bytes.extend_from_slice(format!(".SH \"{}\"\n", title.to_uppercase()).as_bytes());
            let man = Man::new(inner.clone());
            man.render_description_section(&mut bytes)?;
            man.render_synopsis_section(&mut bytes)?;
            man.render_options_section(&mut bytes)?;
        }
        Ok(())
    };
    write().map_err(|error| Complaint::of(&error))?;
    text(bytes)
}

fn text(bytes: Vec<u8>) -> Result<Answer, Complaint> {
    String::from_utf8(bytes)
        .map(Answer::done)
        .map_err(|error| Complaint::of(&error))
}
