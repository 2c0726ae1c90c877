// "Not judged and not read": subjects without a verdict, calls without an answer, and what to do about them.

/** How a call failed, in words. */
function gapKind(kind) {
  return String(kind).replaceAll("_", " ");
}

/** Calls of one action that failed. */
function gapGroup([, list]) {
  const first = list[0];
  const places = [...new Set(list.map((gap) => (gap.resource ? `${gap.region}: ${gap.resource}` : gap.region)))];
  return el("li", { class: "gap" }, el("div", { class: "tags" }, el("span", { class: "chip unknown" }, gapKind(first.kind)), el("b", { class: "mono wrap" }, first.action), el("span", { class: "muted" }, counted(list.length, "call"))),
    el("p", {}, REPORT.gap_advice[`${first.action} ${first.kind} ${first.code}`]),
    el("p", { class: "small muted wrap" }, el("b", {}, first.code), " ", isolated(cut(first.message, 400)), first.request_id ? ` (request ${first.request_id})` : ""),
    el("p", { class: "small muted wrap" }, "where: ", places.slice(0, 12).map((place, i) => [i ? ", " : "", isolated(cut(place, 80))]), places.length > 12 ? ` and ${places.length - 12} more` : ""));
}

/** A policy statement with what was denied, to copy. */
function missingActions() {
  const actions = REPORT.missing_actions;
  if (!actions.length) return null;
  return el("div", { class: "pad" }, commands(`IAM statement with the ${counted(actions.length, "action")} that ${actions.length === 1 ? "was" : "were"} denied`, [JSON.stringify({ Effect: "Allow", Action: actions, Resource: "*" }, null, 2)], "Copy the IAM statement"));
}

/** One check's subjects without a verdict. */
function unknownGroup([id, list]) {
  const check = checkOf(id);
  const node = fold([severityChip(check.severity), el("span", { class: "wrap" }, check.title, el("span", { class: "small muted mono block" }, id)), el("b", { class: "unknown", title: "subjects not judged" }, counted(list.length, "subject"))], () =>
    el("div", { class: "scroll" }, el("table", {}, el("thead", {}, el("tr", {}, ["Subject", "Region", "Why", "Calls not read"].map((h) => el("th", { scope: "col" }, h)))),
      el("tbody", {}, list.slice(0, 200).map((entry) => el("tr", {}, el("th", { scope: "row", class: "wrap" }, resourceWords(entry.resource), entry.service ? ` · ${entry.service}` : ""), el("td", {}, entry.region), el("td", { class: "wrap" }, entry.why),
        el("td", { class: "mono small wrap" }, [...new Set(entry.gaps.map((index) => REPORT.gaps[index]).filter(Boolean).map((gap) => gap.action))].join(", ") || "none"))))),
    list.length > 200 ? el("p", { class: "muted" }, `and ${list.length - 200} more`) : null));
  node.className = "ufold";
  return el("li", {}, node);
}

/** The section "Not judged and not read"; it stays when there is nothing, and says so. */
function gapsSection() {
  const { unknown, gaps } = REPORT;
  const section = el("section", { id: "unknown", "aria-label": "Not judged and not read" });
  add(section, [sectionHead("Not judged and not read", "Unknown is never a pass: these subjects are in no score, and lower the coverage beside it.")]);
  if (!unknown.length && !gaps.length) return add(section, [el("p", { class: "none" }, "Every subject was judged and every call was answered.")]);
  const byCheck = [...groupBy(unknown, (entry) => entry.check)].sort((a, b) => (SEVERITY_RANK[checkOf(a[0]).severity] ?? 9) - (SEVERITY_RANK[checkOf(b[0]).severity] ?? 9) || b[1].length - a[1].length);
  const byAction = [...groupBy(gaps, (gap) => JSON.stringify([gap.action, gap.kind, gap.code]))].sort((a, b) => b[1].length - a[1].length);
  return add(section, [el("div", { class: "two" },
    el("div", { class: "card" }, el("h3", { class: "cardhead" }, `${counted(gaps.length, "call")} not read`), gaps.length ? [el("ul", { class: "rows" }, byAction.map(gapGroup)), missingActions()] : el("p", { class: "pad muted" }, "Every call was answered.")),
    el("div", { class: "card" }, el("h3", { class: "cardhead" }, `${counted(unknown.length, "subject")} not judged`), unknown.length ? el("ul", { class: "rows" }, byCheck.map(unknownGroup)) : el("p", { class: "pad muted" }, "Every subject was judged.")))]);
}
