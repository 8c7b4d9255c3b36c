use prescale::model::{law::Law, phases::Phases, rolling::*, verdict::*};
use prescale::scenario::*;
use prescale::units::Seconds;
fn phases(block: usize) -> Phases {
    let ln = |m, c| DurationLaw::lognormal(Seconds(m), c);
    let (start, ready, stop, dd, lb) = match block {
        0 => (ln(45., 0.2), ln(75., 0.2), ln(5., 0.5), 300.0, true),
        1 => (DurationLaw { mean: Seconds(45.), cv: 0.8, family: Family::Gamma }, DurationLaw { mean: Seconds(75.), cv: 0.8, family: Family::Weibull }, ln(5., 0.5), 0.0, true),
        _ => (ln(30., 0.5), ln(75., 0.2), ln(10., 0.5), 0.0, false),
    };
    let step: f64 = std::env::var("STEP").ok().and_then(|s| s.parse().ok()).unwrap_or(match block { 0 => 2.0, 1 => 4.0, _ => 1.2 });
    let reaction = Law::of(ln(20., 0.4), step);
    let r = Law::of(ready, step);
    let _ = &r;
    let service = Service { name: "x".into(), desired_count: 1, size: None, network_mode: NetworkMode::Bridge, host_port: HostPort::Dynamic, distinct_instance: false, launch_type: LaunchType::Ec2, health_check_grace_period: None, longest_request: None,
        timing: Timing { start, ready, stop, stop_timeout: Seconds(30.), cold_start_extra: DurationLaw::fixed(Seconds(20.)) },
        load_balancer: lb.then_some(LoadBalancer { kind: LoadBalancerKind::Alb, health_check_interval: Seconds(30.), healthy_threshold: 5, unhealthy_threshold: 2, deregistration_delay: Seconds(dd), health_rule: HealthRule::FirstPass, registration_delay: DurationLaw::fixed(Seconds(0.)) }), health_check: None, required_tasks: None };
    let v = verdict(&service, step);
    let h = Law::of(start, step).plus(&v.healthy);
    Phases { cold_start: h.plus(&Law::fixed(20., step)), start: h, drain: Law::cut_at(stop, 30., step).shifted(dd), reaction, verdict: v }
}
fn main() {
    let text = std::fs::read_to_string("/tmp/oracle_table.txt").unwrap();
    let mut block = 0; { let p = phases(0); println!("H {} verdict {} D {} R {}", p.start.mean(), p.verdict.healthy.mean(), p.drain.mean(), p.reaction.mean()); for (x,m) in p.verdict.healthy.points().filter(|p| p.1>1e-3) { print!("{x:.0}:{m:.3} "); } println!(); for q in [60.,150.,200.,255.,300.] { print!("{q}:{:.3} ", p.start.cdf(q)); } println!(); }
    let mut p = Rolling::new(phases(0));
    let (mut n, mut bad) = (0, 0);
    let mut t_total = 0.0; let mut seen=0;
    for line in text.lines() {
        if line.starts_with('#') { println!("{line}"); 
            if seen>0 && block<2 { block += 1; p = Rolling::new(phases(block)); } else if seen>0 {break;} seen+=1; continue; }
        let f: Vec<&str> = line.split_whitespace().collect();
        if f.is_empty() { continue; } let Ok(d) = f[0].parse::<u32>() else { continue };
        let s: u32 = f[1].parse().unwrap(); let k: u32 = f[2].parse().unwrap();
        if f[3] == "false" { continue; }
        let v: Vec<f64> = f[4..].iter().map(|x| x.parse().unwrap()).collect();
        let t = std::time::Instant::now();
        let e = p.ends(Rollout { replacements: d, cold: 0, warm: s, slack: k });
        let us = t.elapsed().as_secs_f64() * 1e6; t_total += us;
        let nv = &e.new_version; let c = &e.completed;
        let rel = |a: f64, b: f64| (a / b - 1.0) * 100.0;
        let r = [rel(nv.mean(), v[0]), rel(nv.quantile(0.95), v[3]), rel(nv.quantile(0.99), v[4]), rel(c.mean(), v[5]), rel(c.quantile(0.95), v[8]), rel(c.quantile(0.99), v[9])];
        n += 1;
        let m = r[0].abs().max(r[3].abs()); let q = r[1].abs().max(r[4].abs());
        let flag = if m > 1.0 || q > 2.0 { bad += 1; "BAD" } else if m > 0.3 || q > 0.6 { "~" } else { "" };
        println!("{d:4} {s:3} {k:3}  nv {:8.2} {:8.2} [{:+.2} {:+.2} {:+.2}]  c {:8.2} {:8.2} [{:+.2} {:+.2} {:+.2}] {us:7.0}us {flag}", v[0], nv.mean(), r[0], r[1], r[2], v[5], c.mean(), r[3], r[4], r[5]);
    }
    println!("{n} rows, {bad} bad, {t_total:.0} us");
}
