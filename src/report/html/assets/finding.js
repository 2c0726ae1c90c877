// One finding: its line in the list, and everything about it when opened.

const EVIDENCE_FIRST = 5;
const DELTAS = { new: "new", changed: "changed", unchanged: "unchanged", not_comparable: "not comparable" };

/** A titled part of an opened finding; nothing for an empty one. */
function part(title, ...children) {
  const kept = children.flat(2).filter((child) => child !== null && child !== undefined && child !== false);
  return kept.length ? el("div", { class: "part" }, el("h3", { class: "h4" }, title), kept) : null;
}

/** Dollars of a finding in its line; what has no effect on the bill shows nothing. */
function findingMoney(finding) {
  return isSaving(finding.saving_usd) ? el("div", { class: "usd" }, money(finding.saving_usd), el("span", { class: "muted small" }, " /month")) : null;
}

/** Small marks of a finding in its line. */
function findingBadges(finding) {
  const change = finding.change === null ? null : REPORT.changes[finding.change];
  return el("div", { class: "badges" },
    finding.status === "waived" ? el("span", { class: "chip unknown" }, "waived") : null,
    finding.waiver_expired ? el("span", { class: "chip medium" }, "waiver ran out") : null,
    finding.delta && finding.delta !== "unchanged" ? el("span", { class: "chip new" }, DELTAS[finding.delta] || finding.delta) : null,
    change ? el("span", { class: `chip ${change.proof === "proven" ? "good" : "plain"}` }, change.proof === "proven" ? "proven fix" : "fix") : el("span", { class: "chip plain" }, "no fix"));
}

/** Lines of evidence: what was seen, and by which call. */
function evidenceLines(list) {
  return el("ul", { class: "evidence" }, list.map((e) => el("li", {}, el("span", {}, e.fact), el("span", { class: "src" }, e.source))));
}

/** The evidence; a long way is folded after its first lines, so that the fix stays near. */
function evidenceList(finding) {
  const { evidence } = finding;
  if (!evidence.length) return null;
  if (evidence.length <= EVIDENCE_FIRST + 2) return evidenceLines(evidence);
  return [evidenceLines(evidence.slice(0, EVIDENCE_FIRST)), fold(`${evidence.length - EVIDENCE_FIRST} more facts`, () => evidenceLines(evidence.slice(EVIDENCE_FIRST)), { class: "fold rest" }).make()];
}

/** The request that gets through, in words and as JSON. */
function witnessParts(witness) {
  if (!witness) return null;
  const json = JSON.stringify(witness.request, null, 2);
  return [el("p", { class: "text" }, witness.in_words),
    el("p", { class: "small muted wrap" }, "Decision of the policy: ", el("b", {}, String(witness.decision).replaceAll("_", " ")), witness.statements.length ? ` by ${witness.statements.join(", ")}` : ", by no statement"),
    fold("The request as JSON", () => commands("Request", [json], "Copy the request as JSON"))];
}

/** The change that repairs a finding, or why there is none. */
function fixParts(finding, check) {
  const change = finding.change === null ? null : REPORT.changes[finding.change];
  if (!change) {
    return [el("p", { class: "text" }, finding.no_change ? `No change is written for it: ${finding.no_change}` : "No change is written for this finding."),
      check.summary ? el("p", { class: "text" }, el("b", {}, "By hand: "), check.summary) : null, check.command ? commands("Pattern", [check.command], "Copy the pattern") : null];
  }
  return [el("div", { class: "tags" }, el("b", { class: "wrap what" }, isolated(cut(change.title, 300))), proofChip(change.proof)),
    el("p", { class: "small muted why" }, (PROOFS[change.proof] || PROOFS.not_run)[2]), el("div", { class: "stack" }, hazardList(change.hazards),
      change.run.length ? commands("Commands", change.run, "Copy the commands") : null, change.undo.length ? commands("Undo", change.undo, "Copy the undo commands") : el("p", { class: "muted" }, "There is no undo by command."))];
}

/** Facts beside the text. */
function factTags(finding) {
  const { resource } = finding;
  return el("div", { class: "tags small" },
    finding.service ? el("span", { class: "chip plain" }, `service ${cut(finding.service, 60)}`) : null,
    resource.vpc_id && resource.vpc_id !== resource.id ? el("span", { class: "chip plain wrap" }, "in ", isolated(cut(nameAndId(resource.vpc_id), 80))) : null,
    finding.measured_bytes === null || finding.measured_bytes === undefined ? null : el("span", { class: "chip plain" }, `${bytes(finding.measured_bytes)} measured in ${counted(REPORT.lookback_days, "day")}`),
    el("span", { class: "chip plain" }, finding.saving_usd ? billWords(finding.saving_usd) : "effect on the bill not priced"),
    finding.first_seen ? el("span", { class: "chip plain" }, `open since ${day(finding.first_seen.slice(0, 10))}`) : null);
}

/** The waiver that accepts a finding, or did until it ran out. */
function waiverParts(waiver, ranOut = false) {
  if (!waiver) return null;
  const until = !waiver.until ? "without an end" : ranOut ? `ran out on ${day(waiver.until)}, so that it counts again` : `until ${day(waiver.until)}, open again after it`;
  return el("p", { class: "text" }, waiver.reason, el("span", { class: "muted" }, " · owner ", waiver.owner || "not named", " · ", until));
}

/** Everything about a finding. */
function findingBody(finding) {
  const check = checkOf(finding.check);
  const link = () => `${location.href.split("#")[0]}#finding-${finding.id}`;
  return el("div", { class: "fbody" },
    el("div", { class: "stack" }, el("p", { class: "text" }, finding.detail), factTags(finding)),
    part("Waived", waiverParts(finding.waiver)),
    part("Waiver ran out", waiverParts(finding.waiver_expired, true)),
    part("Evidence", evidenceList(finding)),
    part(finding.witness && finding.witness.decision === "allowed" ? "A request that gets through" : "An example request", witnessParts(finding.witness)),
    part("Fix", fixParts(finding, check)),
    finding.related.length ? part("Related", el("p", { class: "text small" }, finding.related.slice(0, 40).map((id, i) => [i ? ", " : "", isolated(cut(nameAndId(id), 90), { class: "mono" })]), finding.related.length > 40 ? ` and ${finding.related.length - 40} more` : "")) : null,
    check.controls.length ? part("Compliance", el("div", { class: "tags" }, check.controls.map((control) => el("span", { class: "chip plain wrap" }, cut(control.framework, 60), " ", el("b", {}, cut(control.id, 40)))))) : null,
    el("div", { class: "tags noprint" }, copyButton(link, "Copy link to this finding", "Copy link"),
      el("button", { type: "button", class: "btn small", on: { click: () => showFindings({ check: finding.check }) } }, "All of this check"),
      el("button", { type: "button", class: "btn small", on: { click: () => showFindings({ text: finding.resource.id }) } }, "All that name this resource")),
    check.manual ? fold(`Manual of ${finding.check}`, () => el("div", {}, markdown(check.manual), check.url ? el("p", { class: "small" }, outLink(check.url)) : null), { class: "fold noprint" }) : null);
}

/** A finding as a folding line; its body is made when it is opened. */
function findingNode(finding) {
  const node = el("details", { class: "finding", id: `finding-${finding.id}` }, el("summary", {},
    el("span", {}, severityChip(finding.severity)),
    el("div", {}, el("div", { class: "t" }, isolated(cut(finding.title, 300))), el("div", { class: "m" }, el("span", {}, finding.check), el("span", {}, resourceWords(finding.resource)), el("span", {}, finding.region))),
    el("div", { class: "r" }, findingMoney(finding), findingBadges(finding))));
  let made = false;
  node.make = () => {
    if (!made) node.append(findingBody(finding));
    made = true;
    return node;
  };
  node.addEventListener("toggle", () => node.open && node.make());
  return node;
}
