// Which findings are shown, and in which order.

const QUERY = { text: "", severity: new Set(), pillar: "", status: "", region: "", check: "", delta: "", fix: "", sort: "severity" };
const SORTS = {
  severity: ["severity", () => ""],
  dollars: ["dollars", () => ""],
  check: ["check", (finding) => `${checkOf(finding.check).title} · ${finding.check}`],
  region: ["region", (finding) => finding.region],
  resource: ["resource", () => ""],
};
let searchIndex = null;

/** One lower-case text of each finding, made once. */
function searchTexts() {
  if (searchIndex) return searchIndex;
  searchIndex = REPORT.findings.map((f) => {
    const change = f.change === null ? null : REPORT.changes[f.change];
    return [f.id, f.check, checkOf(f.check).title, f.severity, f.region, f.service, f.resource.kind, f.resource.id, f.resource.name, f.resource.arn, f.resource.vpc_id, f.title, f.detail,
      f.related.join(" "), f.related.map((id) => NAMES.get(id) || "").join(" "), f.evidence.map((e) => `${e.fact} ${e.source}`).join(" "), change ? change.title : "", f.waiver ? `${f.waiver.reason} ${f.waiver.owner || ""}` : ""].join(" ").toLowerCase();
  });
  return searchIndex;
}

/** Sets every filter back. */
function clearQuery() {
  Object.assign(QUERY, { text: "", severity: new Set(), pillar: "", status: "", region: "", check: "", delta: "", fix: "" });
}

/** Whether any filter is set. */
function isFiltered() {
  return Boolean(QUERY.text || QUERY.severity.size || QUERY.pillar || QUERY.status || QUERY.region || QUERY.check || QUERY.delta || QUERY.fix);
}

/** Whether a finding passes all filters but that of severity. */
function passes(finding, index, words, texts) {
  return (!QUERY.pillar || checkOf(finding.check).pillar === QUERY.pillar)
    && (!QUERY.status || finding.status === QUERY.status)
    && (!QUERY.region || finding.region === QUERY.region)
    && (!QUERY.check || finding.check === QUERY.check)
    && (!QUERY.delta || finding.delta === QUERY.delta)
    && (!QUERY.fix || (finding.change !== null) === (QUERY.fix === "with"))
    && words.every((word) => texts[index].includes(word));
}

/** Compares two findings, given by index, in the order that was asked for; the report's own order decides ties. */
function compareFindings(a, b) {
  const [one, other] = [REPORT.findings[a], REPORT.findings[b]];
  let order = 0;
  if (QUERY.sort === "severity") order = (SEVERITY_RANK[one.severity] ?? 9) - (SEVERITY_RANK[other.severity] ?? 9);
  else if (QUERY.sort === "dollars") order = highOf(other.saving_usd) - highOf(one.saving_usd) || lowOf(other.saving_usd) - lowOf(one.saving_usd);
  else if (QUERY.sort === "check") order = one.check < other.check ? -1 : one.check > other.check ? 1 : 0;
  else if (QUERY.sort === "region") order = one.region < other.region ? -1 : one.region > other.region ? 1 : 0;
  else if (QUERY.sort === "resource") {
    const [x, y] = [one.resource.name || one.resource.id, other.resource.name || other.resource.id];
    order = x < y ? -1 : x > y ? 1 : 0;
  }
  return order || a - b;
}

/** Findings that pass, in order, and how many of each severity pass the other filters. */
function runQuery() {
  const words = QUERY.text.toLowerCase().split(/\s+/).filter(Boolean);
  const texts = words.length ? searchTexts() : [];
  const counts = { critical: 0, high: 0, medium: 0, low: 0 };
  const list = [];
  REPORT.findings.forEach((finding, index) => {
    if (!passes(finding, index, words, texts)) return;
    if (finding.severity in counts) counts[finding.severity] += 1;
    if (!QUERY.severity.size || QUERY.severity.has(finding.severity)) list.push(index);
  });
  list.sort(compareFindings);
  return { list, counts };
}

/** Sum of what findings of a list save; several can move the same bytes, so it is no total, only the largest is shown. */
function largestSaving(list) {
  return list.reduce((best, index) => (highOf(REPORT.findings[index].saving_usd) > highOf(best) ? REPORT.findings[index].saving_usd : best), null);
}
