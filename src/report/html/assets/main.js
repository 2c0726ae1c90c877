// Puts the report together: navigation, theme, links into the page, printing.

const THEME_KEY = "natless-theme";

/** The theme that was chosen before, if the browser lets it be read. */
function savedTheme() {
  try {
    const theme = localStorage.getItem(THEME_KEY);
    return theme === "light" || theme === "dark" ? theme : null;
  } catch {
    return null;
  }
}

/** Whether the page is dark now. */
function isDark() {
  const set = document.documentElement.dataset.theme;
  return set ? set === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

/** The button between light and dark; the choice stays. */
function themeButton() {
  const button = el("button", { type: "button", class: "btn small theme" });
  const words = () => {
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", `Switch to ${isDark() ? "light" : "dark"} colours`);
  };
  button.addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem(THEME_KEY, theme);
    } catch {
      // Without storage the choice lasts as long as the page.
    }
    words();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", words);
  words();
  return button;
}

/** The sign of natless: a gateway struck out. */
function brandMark() {
  return svg("svg", { viewBox: "0 0 22 22", "aria-hidden": "true" }, svg("rect", { class: "mark-box", x: 1, y: 1, width: 20, height: 20, rx: 5 }), svg("path", { class: "mark-way", d: "M5 15V7l12 8V7" }));
}

/** The navigation, with counts beside the sections. */
function fillNavigation(sections) {
  const open = REPORT.findings.filter((finding) => finding.status === "fail").length;
  const counts = { plan: REPORT.plan.length, findings: open, unknown: REPORT.unknown.length + REPORT.gaps.length, checks: Object.keys(REPORT.checks).length };
  const links = new Map(sections.map((section) => [section.id, inLink(section.id, {}, el("span", {}, section.getAttribute("aria-label")), section.id in counts ? el("span", { class: `n${section.id === "unknown" && counts.unknown ? " unknown" : ""}` }, INTEGER.format(counts[section.id])) : null)]));
  add(document.getElementById("nav"), [el("div", { class: "brand" }, brandMark(), "natless"), el("ol", {}, [...links.values()].map((link) => el("li", {}, link))), el("div", { class: "tools" }, themeButton())]);
  const visibleNow = new Set();
  const watch = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) visibleNow.add(entry.target.id);
      else visibleNow.delete(entry.target.id);
    }
    const current = sections.find((section) => visibleNow.has(section.id));
    for (const [id, link] of links) {
      if (current && id === current.id) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }, { rootMargin: "-12% 0px -70% 0px" });
  sections.forEach((section) => watch.observe(section));
}

/** Goes where the address points: to a finding, or leaves it to the browser. */
function followHash() {
  let fragment = "";
  try {
    fragment = decodeURIComponent(location.hash.slice(1));
  } catch {
    return;
  }
  if (!fragment.startsWith("finding-")) {
    // The section was not there yet when the browser looked for it.
    const section = fragment && document.getElementById(fragment);
    if (section) section.scrollIntoView();
    return;
  }
  if (!openFinding(fragment.slice("finding-".length))) announce("This report has no such finding");
}

/** Links to the finding that the address already names do not change it: they are followed by hand. */
function followSameLinks() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest ? event.target.closest("a[href^='#finding-']") : null;
    if (link && link.getAttribute("href") === location.hash) {
      event.preventDefault();
      followHash();
    }
  });
}

/** Builds the page. */
function start() {
  const theme = savedTheme();
  if (theme) document.documentElement.dataset.theme = theme;
  indexReport();
  const sections = [overviewSection(), comparisonSection(), planSection(), flowSection(), topologySection(), matrixSection(), findingsSection(), gapsSection(), checksSection()].filter(Boolean);
  add(document.getElementById("main"), [sections, reportFooter()]);
  fillNavigation(sections);
  followSameLinks();
  preparePrinting();
  window.addEventListener("hashchange", followHash);
  followHash();
  window.addEventListener("load", () => setTimeout(followHash, 0));
  document.documentElement.dataset.ready = "true";
  const idle = window.requestIdleCallback || ((work) => setTimeout(work, 200));
  idle(searchTexts);
}

start();
