//! The scenario that tests of single rules begin with, and how they change it.

/// Four tasks that fill two hosts, behind a load balancer.
pub const WEB: &str = r#"
[service]
name = "web"
desired_count = 4
cpu = 1024
memory_mib = 1024
launch_type = "ec2"
[service.timing]
start = { mean = "45s", cv = 0.2 }
ready = { mean = "75s", cv = 0.2 }
[service.load_balancer]
type = "alb"
[deployment]
minimum_healthy_percent = 100
maximum_percent = 200
per_day = 4
[cluster]
[[cluster.hosts]]
instance_type = "m5.large"
usd_per_hour = 0.1
count = 2
[prices]
"m5.large" = 0.1
"#;

/// A scenario with keys put into a table, which is added where it is not there.
pub fn with_in(text: &str, table: &str, keys: &str) -> String {
    let header = format!("[{table}]\n");
    if text.contains(&header) {
        text.replace(&header, &format!("{header}{keys}\n"))
    } else {
        format!("{text}\n{header}{keys}\n")
    }
}

/// A scenario with keys put into several tables.
pub fn with(text: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(text.to_owned(), |text, (table, keys)| {
        with_in(&text, table, keys)
    })
}
