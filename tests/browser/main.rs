//! The report as a reader meets it: in a real browser, on screens of two widths, light and dark,
//! and on paper.

mod driver;

use std::path::{Path, PathBuf};
use std::process::Command;

use driver::Browser;
use serde_json::{Value, json};

const HOSTILE: &str = "<script>alert(1)</script>";

/// A folder with a report on a service with a hostile name, and the report's address.
fn written() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let example = root.join("data/examples/twelve-services.toml");
    let example = std::fs::read_to_string(example).expect("it is there");
    let scenario = folder.path().join("hostile.toml");
    let text = example.replace("name = \"orders\"", &format!("name = \"{HOSTILE}\""));
    assert!(text.contains(HOSTILE));
    std::fs::write(&scenario, text).expect("it can be written");
    let url = report(&scenario);
    (folder, url)
}

/// The same of a fleet with hostile names of a service, a team and a cluster.
fn written_of_a_fleet() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let examples = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data/examples");
    let mut text = format!(
        "[plan]\nmonths = 18\ngrowth_percent_per_year = 40.0\npeak_factor = 2.0\n\
         [limits]\nbudget_usd_per_month = 150.0\n[clusters.\"{HOSTILE}\"]\nextra_hosts_max = 12\n\
         usd_per_extra_host_per_month = 9.0\n"
    );
    for (name, window) in [
        ("prescaling-pays", "10h"),
        ("billing-per-second", "14h"),
        ("two-tasks-no-room", "10h"),
    ] {
        let scenario = examples.join(name).with_extension("toml");
        text += &format!(
            "[[service]]\nfile = '{}'\nname = '{HOSTILE} {name}'\nteam = '{HOSTILE}'\n\
             cluster = '{HOSTILE}'\nwindow = '{window}'\n",
            scenario.display()
        );
    }
    let fleet = folder.path().join("fleet.toml");
    std::fs::write(&fleet, text).expect("it can be written");
    let url = report(&fleet);
    (folder, url)
}

/// The address of a report on a file, beside it.
fn report(on: &Path) -> String {
    let report = on.with_extension("html");
    let run = Command::new(env!("CARGO_BIN_EXE_prescale"))
        .args(["report".as_ref(), on.as_os_str()])
        .args(["-o".as_ref(), report.as_os_str()])
        .output()
        .expect("the binary runs");
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    format!("file://{}", report.display())
}

#[test]
#[ignore = "needs chromium and chromedriver"]
fn a_reader_can_use_the_report() {
    let (folder, url) = written();
    can_be_used(&folder, &url, |browser| {
        says_its_values(
            browser,
            "Time and cost",
            "circle",
            &[" min, ", " USD/month"],
        );
        can_be_sorted(browser, 4);
    });
}

#[test]
#[ignore = "needs chromium and chromedriver"]
fn a_reader_can_use_the_report_on_a_fleet() {
    let (folder, url) = written_of_a_fleet();
    can_be_used(&folder, &url, |browser| {
        let month = ["month 1, p95 of the load: ", " a month"];
        says_its_values(browser, "Hosts of all clusters", "rect", &month);
        says_its_values(
            browser,
            "Hosts of the pools",
            "rect",
            &[" hosts; the pool holds"],
        );
        says_its_values(
            browser,
            "Weighted minutes",
            "circle",
            &[" weighted min a month"],
        );
        can_be_sorted(browser, 5);
    });
}

/// On screens of two widths, light and dark, and on paper.
fn can_be_used(folder: &tempfile::TempDir, url: &str, each: impl Fn(&Browser)) {
    let browser = Browser::start(&folder.path().join("profile"));
    for scheme in ["light", "dark"] {
        for width in [1280, 400] {
            browser.devtools(
                "Emulation.setEmulatedMedia",
                &json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]}),
            );
            browser.devtools(
                "Emulation.setDeviceMetricsOverride",
                &json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false}),
            );
            browser.open(url);
            let wide = browser.value("document.documentElement.scrollWidth");
            let wide = wide.as_i64();
            assert!(
                wide <= Some(width),
                "{scheme}: {wide:?} is wider than {width}"
            );
            can_be_read(&browser);
            is_quiet(&browser, url);
            the_name_stays_text(&browser);
            each(&browser);
        }
    }
    prints_whole_pages(&browser);
    assert_eq!(
        requests(&browser),
        Vec::<String>::new(),
        "printing asks for nothing"
    );
}

/// Every chart is seen once and whole, and its texts are large enough and clear of one another.
fn can_be_read(browser: &Browser) {
    let charts = "[...document.querySelectorAll('.chart')]";
    let seen = "[...chart.querySelectorAll('svg')].filter(svg => svg.getClientRects().length)";
    let list = |expression: String| -> Vec<Value> {
        let found = browser.value(&expression);
        found.as_array().expect("a list").clone()
    };
    let drawings = list(format!("{charts}.map(chart => {seen}.length)"));
    assert!(drawings.len() > 2, "{} charts", drawings.len());
    assert!(drawings.iter().all(|seen| *seen == 1), "{drawings:?}");
    let scrolled = format!("{charts}.filter(chart => chart.scrollWidth > chart.clientWidth)");
    let scrolled = list(format!("{scrolled}.map(chart => chart.textContent)"));
    assert_eq!(scrolled, Vec::<Value>::new(), "charts scroll sideways");
    let each = |of_text: &str| {
        list(format!(
            "{charts}.flatMap(chart => {seen}).flatMap(svg => {{
                const frame = svg.getBoundingClientRect();
                const scale = frame.width / svg.viewBox.baseVal.width;
                const texts = [...svg.querySelectorAll('text')];
                const places = texts.map(text => text.getBoundingClientRect());
                return texts.filter((text, i) => {{ const place = places[i]; return {of_text}; }});
            }}).map(text => text.textContent)"
        ))
    };
    let small = each("parseFloat(getComputedStyle(text).fontSize) * scale < 11");
    assert_eq!(small, Vec::<Value>::new(), "texts under 11 px");
    let cut = each(
        "place.left < frame.left - 1 || place.right > frame.right + 1
            || place.top < frame.top - 1 || place.bottom > frame.bottom + 1",
    );
    assert_eq!(cut, Vec::<Value>::new(), "texts that are cut");
    // Boxes of lines may touch where their letters do not.
    let covered = each(
        "places.some((other, j) => j < i
            && Math.min(place.right, other.right) - Math.max(place.left, other.left) > 1
            && Math.min(place.bottom, other.bottom) - Math.max(place.top, other.top) > 3)",
    );
    assert_eq!(covered, Vec::<Value>::new(), "texts on one another");
}

/// Nothing on the console, and of all addresses only the page's own was asked for.
fn is_quiet(browser: &Browser, url: &str) {
    assert_eq!(browser.log("browser"), Vec::<String>::new(), "the console");
    assert_eq!(requests(browser), [url], "requests");
}

/// The addresses that were asked for since the last time, but for the browser's own first page.
fn requests(browser: &Browser) -> Vec<String> {
    let events = browser.log("performance");
    events
        .iter()
        .map(|event| serde_json::from_str::<Value>(event).expect("an event is JSON"))
        .filter(|event| event["message"]["method"] == "Network.requestWillBeSent")
        .map(|event| event["message"]["params"]["request"]["url"].clone())
        .map(|address| address.as_str().unwrap_or_default().to_owned())
        .filter(|address| !address.starts_with("chrome:") && !address.starts_with("data:"))
        .collect()
}

fn the_name_stays_text(browser: &Browser) {
    assert_eq!(browser.value("document.scripts.length"), 1);
    let shown = browser.value("document.body.innerText.split('<script>alert(1)</script>').length");
    assert!(shown.as_u64() > Some(1), "the name is not shown");
    // What is put in later may not run either.
    let ran =
        "(() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1';
        document.body.append(s); s.remove(); return window.ran === undefined; })()";
    assert_eq!(browser.value(ran), true);
    browser.log("browser");
}

/// The first mark of a chart says its values when it is pointed at.
fn says_its_values(browser: &Browser, chart: &str, mark: &str, words: &[&str]) {
    let mark = format!(
        "[...document.querySelectorAll('svg[aria-label^=\"{chart}\"] {mark}')]
            .find(mark => mark.getClientRects().length)"
    );
    assert_eq!(browser.value("document.getElementById('tip').hidden"), true);
    browser.value(&format!(
        "{mark}.scrollIntoView({{block: 'center', inline: 'center'}})"
    ));
    // A page that moves hides what it says; wait until it rests.
    browser.value("new Promise(rest => setTimeout(() => requestAnimationFrame(rest), 100))");
    let place = |side: &str| {
        let side = format!("Math.round({mark}.getBoundingClientRect().{side} + 3)");
        browser.value(&side).as_i64().expect("a place is a number")
    };
    browser.point_at(place("x") + 2, place("y") + 2);
    assert_eq!(
        browser.value("document.getElementById('tip').hidden"),
        false
    );
    let said = browser.value("document.getElementById('tip').textContent");
    let said = said.as_str().unwrap_or_default();
    for word in words {
        assert!(said.contains(word), "{word}: {said}");
    }
    browser.point_at(1, 1);
}

/// The first table that sorts does, by one of its columns of numbers.
fn can_be_sorted(browser: &Browser, by: usize) {
    let column = |index: usize| -> Vec<f64> {
        let cells = format!(
            "[...document.querySelectorAll('table.sortable')[0].tBodies[0].rows]
                .map(row => Number(row.cells[{index}].dataset.value))"
        );
        let cells = browser.value(&cells);
        let cells = cells.as_array().expect("a column is a list");
        cells.iter().filter_map(Value::as_f64).collect()
    };
    let click = format!(
        "document.querySelectorAll('table.sortable')[0].tHead.rows[0].cells[{by}]
            .querySelector('button').click()"
    );
    let before = column(by);
    assert!(before.len() > 2 && !before.is_sorted(), "{before:?}");
    browser.value(&click);
    assert!(column(by).is_sorted(), "{:?}", column(by));
    browser.value(&click);
    let falling = column(by);
    assert!(falling.iter().rev().is_sorted(), "{falling:?}");
}

/// On paper nothing is cut at the side, and no chart is taller than a page.
fn prints_whole_pages(browser: &Browser) {
    // A4 less the margins of the page, at 96 dots to the inch.
    let (width, height) = (695.0, 1016.0);
    browser.devtools("Emulation.setEmulatedMedia", &json!({"media": "print"}));
    browser.devtools(
        "Emulation.setDeviceMetricsOverride",
        &json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}),
    );
    can_be_read(browser);
    let widest = browser.value(
        "Math.max(...[...document.querySelectorAll('svg, table, pre, p, h1')]
            .map(part => part.getBoundingClientRect().right))",
    );
    assert!(widest.as_f64() <= Some(width), "{widest} is cut at {width}");
    let tallest = browser.value(
        "Math.max(...[...document.querySelectorAll('.figure')]
            .map(part => part.getBoundingClientRect().height))",
    );
    assert!(
        tallest.as_f64() < Some(height),
        "{tallest} does not fit on {height}"
    );
    let pdf = browser.print();
    assert!(pdf.starts_with("JVBERi0"), "no PDF: {pdf:.20}");
}
