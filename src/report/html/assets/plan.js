// "Do this first": the changes in the order of dollars, with proof and hazards.

const PLAN_FIRST = 8;

/** Bar of one saving against the largest: solid up to what is sure, hatched up to what is possible. */
function savingBar(usd, largest) {
  return meter(lowOf(usd) / largest, (highOf(usd) - lowOf(usd)) / largest, "sure", "range", "rangebar");
}

/** Dollars of one step, and what it adds beside those before it. */
function stepMoney(step, largest) {
  const { saving_usd: saving, adds_usd: adds } = step;
  if (!saving) return el("div", { class: "money" }, el("span", { class: "muted" }, "not priced"));
  if (!isSaving(saving)) return el("div", { class: "money" }, el("span", { class: "muted" }, billWords(saving)));
  const overlap = adds && (adds.low !== saving.low || adds.high !== saving.high);
  return el("div", { class: "money" }, money(saving), el("span", { class: "per" }, " a month"), largest ? savingBar(saving, largest) : null,
    overlap ? el("small", {}, Number(adds.high) === 0 ? "already counted in a step above" : `adds ${money(adds)} to the steps above`) : null);
}

/** What a step holds when it is opened: hazards, commands, undo, findings. */
function stepBody(step, change) {
  const findings = step.findings.map((id) => REPORT.findings[FINDING_BY_ID.get(id)]).filter(Boolean);
  return el("div", { class: "body stack" }, hazardList(change.hazards),
    change.run.length ? commands("Commands", change.run, "Copy the commands") : el("p", { class: "muted" }, "No command does this: see the findings."),
    change.undo.length ? commands("Undo", change.undo, "Copy the undo commands") : el("p", { class: "muted" }, "There is no undo by command."),
    el("h3", { class: "h4" }, `Fixes ${counted(findings.length, "finding")}`), findingLinks(findings));
}

/** One step of the plan. */
function planStep(step, index, largest) {
  const change = REPORT.changes[step.change];
  if (!change) return null;
  const node = el("details", { class: "steps" }, el("summary", {},
    el("span", { class: "rank" }, index + 1),
    el("div", {}, el("div", { class: "what" }, isolated(cut(change.title, 240))),
      el("div", { class: "meta" }, severityChip(step.severity), proofChip(change.proof),
        el("span", {}, counted(step.findings.length, "finding")),
        change.hazards.length ? el("span", { class: "medium" }, `${counted(change.hazards.length, "hazard")} to mind`) : el("span", {}, "no hazard known"))),
    stepMoney(step, largest)));
  let made = false;
  node.make = () => {
    if (!made) node.append(stepBody(step, change));
    made = true;
  };
  node.addEventListener("toggle", () => node.open && node.make());
  return el("li", { class: "step" }, node);
}

/** The section "Do this first". */
function planSection() {
  const { plan } = REPORT;
  const section = el("section", { id: "plan", "aria-label": "Do this first" });
  if (!plan.length) {
    return add(section, [sectionHead("Do this first"), el("p", { class: "none" }, REPORT.findings.some((f) => f.status === "fail")
      ? "No open finding has a change that natless can write: see the findings for what to do by hand." : "Nothing to do: no finding is open.", REPORT.unknown.length ? ` ${counted(REPORT.unknown.length, "subject")} could not be judged.` : "")]);
  }
  const largest = Math.max(0, ...plan.map((step) => highOf(step.saving_usd)));
  const list = el("ol", { class: "plan" });
  let shown = 0;
  const more = el("div", { class: "more" });
  const rest = el("p", { class: "printonly pad small muted" });
  /** Shows steps up to a number. */
  const upTo = (count) => {
    for (; shown < Math.min(count, plan.length); shown += 1) {
      const node = planStep(plan[shown], shown, largest);
      if (node) list.append(node);
    }
    const left = plan.length - shown;
    refill(more, left ? el("button", { type: "button", class: "btn", on: { click: () => upTo(shown + 50) } }, left > 50 ? `Show 50 of ${INTEGER.format(left)} more` : `Show ${INTEGER.format(left)} more`) : null);
    more.hidden = !left;
    rest.textContent = left ? `and ${counted(left, "more change")}; the JSON report has all` : "";
  };
  upTo(PLAN_FIRST);
  const ranges = plan.some((step) => step.saving_usd && step.saving_usd.low !== step.saving_usd.high);
  return add(section, [sectionHead("Do this first", `${counted(plan.length, "change")} in the order of dollars`,
    REPORT.bill.avoidable_usd ? `, together ${money(REPORT.bill.avoidable_usd)} a month.` : "; what they save together is not known.",
    ranges ? " A range means that the share of the traffic which the change moves was not measured: solid is sure, hatched is possible." : ""),
  el("div", { class: "card" }, list, more, rest)]);
}
