//! Tables and limits as they are written, right and wrong.

use super::*;
use crate::fleet::Problem as Fleet;

const HEADER: &str = "service,option,cluster,window,pool,weighted_minutes_per_month,\
                      usd_per_month,hosts,spot_hosts,shortfall_minutes_per_month\n";
const LIMITS: &str = "budget_usd_per_month = 100\n[clusters.main]\nextra_hosts_max = 4\n\
                      usd_per_extra_host_per_month = 20.5\n[pools.m5-1a]\nspot_hosts_max = 3\n";

fn read(rows: &str) -> Result<Fleet, Unreadable> {
    let shared = limits(LIMITS).expect("the limits can be read");
    options(format!("{HEADER}{rows}").as_bytes(), &shared)
}

fn problems(rows: &str) -> Vec<String> {
    match read(rows) {
        Err(Unreadable::Wrong { problems, .. }) => {
            problems.iter().map(ToString::to_string).collect()
        }
        other => panic!("expected problems: {other:?}"),
    }
}

#[test]
fn a_row_is_an_option_and_rows_of_a_service_may_be_scattered() {
    let fleet = read(
        "web,now,main,10h,,12.5,0,0,0,0.01\n\
         api,now,,,m5-1a,7,-1.25,2,1,0\n\
         web,fast,main,10h,m5-1a,5.25,3.5,2,1,0.02\n",
    )
    .expect("the table can be read");
    assert_eq!(fleet.services.len(), 2);
    let web = &fleet.services[0];
    assert_eq!((&*web.name, web.options.len()), ("web", 2));
    let fast = &web.options[1];
    assert_eq!(
        (fast.cluster, fast.pool, fast.hosts, fast.spot_hosts),
        (Some(0), Some(0), 2, 1)
    );
    assert!((fast.weighted_minutes - 5.25).abs() < 1e-12);
    let api = &fleet.services[1].options[0];
    assert_eq!(
        (api.cluster, &*fleet.windows[api.window as usize]),
        (None, "any")
    );
    assert!((api.usd + 1.25).abs() < 1e-12);
    assert!((fleet.clusters[0].usd_per_extra_host - 20.5).abs() < 1e-12);
}

#[test]
fn every_problem_is_told_with_its_line_and_what_to_do() {
    let found = problems(
        "web,now,mian,10h,,x,0,0,0,0\n\
         web,now,main,10h,m5-1b,1,0,1,2,0\n\
         ,odd,main,10h,,1,0,-1,0,0\n",
    );
    let expected = [
        "line 2, column 9: cluster: found \"mian\", expected one of the clusters that the limits \
         name, or nothing; did you mean main? else add [clusters.mian] to the limits",
        "line 2, column 19: weighted_minutes_per_month: found \"x\"",
        "line 3, column 5: option: found \"now\", expected one row for each option",
        "line 3, column 18: pool: found \"m5-1b\"",
        "line 3, column 30: spot_hosts: found \"2\", expected at most its 1 hosts",
        "line 4, column 1: service: found nothing",
        "line 4, column 20: hosts: found \"-1\"",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}\nis not\n{expected}");
    }
}

#[test]
fn a_repeated_option_is_found_where_rows_are_scattered() {
    let found = problems(
        "web,now,,,,1,0,0,0,0\napi,now,,,,1,0,0,0,0\nweb,fast,,,,1,0,0,0,0\n\
         web,now,,,,1,0,0,0,0\n",
    );
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(
        found[0].starts_with("line 5, column 5: option"),
        "{found:#?}"
    );
}

#[test]
fn a_price_that_is_not_given_is_an_assumption() {
    let shared = limits("[clusters.main]\nextra_hosts_max = 4\n").expect("it can be read");
    assert_eq!(
        shared.assumptions[0].key,
        "clusters.main.usd_per_extra_host_per_month"
    );
    let wrong = limits("budget_usd_per_mont = 1\n[clusters.a]\nextra_hosts_max = 1.5\n");
    let wrong = wrong.expect_err("two problems");
    assert_eq!(wrong.len(), 2);
    assert!(wrong[0].hint.contains("budget_usd_per_month"));
}
