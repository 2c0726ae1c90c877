// The list of findings: filters, search, order, pages, and links into it.

const FINDINGS_PAGE = 100;
const PRINT_MOST = 400;
const findingsView = { list: [], from: 0, to: 0, nodes: null, above: null, below: null, count: null, controls: [], severity: {} };

/** Puts a part of the result into the page. */
function renderFindings(from, to) {
  const view = findingsView;
  view.from = from;
  view.to = Math.min(to, view.list.length);
  view.nodes.replaceChildren();
  appendFindings(from, view.to);
  renderEdges();
}

/** Adds lines to the end of the list, with a heading wherever the group changes. */
function appendFindings(from, to) {
  const view = findingsView;
  const group = SORTS[QUERY.sort][1];
  const batch = document.createDocumentFragment();
  for (let i = from; i < to; i += 1) {
    const finding = REPORT.findings[view.list[i]];
    const words = group(finding);
    if (words && (i === view.from || group(REPORT.findings[view.list[i - 1]]) !== words)) batch.append(el("h3", { class: "fgroup" }, words));
    batch.append(findingNode(finding));
  }
  view.nodes.append(batch);
}

/** Buttons for the findings before and after those in the page, and the count. */
function renderEdges() {
  const view = findingsView;
  const left = view.list.length - view.to;
  refill(view.above, view.from ? el("button", { type: "button", class: "btn", on: { click: () => renderFindings(Math.max(0, view.from - FINDINGS_PAGE), view.to) } }, `Show ${Math.min(FINDINGS_PAGE, view.from)} of ${INTEGER.format(view.from)} before`) : null);
  view.above.hidden = !view.from;
  refill(view.below, left ? el("button", { type: "button", class: "btn", on: { click: () => {
    const at = view.to;
    view.to = Math.min(view.list.length, view.to + FINDINGS_PAGE);
    appendFindings(at, view.to);
    renderEdges();
  } } }, `Show ${Math.min(FINDINGS_PAGE, left)} of ${INTEGER.format(left)} more`) : null);
  view.below.hidden = !left;
}

/** Runs the query and shows its first page. */
function updateFindings() {
  const view = findingsView;
  const { list, counts } = runQuery();
  view.list = list;
  renderFindings(0, FINDINGS_PAGE);
  for (const severity of SEVERITIES) {
    view.severity[severity].lastChild.textContent = INTEGER.format(counts[severity]);
    view.severity[severity].setAttribute("aria-pressed", String(QUERY.severity.has(severity)));
  }
  const best = largestSaving(list);
  refill(view.count, isFiltered() ? `${INTEGER.format(list.length)} of ${counted(REPORT.findings.length, "finding")}` : counted(list.length, "finding"), best && isSaving(best) ? `, the largest saves ${roundMoney(best)}` : "");
  view.clear.hidden = !isFiltered();
  if (!list.length) refill(view.nodes, el("p", { class: "none" }, REPORT.findings.length ? "No finding passes these filters." : "No finding.", REPORT.unknown.length ? ` ${counted(REPORT.unknown.length, "subject")} could not be judged: no finding there is not a pass.` : ""));
}

/** Shows what the query says in the fields. */
function syncControls() {
  for (const [key, field] of findingsView.controls) field.value = QUERY[key];
}

/** Sets filters from elsewhere in the page and goes to the list. */
function showFindings(filter) {
  clearQuery();
  Object.assign(QUERY, filter);
  syncControls();
  updateFindings();
  const section = document.getElementById("findings");
  section.scrollIntoView();
  section.querySelector("h2").focus({ preventScroll: true });
  announce(`${counted(findingsView.list.length, "finding")} shown`);
}

/** Opens the finding with this id, scrolls to it and focuses it; filters that hide it are cleared. */
function openFinding(id) {
  const index = FINDING_BY_ID.get(id);
  if (index === undefined) return false;
  let at = findingsView.list.indexOf(index);
  if (at < 0) {
    clearQuery();
    syncControls();
    updateFindings();
    at = findingsView.list.indexOf(index);
  }
  if (at < findingsView.from || at >= findingsView.to) renderFindings(Math.max(0, at - 10), at + FINDINGS_PAGE);
  const node = document.getElementById(`finding-${id}`);
  node.open = true;
  node.make();
  node.scrollIntoView({ block: "start", behavior: "instant" });
  node.querySelector("summary").focus({ preventScroll: true });
  return true;
}

/** For paper: every finding of the filter, opened; as many as are of use. */
function printFindings() {
  const view = findingsView;
  if (view.printing) return;
  view.printing = { from: view.from, to: view.to, open: new Set([...view.nodes.querySelectorAll("details.finding[open]")].map((node) => node.id)) };
  renderFindings(0, PRINT_MOST);
  view.nodes.querySelectorAll("details.finding").forEach((node) => {
    node.open = true;
    node.make();
    node.querySelectorAll("details.rest").forEach((rest) => { rest.open = true; });
  });
  const rest = view.list.length - view.to;
  view.printNote.textContent = `${isFiltered() ? `Filtered: ${view.list.length} of ${REPORT.findings.length} findings.` : `${view.list.length} findings.`}${rest ? ` The first ${view.to} are printed; filter to print others.` : ""}`;
}

/** After printing: the list as it was. */
function unprintFindings() {
  const view = findingsView;
  if (!view.printing) return;
  const { from, to, open } = view.printing;
  view.printing = null;
  renderFindings(from, to);
  view.nodes.querySelectorAll("details.finding").forEach((node) => {
    if (open.has(node.id)) node.open = true;
  });
}

/** Distinct values of the findings for a choice, in order. */
function distinct(key) {
  return [...new Set(REPORT.findings.map(key))].filter(Boolean).sort();
}

/** A filter with a choice of values; left out where there is nothing to choose. */
function filterChoice(key, label, options) {
  if (options.length < 2 && key !== "sort") return null;
  const all = key === "sort" ? options : [["", label], ...options];
  const made = choice(label, all, (value) => {
    QUERY[key] = value;
    updateFindings();
  }, key === "sort");
  findingsView.controls.push([key, made.select]);
  return made.node;
}

/** The search field; it waits until the typing pauses. */
function searchField() {
  const field = el("input", { type: "search", "aria-label": "Search the findings", placeholder: "Search: id, name, service, text…  ( / )", autocomplete: "off", spellcheck: "false" });
  let timer = 0;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      QUERY.text = field.value;
      updateFindings();
      announce(`${counted(findingsView.list.length, "finding")} found`);
    }, REPORT.findings.length > 2000 ? 150 : 40);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) return;
    event.preventDefault();
    field.focus();
  });
  findingsView.controls.push(["text", field]);
  return field;
}

/** Buttons that choose severities. */
function severityButtons() {
  return el("div", { class: "seg-btns", role: "group", "aria-label": "Severity" }, SEVERITIES.map((severity) => {
    const button = el("button", { type: "button", class: `btn ${severity}`, "aria-pressed": "false", "data-severity": severity, on: { click: () => {
      if (QUERY.severity.has(severity)) QUERY.severity.delete(severity);
      else QUERY.severity.add(severity);
      updateFindings();
    } } }, severityShape(severity), severity, el("span", { class: "muted n" }, "0"));
    findingsView.severity[severity] = button;
    return button;
  }));
}

/** The section "Findings". */
function findingsSection() {
  const view = findingsView;
  view.nodes = el("div", { class: "fnodes" });
  view.above = el("div", { class: "more" });
  view.below = el("div", { class: "more" });
  view.count = el("span", { class: "count", role: "status" });
  view.printNote = el("p", { class: "printonly" });
  view.clear = el("button", { type: "button", class: "btn small", on: { click: () => {
    clearQuery();
    syncControls();
    updateFindings();
  } } }, "Clear filters");
  const simple = (values) => values.map((value) => [value, value]);
  const present = new Set(REPORT.findings.map((f) => f.delta));
  const filters = el("div", { class: "filters", role: "search" },
    el("div", { class: "frow" }, searchField(), severityButtons()),
    el("div", { class: "frow" },
      filterChoice("pillar", "Every pillar", simple(PILLARS)), filterChoice("status", "Open and waived", REPORT.findings.some((f) => f.status === "waived") ? [["fail", "open"], ["waived", "waived"]] : []),
      filterChoice("region", "Every region", simple(distinct((f) => f.region))), filterChoice("check", "Every check", simple(distinct((f) => f.check))),
      filterChoice("delta", "Any change", Object.entries(DELTAS).filter(([key]) => present.has(key))), filterChoice("fix", "With and without fix", [["with", "with a fix"], ["without", "without a fix"]]),
      filterChoice("sort", "Order", Object.entries(SORTS).map(([key, [words]]) => [key, words])), view.clear, view.count));
  const section = el("section", { id: "findings", "aria-label": "Findings" }, sectionHead("Findings"), filters, view.printNote, el("div", { class: "flist" }, view.above, view.nodes, view.below));
  section.querySelector("h2").setAttribute("tabindex", "-1");
  updateFindings();
  return section;
}
