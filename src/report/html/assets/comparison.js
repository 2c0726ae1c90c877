// What changed since the baseline.

/** One line of a list of differences. */
function differenceLine(severity, title, right, what) {
  return el("li", {}, el("span", {}, severity ? severityChip(severity) : null), el("span", { class: "wrap" }, title), el("span", { class: "num muted" }, right), what ? el("span", { class: "what wrap" }, what) : null);
}

/** One kind of difference as a folding list; the first ones are open. */
function differenceGroup(words, list, line, open) {
  if (!list.length) return null;
  const most = 100;
  const node = fold(words, () => el("ul", { class: "dlist" }, list.slice(0, most).map(line),
    list.length > most ? el("li", { class: "muted" }, `and ${INTEGER.format(list.length - most)} more; the JSON report has all`) : null));
  node.className = "dgroup";
  if (open) {
    node.open = true;
    node.make();
  }
  return node;
}

/** Why findings cannot be compared, with their titles under each reason. */
function incomparableLine([why, list]) {
  return el("li", {}, el("span", {}, el("span", { class: "chip unknown" }, INTEGER.format(list.length))), el("span", { class: "wrap" }, why), el("span", {}),
    el("span", { class: "what wrap" }, list.slice(0, 5).map((entry, i) => [i ? "; " : "", entry.side === "new" && FINDING_BY_ID.has(entry.id) ? inLink(`finding-${entry.id}`, {}, cut(entry.title, 120)) : isolated(cut(entry.title, 120)), entry.side === "old" ? " (in the baseline only)" : ""]),
      list.length > 5 ? ` and ${INTEGER.format(list.length - 5)} more` : ""));
}

/** The section "What changed"; none without a baseline. */
function comparisonSection() {
  const c = REPORT.comparison;
  if (!c) return null;
  const finding = (id) => REPORT.findings[FINDING_BY_ID.get(id)];
  const figureOf = (n, words, className) => el("div", {}, el("b", { class: n ? className : "muted" }, INTEGER.format(n)), words);
  const fresh = c.new.map(finding).filter(Boolean);
  const altered = c.changed.filter((entry) => finding(entry.id));
  return el("section", { id: "changed", "aria-label": "What changed" },
    sectionHead("What changed", `Since the baseline of ${moment(c.baseline_taken_at)}. Only what both scans judged is compared.`),
    c.notes.length ? el("ul", { class: "notes" }, c.notes.map((note) => el("li", {}, note))) : null,
    el("div", { class: "card" },
      el("div", { class: "diff" }, figureOf(c.new.length, "new", "high"), figureOf(c.changed.length, "changed", "medium"),
        el("div", {}, el("b", { class: c.fixed.length ? "good" : "muted" }, INTEGER.format(c.fixed.length)), "fixed", el("div", { class: "small muted" }, c.realised_usd ? `${money(c.realised_usd)} a month realised` : c.fixed.length ? "dollars realised not known" : "",
          c.realised_usd && c.unpriced ? `, ${INTEGER.format(c.unpriced)} without a price` : "")),
        figureOf(c.unchanged, "unchanged", ""), figureOf(c.not_comparable.length, "not comparable", "unknown"),
        el("div", {}, el("span", { class: "muted small" }, "Bill a month"), el("div", {}, roundMoney(c.old_monthly_usd, "not known")), el("div", {}, "→ ", roundMoney(c.new_monthly_usd, "not known")))),
      differenceGroup(counted(fresh.length, "new finding"), fresh, (f) => differenceLine(f.severity, findingLink(f), isSaving(f.saving_usd) ? money(f.saving_usd) : ""), fresh.length <= 8),
      differenceGroup(counted(altered.length, "changed finding"), altered, (entry) => differenceLine(finding(entry.id).severity, findingLink(finding(entry.id)), "", entry.what.join("; ")), altered.length <= 8),
      differenceGroup(counted(c.fixed.length, "fixed finding"), c.fixed, (f) => differenceLine(f.severity, isolated(f.title), f.saving_usd ? money(f.saving_usd) : "not priced", [f.check, " · ", f.region]), c.fixed.length <= 8),
      differenceGroup(`${INTEGER.format(c.not_comparable.length)} not comparable`, [...groupBy(c.not_comparable, (entry) => entry.why)], incomparableLine, false)));
}
