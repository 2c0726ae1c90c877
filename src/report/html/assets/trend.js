// History of scores and dollars: sparklines, and the same figures as a table.

const SPARK_WIDTH = 200;
const SPARK_HEIGHT = 34;

/** Horizontal place of the n-th scan in a sparkline. */
function sparkX(index) {
  return REPORT.trend.length < 2 ? 0 : (index / (REPORT.trend.length - 1)) * SPARK_WIDTH;
}

/** Path data through points; a null breaks the line, since an unknown value is no value. */
function brokenLine(values, y) {
  let d = "";
  let pen = false;
  values.forEach((value, index) => {
    if (value === null) {
      pen = false;
      return;
    }
    d += `${pen ? "L" : "M"}${sparkX(index).toFixed(1)} ${y(value).toFixed(1)}`;
    pen = true;
  });
  return d;
}

/** The frame of a sparkline, with its words for screen readers. */
function sparkFrame(label, ...children) {
  return svg("svg", { class: "spark", viewBox: `0 0 ${SPARK_WIDTH} ${SPARK_HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": label },
    svg("title", {}, label), svg("line", { class: "grid", x1: 0, x2: SPARK_WIDTH, y1: SPARK_HEIGHT - 1, y2: SPARK_HEIGHT - 1 }), children);
}

/** Sparkline of one score over all scans; nothing without history. */
function scoreSpark(key) {
  const values = REPORT.trend.map((scan) => (scan[key] === undefined ? null : scan[key]));
  const known = values.filter((value) => value !== null);
  if (REPORT.trend.length < 2 || known.length < 2) return null;
  const low = Math.max(0, Math.min(...known) - 4);
  const high = Math.min(100, Math.max(...known) + 4);
  const y = (value) => SPARK_HEIGHT - 3 - ((value - low) / (high - low || 1)) * (SPARK_HEIGHT - 6);
  const first = values.find((value) => value !== null);
  return sparkFrame(`${key} score over ${REPORT.trend.length} scans, from ${scoreText(first)} to ${scoreText(known[known.length - 1])}`,
    svg("path", { d: brokenLine(values, y) }));
}

/** Sparkline of a range of dollars: a band from the low to the high end. */
function moneySpark(key, words) {
  const values = REPORT.trend.map((scan) => scan[key] || null);
  const known = values.filter(Boolean);
  if (REPORT.trend.length < 2 || known.length < 2) return null;
  const top = Math.max(...known.map(highOf)) || 1;
  const y = (value) => SPARK_HEIGHT - 2 - (value / top) * (SPARK_HEIGHT - 5);
  const bands = [];
  let run = [];
  /** Ends one band at a scan without a figure. */
  const close = () => {
    if (run.length > 1) {
      const upper = run.map(([i, usd]) => `${sparkX(i).toFixed(1)} ${y(highOf(usd)).toFixed(1)}`);
      const lower = run.map(([i, usd]) => `${sparkX(i).toFixed(1)} ${y(lowOf(usd)).toFixed(1)}`).reverse();
      bands.push(svg("path", { class: "band", d: `M${upper.join("L")}L${lower.join("L")}Z` }));
    }
    run = [];
  };
  values.forEach((usd, index) => (usd ? run.push([index, usd]) : close()));
  close();
  return sparkFrame(`${words} over ${REPORT.trend.length} scans, last ${money(known[known.length - 1])} a month`, bands,
    svg("path", { class: "bandline", d: brokenLine(values.map((usd) => (usd ? highOf(usd) : null)), y) }));
}

/** Change of a score since the scan before, in words. */
function scoreStep(key) {
  if (REPORT.trend.length < 2) return null;
  const [before, now] = REPORT.trend.slice(-2).map((scan) => scan[key]);
  if (before === null || now === null || before === undefined || now === undefined) return null;
  const step = Math.round((now - before) * 10) / 10;
  const words = step === 0 ? "unchanged" : `${step > 0 ? "+" : "−"}${ONE_DIGIT.format(Math.abs(step))}`;
  return el("span", { class: step > 0 ? "good small" : step < 0 ? "high small" : "muted small", title: "since the scan before" }, words);
}

/** All scans as a table. */
function trendTable() {
  const cell = (value) => el("td", { class: "num" }, value === null || value === undefined ? el("span", { class: "unknown" }, "not judged") : scoreText(value));
  const usd = (value) => el("td", { class: "num" }, value ? money(value) : el("span", { class: "unknown" }, "not known"));
  return el("div", { class: "scroll card" }, el("table", {},
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Scan"), ["Overall", "Egress", "Cost", "Privilege", "Coverage"].map((h) => el("th", { scope: "col", class: "num" }, h)),
      SEVERITIES.map((h) => el("th", { scope: "col", class: "num" }, h)), ["Waived", "Not judged", "Not read", "Bill a month", "Avoidable"].map((h) => el("th", { scope: "col", class: "num" }, h)))),
    el("tbody", {}, REPORT.trend.slice().reverse().map((scan) => el("tr", {}, el("th", { scope: "row", class: "num" }, moment(scan.taken_at)),
      ["overall", ...PILLARS].map((key) => cell(scan[key])), el("td", { class: "num" }, percent(scan.coverage)),
      SEVERITIES.map((key) => el("td", { class: "num" }, INTEGER.format(scan.open[key] || 0))),
      [scan.waived, scan.unknown, scan.gaps].map((n) => el("td", { class: "num" }, INTEGER.format(n))), usd(scan.monthly_usd), usd(scan.avoidable_usd))))));
}
