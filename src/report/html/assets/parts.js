// Small parts that several sections show.

const SHAPES = {
  critical: "M5 0 10 5 5 10 0 5Z",
  high: "M5 .6 10 9.6H0Z",
  medium: "M.6.6h8.8v8.8H.6Z",
  low: "M5 .4a4.6 4.6 0 1 1 0 9.2a4.6 4.6 0 1 1 0-9.2Z",
};
const PROOFS = {
  proven: ["good", "proven on a model of the account", "The change was made in a model of the account and the check judged again: the finding is gone."],
  not_run: ["unknown", "not proven", "No model was run for this change: whether it fixes the finding was not tested."],
};

/** The sign of a severity: a shape of its own, so that colour is never alone. */
function severityShape(severity) {
  return svg("svg", { viewBox: "0 0 10 10", "aria-hidden": "true", focusable: "false" }, svg("path", { d: SHAPES[severity] || SHAPES.low }));
}

/** The severity as a chip. */
function severityChip(severity) {
  return el("span", { class: `chip ${severity in SHAPES ? severity : "low"}` }, severityShape(severity), severity);
}

/** Whether a change was proven, as a chip. */
function proofChip(proof) {
  const [kind, words, why] = PROOFS[proof] || PROOFS.not_run;
  return el("span", { class: `chip ${kind}`, title: why }, words);
}

/** Hazards of a change, in plain sight. */
function hazardList(hazards) {
  return hazards.length ? el("div", { class: "hazards" }, hazards.map((hazard) => el("p", { class: "hazard" }, el("b", {}, "Mind"), el("span", { class: "wrap" }, hazard)))) : null;
}

/** A resource: its name, its kind and its id. */
function resourceWords(resource) {
  const kind = String(resource.kind).replaceAll("_", " ");
  return [kind, " ", resource.name && resource.name !== resource.id ? [isolated(cut(resource.name, 80), { class: "resname" }), " · "] : null, isolated(cut(resource.id, 120), { class: "mono" })];
}

/** A link to a finding, with its severity. */
function findingLink(finding) {
  return inLink(`finding-${finding.id}`, { class: "flink" }, isolated(cut(finding.title, 160)));
}

/** A list of findings as links, cut after some. */
function findingLinks(findings, most = 8) {
  if (!findings.length) return el("p", { class: "muted" }, "No open finding names it.");
  return el("ul", { class: "plainlist" }, findings.slice(0, most).map((finding) => el("li", {}, severityChip(finding.severity), " ", findingLink(finding))),
    findings.length > most ? el("li", { class: "muted" }, `and ${INTEGER.format(findings.length - most)} more`) : null);
}

/** Head of a section: its title and a sentence about it. */
function sectionHead(title, ...words) {
  return el("div", { class: "head" }, el("h2", {}, title), words.length ? el("p", {}, ...words) : null);
}

/** A hatching that says "not known" or "a range"; kind picks its colours. */
function hatching(id, kind) {
  return svg("pattern", { id, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    svg("rect", { width: 6, height: 6, class: `hatch-bg-${kind}` }), svg("line", { x1: 0, y1: 0, x2: 0, y2: 6, class: `hatch-${kind}` }));
}

/** A bar from 0 to 1 with a solid part, a hatched part after it, and nothing after that. */
function meter(solid, hatched, solidClass, hatchKind, className) {
  const id = freshId("hatch");
  const share = (n) => `${(Math.max(0, Math.min(1, n)) * 100).toFixed(2)}%`;
  return svg("svg", { class: className, "aria-hidden": "true", focusable: "false" },
    svg("defs", {}, hatching(id, hatchKind)), svg("rect", { class: "base", width: "100%", height: "100%" }),
    svg("rect", { class: solidClass, width: share(solid), height: "100%" }),
    hatched > 0 ? svg("rect", { x: share(solid), width: share(hatched), height: "100%", fill: `url(#${id})` }) : null);
}
