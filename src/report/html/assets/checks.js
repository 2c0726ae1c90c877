// All checks with their counts, and the footer.

/** Bar of a check's verdicts: passed, failed, waived, not judged. */
function verdictBar(check) {
  const parts = [["v-pass", check.pass], ["v-fail", check.fail], ["v-waived", check.waived], ["v-unknown", check.unknown]];
  const sum = parts.reduce((n, [, count]) => n + count, 0);
  let x = 0;
  return svg("svg", { class: "verdicts", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" }, svg("rect", { class: "base", width: 100, height: 8 }),
    parts.map(([className, count]) => {
      const width = sum ? (count / sum) * 100 : 0;
      const rect = width ? svg("rect", { class: className, x, width, height: 8 }) : null;
      x += width;
      return rect;
    }));
}

/** One check as a row; its title opens its manual. */
function checkRow([id, check]) {
  const count = (n, className) => el("td", { class: `num ${n ? className : "muted"}` }, INTEGER.format(n));
  const manual = fold([el("span", { class: "wrap" }, check.title)], () => el("div", {}, markdown(check.manual || check.summary), check.url ? el("p", { class: "small" }, outLink(check.url)) : null));
  manual.className = "cfold";
  return el("tr", {}, el("th", { scope: "row" }, manual, el("div", { class: "small muted mono wrap" }, id), check.controls.length ? el("div", { class: "small muted wrap" }, check.controls.map((control) => `${cut(control.framework, 60)} ${cut(control.id, 40)}`).join(" · ")) : null),
    el("td", {}, check.pillar), el("td", {}, severityChip(check.severity)),
    el("td", { class: "vcell" }, verdictBar(check)), count(check.pass, "good"),
    el("td", { class: "num" }, check.fail ? el("button", { type: "button", class: "link high", "aria-label": `${INTEGER.format(check.fail)} failed for ${id}: show them`, on: { click: () => showFindings({ check: id, status: "fail" }) } }, INTEGER.format(check.fail)) : el("span", { class: "muted" }, "0")),
    count(check.waived, "unknown"), count(check.unknown, "unknown"), count(check.not_applicable, "muted"));
}

/** The section "Checks". */
function checksSection() {
  const rank = (check) => PILLARS.indexOf(check.pillar);
  const list = Object.entries(REPORT.checks).sort(([a, x], [b, y]) => rank(x) - rank(y) || Number(y.fail > 0) - Number(x.fail > 0) || (SEVERITY_RANK[x.severity] ?? 9) - (SEVERITY_RANK[y.severity] ?? 9) || (a < b ? -1 : 1));
  const judged = list.filter(([, check]) => check.pass + check.fail + check.waived > 0).length;
  return el("section", { id: "checks", "aria-label": "Checks" }, sectionHead("Checks", `${counted(list.length, "check")}, ${judged} of them judged at least one subject of this account. A title opens the manual.`),
    list.length ? el("div", { class: "card scroll" }, el("table", { class: "checktable" }, el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Check"), el("th", { scope: "col" }, "Pillar"), el("th", { scope: "col" }, "Severity"), el("th", { scope: "col" }, "Verdicts"),
      ["Passed", "Failed", "Waived", "Not judged", "Not applicable"].map((h) => el("th", { scope: "col", class: "num" }, h)))), el("tbody", {}, list.map(checkRow)))) : el("p", { class: "none" }, "No check ran."));
}

/** The footer: how scores are made, and by what. */
function reportFooter() {
  return el("footer", {},
    el("p", {}, "A pillar's score is the share of its subjects that pass, weighted by severity (critical 16, high 8, medium 4, low 2) and, for egress, by measured bytes where known; the cost score is the share of the audited spend that is not avoidable, where it is known. ",
      "The overall score is their weighted mean (egress 0.4, cost 0.25, privilege 0.35), at most 59 while a critical finding is open. A from 90, B from 80, C from 70, D from 60. What was not judged is in no score: it is in the coverage."),
    el("p", {}, `Dollars are a month of ${REPORT.bill.hours_per_month || "730"} hours at the prices named in the bill. A range means that a share of the traffic was not measured.`),
    el("p", {}, `natless ${REPORT.natless}. Made from one read of the account, ${moment(REPORT.taken_at)}; this file holds everything and asks no network.`));
}
