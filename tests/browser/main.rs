//! The report as a reader meets it: in a real browser, on screens of two widths, light and dark,
//! and on paper.

mod driver;

use std::path::PathBuf;
use std::process::Command;

use driver::Browser;
use serde_json::json;

const HOSTILE: &str = "<script>alert(1)</script>";

/// A folder with a report on a service with a hostile name, and the report's address.
fn written() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let web = std::fs::read_to_string(root.join("data/examples/web.toml")).expect("it is there");
    let scenario = folder.path().join("hostile.toml");
    let text = web.replace("name = \"web\"", &format!("name = \"{HOSTILE}\""));
    assert!(text.contains(HOSTILE));
    std::fs::write(&scenario, text).expect("it can be written");
    let report = folder.path().join("report.html");
    let run = Command::new(env!("CARGO_BIN_EXE_prescale"))
        .args(["report".as_ref(), scenario.as_os_str()])
        .args(["-o".as_ref(), report.as_os_str()])
        .output()
        .expect("the binary runs");
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    let url = format!("file://{}", report.display());
    (folder, url)
}

#[test]
#[ignore = "needs chromium and chromedriver"]
fn a_reader_can_use_the_report() {
    let (folder, url) = written();
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
            browser.open(&url);
            let wide = browser.value("document.documentElement.scrollWidth");
            let wide = wide.as_i64();
            assert!(
                wide <= Some(width),
                "{scheme}: {wide:?} is wider than {width}"
            );
            is_quiet(&browser, &url);
            the_name_stays_text(&browser);
            the_front_says_its_values(&browser);
            the_front_can_be_sorted(&browser);
        }
    }
    prints_whole_pages(&browser);
    is_quiet(&browser, &url);
}

fn is_quiet(browser: &Browser, url: &str) {
    assert_eq!(browser.log("browser"), Vec::<String>::new(), "the console");
    let requests: Vec<String> = browser
        .log("performance")
        .into_iter()
        .filter(|event| event.contains("Network.requestWillBeSent"))
        .filter(|event| !event.contains(url) && !event.contains("data:,"))
        .collect();
    assert_eq!(requests, Vec::<String>::new(), "requests");
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

fn the_front_says_its_values(browser: &Browser) {
    const DOT: &str = "document.querySelector('svg[aria-label^=\"Time and cost\"] circle')";
    assert_eq!(browser.value("document.getElementById('tip').hidden"), true);
    browser.value(&format!(
        "{DOT}.scrollIntoView({{block: 'center', inline: 'center'}})"
    ));
    let place = |side: &str| {
        let side = format!("Math.round({DOT}.getBoundingClientRect().{side} + 3)");
        browser.value(&side).as_i64().expect("a place is a number")
    };
    browser.point_at(place("x") + 2, place("y") + 2);
    assert_eq!(
        browser.value("document.getElementById('tip').hidden"),
        false
    );
    let said = browser.value("document.getElementById('tip').textContent");
    let said = said.as_str().unwrap_or_default();
    assert!(
        said.contains(" min, ") && said.contains(" USD/month"),
        "{said}"
    );
    browser.point_at(1, 1);
}

fn the_front_can_be_sorted(browser: &Browser) {
    let column = |index: usize| -> Vec<f64> {
        let cells = format!(
            "[...document.querySelectorAll('table.sortable')[0].tBodies[0].rows]
                .map(row => Number(row.cells[{index}].dataset.value))"
        );
        let cells = browser.value(&cells);
        let cells = cells.as_array().expect("a column is a list");
        cells.iter().filter_map(serde_json::Value::as_f64).collect()
    };
    let click = "document.querySelectorAll('table.sortable')[0].tHead.rows[0].cells[4]
        .querySelector('button').click()";
    let cost = column(4);
    assert!(cost.len() > 2 && !cost.is_sorted(), "{cost:?}");
    browser.value(click);
    assert!(column(4).is_sorted(), "{:?}", column(4));
    browser.value(click);
    let falling = column(4);
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
