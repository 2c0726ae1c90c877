//! The report for people in a browser: one file that holds everything, asks for nothing and runs only its own script.
//!
//! The page is `assets/page.html`; style and script stand beside it and are put together here, with the data as JSON. The content security
//! policy names style and script by their hashes, so that nothing else in the page can run, whatever a name in the account says.

mod data;
mod flow;
mod matrix;
mod vpcs;

use std::collections::BTreeMap;
use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

use super::{Facts, RenderError, json, text};

const PAGE: &str = include_str!("assets/page.html");

/// Style sheets, in the order of the cascade.
const STYLES: [&str; 4] = [
    include_str!("assets/base.css"),
    include_str!("assets/sections.css"),
    include_str!("assets/lists.css"),
    include_str!("assets/media.css"),
];

/// Scripts, in an order in which each uses only what stands before it.
const SCRIPTS: [&str; 23] = [
    include_str!("assets/format.js"),
    include_str!("assets/dom.js"),
    include_str!("assets/data.js"),
    include_str!("assets/parts.js"),
    include_str!("assets/markdown.js"),
    include_str!("assets/trend.js"),
    include_str!("assets/scores.js"),
    include_str!("assets/comparison.js"),
    include_str!("assets/plan.js"),
    include_str!("assets/bill.js"),
    include_str!("assets/flow_data.js"),
    include_str!("assets/flow.js"),
    include_str!("assets/topology_layout.js"),
    include_str!("assets/topology.js"),
    include_str!("assets/matrix_data.js"),
    include_str!("assets/matrix.js"),
    include_str!("assets/finding.js"),
    include_str!("assets/findings_query.js"),
    include_str!("assets/findings.js"),
    include_str!("assets/gaps.js"),
    include_str!("assets/checks.js"),
    include_str!("assets/print.js"),
    include_str!("assets/main.js"),
];

/// The report as one HTML file.
///
/// # Errors
/// [`RenderError`] where a value has no JSON form.
pub(in crate::report) fn render(facts: Facts<'_>) -> Result<String, RenderError> {
    let (style, script) = (STYLES.concat(), script());
    let (data_type, data) = embedded(json::to_embedded_json(&data::DataV1::from(facts))?)?;
    let csp = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        hash(&style),
        hash(&script)
    );
    let title = text::html(&format!("natless: account {}", facts.assessment.account.id));
    let parts = BTreeMap::from([
        ("title", title.as_str()),
        ("csp", csp.as_str()),
        ("style", style.as_str()),
        ("script", script.as_str()),
        ("data_type", data_type),
        ("data", data.as_str()),
    ]);
    Ok(fill(PAGE, &parts))
}

/// Most bytes of data that stand in the page as they are. A browser reads larger pages slowly: compressed they are a tenth.
const PLAIN: usize = 2 << 20;

/// A little larger than the smallest, in a third of the time.
const LEVEL: Compression = Compression::new(3);

/// The data as the page holds it, and the type that tells its script which way that is.
fn embedded(json: String) -> Result<(&'static str, String), serde_json::Error> {
    if json.len() <= PLAIN {
        return Ok(("application/json", json));
    }
    let mut encoder = GzEncoder::new(Vec::new(), LEVEL);
    encoder.write_all(json.as_bytes()).map_err(serde_json::Error::io)?;
    let compressed = encoder.finish().map_err(serde_json::Error::io)?;
    Ok(("application/gzip", STANDARD.encode(compressed)))
}

/// What a reader sees where the browser cannot run the scripts: an empty page would look like an account without findings.
const FAILED: &str = "\
.catch((error) => {
  document.getElementById(\"main\").textContent = `This report could not be shown (${error}). A newer browser may show it; natless analyze \
SNAPSHOT --format markdown says the same in another form.`;
  throw error;
})";

/// One function around all scripts: nothing of them is reached from outside.
fn script() -> String {
    format!("(async () => {{\n\"use strict\";\n{}}})(){FAILED};\n", SCRIPTS.concat())
}

/// A source expression of a content security policy. Source: Content Security Policy Level 3, "Hash usage".
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// A page with its `{{places}}` filled; what is filled in is not looked at again.
fn fill(page: &str, parts: &BTreeMap<&str, &str>) -> String {
    let mut filled = String::with_capacity(page.len() + parts.values().map(|part| part.len()).sum::<usize>());
    let mut rest = page;
    while let Some((before, place, after)) = rest.split_once("{{").and_then(|(before, tail)| {
        let (place, after) = tail.split_once("}}")?;
        Some((before, place, after))
    }) {
        filled.push_str(before);
        filled.push_str(parts.get(place).copied().unwrap_or_default());
        rest = after;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{HOSTILE, Sample};

    fn between(page: &str, open: &str, close: &str) -> String {
        page.split_once(open).unwrap().1.split_once(close).unwrap().0.to_owned()
    }

    #[test]
    fn the_page_is_whole_and_its_policy_names_what_it_holds() {
        let page = render(Sample::new().facts()).unwrap();
        assert!(!page.contains("{{") && page.starts_with("<!doctype html>"));
        let between = |open: &str, close: &str| between(&page, open, close);
        let (style, script) = (between("<style>", "</style>"), between("<script>", "</script>"));
        assert!(
            page.contains(&format!("style-src '{}'", hash(&style))) && page.contains(&format!("script-src '{}'", hash(&script)))
        );
        assert_eq!(page.matches("<script").count(), 2, "the data and the script");
        for never in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "http://"] {
            assert!(!script.replace("http://www.w3.org/2000/svg", "").contains(never), "{never}");
        }
    }

    #[test]
    fn the_data_cannot_leave_its_element() {
        let mut sample = Sample::new();
        let evil = format!("</script><script>alert(1)</script><!-- {HOSTILE}");
        sample.assessment.findings[0].title.clone_from(&evil);
        let page = render(sample.facts()).unwrap();
        assert!(!page.contains("</script><script>alert"));
        let data: serde_json::Value = serde_json::from_str(&between(&page, "id=\"data\">", "</script>")).unwrap();
        assert_eq!(data["findings"][0]["title"], evil.as_str(), "the data is exact");
    }

    #[test]
    fn the_same_facts_give_the_same_page() {
        assert_eq!(render(Sample::new().facts()).unwrap(), render(Sample::new().facts()).unwrap());
    }
}
