// The overview: whose account, how well it does, how much of it was judged, and what it costs.

/** Class of a score's bar, by the letters' limits. */
function scoreClass(score) {
  return score >= 80 ? "m-good" : score >= 60 ? "m-mid" : "m-bad";
}

/** Letter of a score; the overall one comes with the report, since a critical finding caps it. */
function gradeChip(grade, className) {
  return grade ? el("span", { class: `grade ${className} g-${/^[A-F]$/.test(grade) ? grade : "F"}`, title: `grade ${grade}` }, grade) : null;
}

/** How much of a pillar was judged, always beside its score. */
function coverageLine(coverage) {
  const whole = coverage >= 1;
  return [el("div", { class: "covline full" }, el("span", {}, `coverage ${percent(coverage)}`),
    whole ? el("span", {}, "all judged") : el("span", { class: "unknown" }, `${percentMissing(coverage)} not judged`)),
    el("div", { class: "full" }, meter(coverage, 1 - coverage, "m-cov", "unknown", "meter thin"))];
}

/** The overall score with its letter, coverage and history. */
function overallScore() {
  const { score, grade, coverage } = REPORT.scores.overall;
  const known = score !== null;
  return el("div", { class: "overall" }, el("h2", { class: "h3" }, "Overall score"),
    el("div", { class: known ? "big" : "big null" }, known ? [el("span", {}, scoreText(score)), gradeChip(grade, "")] : "not judged"),
    coverageLine(coverage), scoreStep("overall") ? el("p", { class: "small muted" }, scoreStep("overall"), " since the scan before") : null, scoreSpark("overall"));
}

/** One pillar: score, letter, bar, coverage and history. */
function pillarScore(pillar) {
  const { score, grade, coverage } = REPORT.scores[pillar];
  const spark = scoreSpark(pillar);
  return el("div", { class: spark ? "pillar trended" : "pillar" }, el("h2", { class: "h3 name" }, pillar[0].toUpperCase() + pillar.slice(1)),
    el("div", { class: "val" }, score === null ? el("span", { class: "unknown" }, "not judged") : [scoreStep(pillar), scoreText(score), gradeChip(grade, "small")]),
    el("div", { class: "full" }, meter(score === null ? 0 : score / 100, score === null ? 1 : 0, score === null ? "" : scoreClass(score), "unknown", "meter")),
    coverageLine(coverage), spark ? el("div", { class: "sparkcell" }, spark) : null);
}

/** One figure of the totals. */
function total(key, value, note, className = "") {
  return el("div", { class: `total ${className}` }, el("div", { class: "k" }, key), value, note ? el("div", { class: "small muted" }, note) : null);
}

/** A figure in large type; unknown ones look different from zero. */
function figure(words, known = true) {
  return el("div", { class: known ? "v" : "v unknown" }, words);
}

/** Open findings by severity; each filters the list of findings. */
function severityTotals() {
  const counts = openBySeverity();
  return el("div", { class: "sevs" }, SEVERITIES.map((severity) => el("button", { type: "button", class: `sev ${severity}${counts[severity] ? "" : " zero"}`,
    title: `Show the open findings of severity ${severity}`, on: { click: () => showFindings({ severity: new Set([severity]), status: "fail" }) } },
  severityShape(severity), el("b", {}, INTEGER.format(counts[severity])), " ", el("span", {}, severity))));
}

/** Totals: bill, what is avoidable, waived waste, findings, what is not known. */
function totals() {
  const bill = REPORT.bill;
  const { waived } = REPORT;
  const unpriced = bill.unpriced.length;
  return el("div", { class: "card totals" },
    total("Audited bill a month", figure(roundMoney(bill.monthly_usd, "not known"), bill.monthly_usd !== null),
      unpriced ? [inLink("bill", {}, `${counted(unpriced, "item")} without price or measurement`), ` ${unpriced === 1 ? "is" : "are"} in no total`] : bill.monthly_usd ? "every item priced" : "no item was priced"),
    total("Avoidable", figure(roundMoney(bill.avoidable_usd, "not known"), bill.avoidable_usd !== null), [moneySpark("avoidable_usd", "avoidable dollars"), bill.avoidable_usd ? "a month, by changes in this report" : "what could be saved was not measured"]),
    total("Open findings", severityTotals(), null, "wide"),
    total("Waived waste", figure(waived.findings ? (waived.saving_usd ? `${roundMoney(waived.saving_usd)} a month` : "no price") : "none", !waived.findings || waived.saving_usd !== null),
      waived.findings ? [el("button", { type: "button", class: "link", on: { click: () => showFindings({ status: "waived" }) } }, `${counted(waived.findings, "finding")} waived`), waived.unpriced ? `, ${INTEGER.format(waived.unpriced)} without a price` : ""] : "no finding is waived"),
    total("Not known", figure([el("span", { class: REPORT.unknown.length ? "unknown" : "" }, `${INTEGER.format(REPORT.unknown.length)} not judged`)]),
      REPORT.gaps.length ? inLink("unknown", {}, `${counted(REPORT.gaps.length, "call")} not read`) : "0 calls not read"));
}

/** First section of the report. */
function overviewSection() {
  const { account, regions, notes } = REPORT;
  return el("section", { id: "overview", "aria-label": "Overview" },
    el("div", { class: "title" }, el("h1", {}, "Account ", isolated(account.id)),
      el("div", { class: "facts" },
        el("span", {}, "read ", el("b", {}, moment(REPORT.taken_at))),
        el("span", {}, "organization ", account.organization_id ? el("b", {}, isolated(cut(account.organization_id, 60))) : el("b", {}, "none, or not read")),
        el("span", {}, regions.length === 1 ? "region " : `${regions.length} regions `, el("b", {}, regions.join(", "))),
        el("span", {}, "metrics of ", el("b", {}, counted(REPORT.lookback_days, "day"))),
        account.partition === "aws" ? null : el("span", {}, "partition ", el("b", {}, account.partition)))),
    notes.length ? el("ul", { class: "notes", "aria-label": "Notes" }, notes.map((note) => el("li", { class: "wrap" }, note))) : null,
    el("div", { class: "overview" }, el("div", { class: "card scores" }, overallScore(), el("div", { class: "pillars" }, PILLARS.map(pillarScore))), totals()),
    REPORT.trend.length > 1 ? fold(`History: ${counted(REPORT.trend.length, "scan")} since ${day(REPORT.trend[0].taken_at)}`, trendTable) : null);
}
