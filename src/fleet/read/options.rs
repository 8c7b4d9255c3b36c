//! The table of options: one row per option, read as a stream.

use std::io::Read;
use std::sync::Arc;

use csv::{ReaderBuilder, StringRecord};

use super::columns::{self, Columns, NAMES};
use super::limits::Shared;
use super::names::Names;
use super::{Unreadable, nearest, numbers};
use crate::fleet::problem::{Problem, Service, ServiceOption};
use crate::scenario::read::{Place, Problem as Wrong};

/// So many problems are told in full: a table that is wrong all over is wrong in one way.
const MOST_PROBLEMS: usize = 20;
/// No sum over a fleet is larger, so that none loses its decimals.
const MOST: f64 = 1e12;
/// The window of an option that names none.
const ANY_WINDOW: &str = "any";

/// Reads a table of options under the limits that they share.
///
/// # Errors
/// All problems with their lines, of which the first are told in full.
pub fn options(table: impl Read, shared: &Shared) -> Result<Problem, Unreadable> {
    let mut reader = ReaderBuilder::new()
        .buffer_capacity(1 << 18)
        .from_reader(table);
    let header = reader.headers().map_err(not_csv)?;
    let columns = columns::columns(header).map_err(|problems| Unreadable::Wrong {
        problems,
        further: 0,
    })?;
    let mut rows = Rows {
        services: Vec::new(),
        names: Names::default(),
        options: Names::default(),
        of_service: Vec::new(),
        windows: Names::default(),
        clusters: Names::of(shared.clusters.iter().map(|cluster| &cluster.name)),
        pools: Names::of(shared.pools.iter().map(|pool| &pool.name)),
        last: None,
        came_back: false,
        problems: Vec::new(),
        further: 0,
    };
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(not_csv)? {
        rows.take(&Row {
            record: &record,
            columns,
        });
    }
    rows.finish(shared)
}

fn not_csv(error: csv::Error) -> Unreadable {
    let line = error.position().map_or(1, csv::Position::line);
    let found = error.to_string();
    match error.into_kind() {
        csv::ErrorKind::Io(error) => Unreadable::Io(error),
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => wrong_line(
            line,
            format!("{len} fields"),
            format!("{expected_len} fields, as in the first line"),
            "give every column of every row, with commas between",
        ),
        csv::ErrorKind::Utf8 { .. } => wrong_line(
            line,
            "bytes that are no text".to_owned(),
            "UTF-8".to_owned(),
            "save it as UTF-8 text",
        ),
        _ => wrong_line(line, found, "CSV".to_owned(), "correct the syntax"),
    }
}

fn wrong_line(line: u64, found: String, expected: String, hint: &str) -> Unreadable {
    let line = usize::try_from(line).unwrap_or(usize::MAX);
    Unreadable::Wrong {
        problems: vec![Wrong {
            place: Some(Place { line, column: 1 }),
            key: String::new(),
            found,
            expected,
            hint: hint.to_owned(),
        }],
        further: 0,
    }
}

/// A row with the names of its columns.
struct Row<'a> {
    record: &'a StringRecord,
    columns: Columns,
}

impl Row<'_> {
    fn field(&self, which: usize) -> &str {
        let field = self.record.get(self.columns.0[which]);
        of_spreadsheet(field.unwrap_or_default().trim())
    }

    /// Where a field begins, if no field before it is in quotes.
    fn place(&self, which: usize) -> Place {
        let before = self.record.iter().take(self.columns.0[which]);
        let line = self.record.position().map_or(1, csv::Position::line);
        Place {
            line: usize::try_from(line).unwrap_or(usize::MAX),
            column: 1 + before.map(|field| field.chars().count() + 1).sum::<usize>(),
        }
    }
}

/// A text without the apostrophe that keeps a spreadsheet from taking it for a formula.
fn of_spreadsheet(field: &str) -> &str {
    match field.strip_prefix('\'') {
        Some(text) if text.starts_with(['=', '+', '-', '@']) => text,
        _ => field,
    }
}

/// What was read so far.
struct Rows {
    services: Vec<Service>,
    names: Names,
    options: Names,
    /// By option name: one more than the number of the service that had it last.
    of_service: Vec<u32>,
    windows: Names,
    clusters: Names,
    pools: Names,
    /// The service of the row before.
    last: Option<u32>,
    /// Whether rows of other services stand between those of the last service.
    came_back: bool,
    problems: Vec<Wrong>,
    further: usize,
}

const SERVICE: usize = 0;
const OPTION: usize = 1;
const CLUSTER: usize = 2;
const WINDOW: usize = 3;
const POOL: usize = 4;
const MINUTES: usize = 5;
const USD: usize = 6;
const HOSTS: usize = 7;
const SPOT_HOSTS: usize = 8;
const SHORTFALL: usize = 9;

impl Rows {
    fn take(&mut self, row: &Row<'_>) {
        let service = self.service(row);
        let name = self.option(row, service);
        let cluster = self.shared(row, CLUSTER);
        let pool = self.shared(row, POOL);
        let window = match row.field(WINDOW) {
            "" => ANY_WINDOW,
            window => window,
        };
        let window = self.windows.number(window);
        let weighted_minutes = self.decimal(row, MINUTES, 0.0);
        let usd = self.decimal(row, USD, -MOST);
        let hosts = self.whole(row, HOSTS);
        let spot_hosts = self.whole(row, SPOT_HOSTS);
        let shortfall_minutes = self.decimal(row, SHORTFALL, 0.0);
        if let (Some(hosts), Some(spot)) = (hosts, spot_hosts)
            && spot > hosts
        {
            let expected = format!("at most its {hosts} hosts, which include the spot hosts");
            self.report(
                row,
                SPOT_HOSTS,
                &expected,
                "count the spot hosts as hosts too",
            );
        }
        if !self.problems.is_empty() {
            return;
        }
        if let (
            Some(service),
            Some(name),
            Ok(cluster),
            Ok(pool),
            Some(weighted_minutes),
            Some(usd),
            Some(hosts),
            Some(spot_hosts),
            Some(shortfall_minutes),
        ) = (
            service,
            name,
            cluster,
            pool,
            weighted_minutes,
            usd,
            hosts,
            spot_hosts,
            shortfall_minutes,
        ) {
            self.services[service as usize].options.push(ServiceOption {
                name,
                cluster,
                window,
                pool,
                weighted_minutes,
                usd,
                hosts,
                spot_hosts,
                shortfall_minutes,
            });
        }
    }

    fn service(&mut self, row: &Row<'_>) -> Option<u32> {
        let name = row.field(SERVICE);
        if name.is_empty() {
            self.report(row, SERVICE, "the name of a service", "name the service");
            return None;
        }
        let service = self.names.number(name);
        if service as usize == self.services.len() {
            // Most services have as many options as the one before.
            let options = self.services.last().map_or(16, |last| last.options.len());
            self.services.push(Service {
                name: self.names.name(service).clone(),
                options: Vec::with_capacity(options),
            });
        }
        Some(service)
    }

    /// The name of the option, which no other row of its service has.
    fn option(&mut self, row: &Row<'_>, service: Option<u32>) -> Option<Arc<str>> {
        let name = row.field(OPTION);
        if name.is_empty() {
            self.report(row, OPTION, "the name of an option", "name the option");
            return None;
        }
        let service = service?;
        let option = self.options.number(name);
        self.of_service.resize(self.options.all().len(), 0);
        let mark = std::mem::replace(&mut self.of_service[option as usize], service + 1);
        let name = self.options.name(option).clone();
        let before = &self.services[service as usize].options;
        if self.last != Some(service) {
            self.last = Some(service);
            self.came_back = !before.is_empty();
        }
        let mut twice = mark == service + 1;
        if self.came_back {
            // The marks of the services in between may stand over its own.
            twice |= before.iter().any(|option| Arc::ptr_eq(&option.name, &name));
        }
        if twice {
            let expected = "one row for each option of a service";
            self.report(
                row,
                OPTION,
                expected,
                "remove one of the rows, or rename one",
            );
            return None;
        }
        Some(name)
    }

    /// The cluster or pool of a row, which the limits must name.
    fn shared(&mut self, row: &Row<'_>, which: usize) -> Result<Option<u32>, ()> {
        let name = row.field(which);
        if name.is_empty() {
            return Ok(None);
        }
        let (names, table) = match which {
            CLUSTER => (&mut self.clusters, "clusters"),
            _ => (&mut self.pools, "pools"),
        };
        if let Some(number) = names.known(name) {
            return Ok(Some(number));
        }
        let near = nearest(name, names.all().iter().map(|name| &**name));
        let add = format!("add [{table}.{name}] to the limits");
        let hint = near.map_or_else(
            || add.clone(),
            |near| format!("did you mean {near}? else {add}"),
        );
        let expected = format!("one of the {table} that the limits name, or nothing");
        self.report(row, which, &expected, &hint);
        Err(())
    }

    fn decimal(&mut self, row: &Row<'_>, which: usize, least: f64) -> Option<f64> {
        let number = numbers::decimal(row.field(which));
        let number = number.filter(|number| (least..=MOST).contains(number));
        if number.is_none() {
            let expected = if least < 0.0 {
                "a number"
            } else {
                "a number that is 0 or more"
            };
            let hint = "write it with digits and a point, at most a million million";
            self.report(row, which, expected, hint);
        }
        number
    }

    fn whole(&mut self, row: &Row<'_>, which: usize) -> Option<u32> {
        let number = numbers::whole(row.field(which)).filter(|number| *number <= 1_000_000);
        if number.is_none() {
            let expected = "a whole number from 0 to 1000000";
            self.report(row, which, expected, "write a number without decimals");
        }
        number
    }

    fn report(&mut self, row: &Row<'_>, which: usize, expected: &str, hint: &str) {
        if self.problems.len() == MOST_PROBLEMS {
            self.further += 1;
            return;
        }
        let found = match row.field(which) {
            "" => "nothing".to_owned(),
            found => format!("\"{}\"", found.chars().take(40).collect::<String>()),
        };
        self.problems.push(Wrong {
            place: Some(row.place(which)),
            key: NAMES[which].to_owned(),
            found,
            expected: expected.to_owned(),
            hint: hint.to_owned(),
        });
    }

    fn finish(self, shared: &Shared) -> Result<Problem, Unreadable> {
        if !self.problems.is_empty() {
            return Err(Unreadable::Wrong {
                problems: self.problems,
                further: self.further,
            });
        }
        if self.services.is_empty() {
            return Err(wrong_line(
                1,
                "no rows".to_owned(),
                "at least one option of one service".to_owned(),
                "give a row for each option of each service",
            ));
        }
        Ok(Problem {
            services: self.services,
            clusters: shared.clusters.clone(),
            windows: self.windows.all().to_vec(),
            pools: shared.pools.clone(),
            limits: shared.limits.clone(),
        })
    }
}
