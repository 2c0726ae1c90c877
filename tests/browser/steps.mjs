// The steps that a reader takes through a report. Each compares the page with the data that the file holds.

const SEVERITIES = ["critical", "high", "medium", "low"];

/** Dollars at the upper end; what has no price sorts last. */
const highOf = (finding) => (finding.saving_usd ? Number(finding.saving_usd.high) : -1);

export class Steps {
  constructor({ context, data, options, out, axe, open }) {
    Object.assign(this, { context, data, options, out, axe, open });
    this.mostShown = 100;
  }

  /** Notes a failure unless a condition holds. */
  expect(condition, words) {
    if (!condition) this.options.failures.push(`${this.step}: ${words}`);
    return Boolean(condition);
  }

  /** Runs one step; why it was left out, if the data has nothing for it. */
  async take(name, needed, work) {
    this.step = name;
    if (!needed) {
      this.out.skipped.push(name);
      return;
    }
    const before = this.options.failures.length;
    try {
      await work();
    } catch (error) {
      this.options.failures.push(`${name}: ${error.message.split("\n").slice(0, 3).join(" ")}`);
    }
    this.out.steps[name] = this.options.failures.length === before ? "ok" : "failed";
  }

  /** Ids of the findings in the page, in order. */
  shown(page) {
    return page.locator("details.finding").evaluateAll((nodes) => nodes.map((node) => node.id.slice("finding-".length)));
  }

  /** What the list says: how many findings pass the filter. */
  async passing(page) {
    const words = await page.locator("#findings .count").innerText();
    return Number((/^[\d,]+/.exec(words) || ["-1"])[0].replaceAll(",", ""));
  }

  /** Whether a node is inside the window. */
  inView(page, selector) {
    return page.locator(selector).evaluate((node) => {
      const box = node.getBoundingClientRect();
      return box.top >= 0 && box.top < innerHeight;
    });
  }

  /** All steps in order. */
  async run() {
    const { data, out, options } = this;
    const page = await this.open("", "stub");
    Object.assign(out, await page.evaluate(() => ({ ready_ms: Math.round(window.__ready), painted_ms: Math.round(window.__painted) })));
    this.step = "ready";
    this.expect(out.ready_ms <= options.readyMs, `took ${out.ready_ms} ms, at most ${options.readyMs} are allowed`);
    out.counts = { findings: data.findings.length, changes: data.changes.length, unknown: data.unknown.length, gaps: data.gaps.length, vpcs: data.vpcs.length, rows: data.matrix.reduce((n, m) => n + m.rows.length, 0), nodes: await page.locator("*").count() };
    if (options.screenshot) await page.screenshot({ path: options.screenshot, fullPage: true });
    await this.take("overview", true, () => this.overview(page));
    await this.take("narrow", true, () => this.narrow(page));
    await this.take("markup", true, () => this.markup(page));
    await this.take("comparison", data.comparison, () => this.comparison(page));
    await this.take("history", data.trend.length > 1, () => this.history(page));
    await this.take("plan", data.plan.length, () => this.plan(page));
    await this.take("flow", data.flow.length, () => this.flow(page));
    await this.take("topology", data.vpcs.some((vpc) => vpc.subnets.length), () => this.topology(page));
    await this.take("matrix", data.matrix.some((m) => m.rows.length && m.services.length), () => this.matrix(page));
    await this.take("findings", data.findings.length, () => this.findings(page));
    await this.take("severity filter", data.findings.length, () => this.severityFilter(page));
    await this.take("filters", data.findings.length, () => this.otherFilters(page));
    await this.take("search", data.findings.length, () => this.search(page));
    await this.take("sort", data.findings.length > 1, () => this.sort(page));
    await this.take("hash change", data.findings.length, () => this.hashChange(page));
    await this.take("deep link", data.findings.length, () => this.deepLink());
    await this.take("copy", this.withChange(), () => this.copy());
    await this.take("copy without clipboard", this.withChange(), () => this.copyOldWay());
    await this.take("keyboard", data.findings.length, () => this.keyboard());
    await this.take("gaps", true, () => this.gaps(page));
    await this.take("checks", Object.keys(data.checks).length, () => this.checks(page));
    await this.take("axe", true, () => this.accessibility(page));
    await this.take("theme", true, () => this.theme(page));
    await this.take("print", true, () => this.print());
  }

  /** A finding with a change that has commands. */
  withChange() {
    return this.data.findings.find((f) => f.change !== null && this.data.changes[f.change] && this.data.changes[f.change].run.length);
  }

  /** Scores with coverage, totals, and the counts of findings by severity. */
  async overview(page) {
    const { data } = this;
    const words = await page.locator("#overview").innerText();
    for (const pillar of ["overall", "egress", "cost", "privilege"]) {
      const { score } = data.scores[pillar];
      if (score !== null) this.expect(words.includes(score.toFixed(1)), `the ${pillar} score ${score} is not shown`);
    }
    const coverages = await page.locator("#overview .covline").count();
    this.expect(coverages === 4, `${coverages} coverages beside 4 scores`);
    if (data.scores.overall.score === null) this.expect(/not judged/.test(words), "a missing score does not say so");
    const missing = await page.locator("#overview .covline .unknown").count();
    this.expect(missing === ["overall", "egress", "cost", "privilege"].filter((p) => data.scores[p].coverage < 1).length, "coverage below the whole is not marked");
    for (const severity of SEVERITIES) {
      const n = data.findings.filter((f) => f.status === "fail" && f.severity === severity).length;
      const says = Number((await page.locator(`#overview .sev.${severity} b`).innerText()).replaceAll(",", ""));
      this.expect(says === n, `${says} ${severity} findings are shown, ${n} are open`);
    }
    this.expect(words.includes(`${data.unknown.length.toLocaleString("en-US")} not judged`), "the number of subjects not judged is missing");
    this.expect(new RegExp(`${data.gaps.length.toLocaleString("en-US")} calls? not read`).test(words), "the number of calls not read is missing");
    if (data.waived.findings) this.expect(/waived waste/i.test(words), "waived waste is missing");
  }

  /** Nothing sticks out to the side, in a window and on a telephone. */
  async narrow(page) {
    for (const width of [400, this.options.width]) {
      await page.setViewportSize({ width, height: 1000 });
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      this.expect(over <= 0, `the page is ${over} px wider than a window of ${width}`);
    }
  }

  /** No text of the account has become markup, and no address but https is a link. */
  async markup(page) {
    await page.evaluate(() => document.querySelectorAll("details.finding").forEach((node, i) => { if (i < 40) { node.open = true; node.make(); } }));
    await page.evaluate(() => document.querySelectorAll("#findings details.fold, #checks details").forEach((node) => { node.open = true; if (node.make) node.make(); }));
    await page.waitForTimeout(50);
    await page.setViewportSize({ width: 400, height: 1000 });
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    this.expect(over <= 0, `with open findings the page is ${over} px wider than a window of 400`);
    await page.setViewportSize({ width: this.options.width, height: 1000 });
    const bad = await page.evaluate(() => ({
      elements: [...document.body.querySelectorAll("img, iframe, object, embed, link, base, form, meta, video, audio")].map((node) => node.tagName),
      scripts: document.querySelectorAll("script").length,
      styles: [...document.querySelectorAll("[style]")].map((node) => node.getAttribute("style")).filter((style) => !/^(?:(?:height|min-width|max-width): [\d.]+px;? ?)*$/.test(style)),
      handlers: [...document.querySelectorAll("*")].filter((node) => [...node.attributes].some((a) => a.name.startsWith("on"))).length,
      links: [...document.querySelectorAll("a[href]")].map((a) => a.getAttribute("href")).filter((href) => !href.startsWith("https://") && !href.startsWith("#")),
    }));
    this.expect(!bad.elements.length, `elements that the page does not make: ${bad.elements}`);
    this.expect(bad.scripts === 2, `${bad.scripts} scripts instead of 2`);
    this.expect(!bad.styles.length, `inline styles: ${bad.styles}`);
    this.expect(!bad.handlers, `${bad.handlers} inline handlers`);
    this.expect(!bad.links.length, `links to ${bad.links.slice(0, 3)}`);
    await page.evaluate(() => document.querySelectorAll("details.finding[open], #findings details.fold, #checks details").forEach((node) => { node.open = false; }));
  }

  /** The counts of what changed. */
  async comparison(page) {
    const c = this.data.comparison;
    const figures = await page.locator("#changed .diff b").allInnerTexts();
    const wanted = [c.new.length, c.changed.length, c.fixed.length, c.unchanged, c.not_comparable.length].map((n) => n.toLocaleString("en-US"));
    this.expect(figures.join() === wanted.join(), `shows ${figures}, the data has ${wanted}`);
    for (const group of await page.locator("#changed details").all()) if (!(await group.evaluate((d) => d.open))) await group.locator("summary").first().click();
    if (c.not_comparable.length) this.expect((await page.locator("#changed").innerText()).includes(c.not_comparable[0].why.slice(0, 30)), "why something is not comparable is missing");
    const line = page.locator("#changed a.flink").first();
    if (await line.count()) {
      const target = (await line.getAttribute("href")).slice(1);
      await line.click();
      await page.waitForFunction((id) => document.getElementById(id) && document.getElementById(id).open, target);
      this.expect(await this.inView(page, `#${target}`), "a link to a new or changed finding does not lead to it");
    }
  }

  /** One row of the history for each scan. */
  async history(page) {
    await page.locator("#overview .fold > summary").click();
    await page.locator("#overview .fold tbody").waitFor();
    const rows = await page.locator("#overview .fold tbody tr").count();
    this.expect(rows === this.data.trend.length, `${rows} rows for ${this.data.trend.length} scans`);
    await page.locator("#overview .fold > summary").click();
  }

  /** The first step opens with its commands and hazards, and leads to its finding. */
  async plan(page) {
    const { plan, changes } = this.data;
    const first = page.locator("#plan .step").first();
    await first.locator("summary").first().click();
    const change = changes[plan[0].change];
    await first.locator(".body").waitFor();
    this.expect((await first.locator(".hazard").count()) === change.hazards.length, "hazards are missing");
    if (change.run.length) this.expect(await first.locator(".cmd").count() > 0, "commands are missing");
    const link = first.locator("a.flink").first();
    const target = (await link.getAttribute("href")).slice(1);
    await link.click();
    await page.waitForFunction((id) => document.getElementById(id) && document.getElementById(id).open, target);
    this.expect(await this.inView(page, `#${target}`), "the link does not scroll to the finding");
    this.expect(target === `finding-${plan[0].findings[0]}`, `the link leads to ${target}`);
  }

  /** The drawing is there, and its table has every carrier with its measurement or its absence. */
  async flow(page) {
    this.expect(await page.locator("#flow svg.chart").count() === 1, "no drawing");
    await page.locator("#flow details", { hasText: "as a table" }).locator("summary").click();
    await page.locator("#flow .flowtable").waitFor();
    const rows = await page.locator("#flow .flowtable tbody tr").count();
    this.expect(rows === Math.min(300, this.data.flow.length), `${rows} rows for ${this.data.flow.length} carriers`);
    const unmeasured = this.data.flow.filter((carrier) => carrier.gb_per_month === null).length;
    const says = await page.locator("#flow .flowtable td .unknown", { hasText: "not measured" }).count();
    this.expect(rows < this.data.flow.length || says === unmeasured, `${says} carriers say "not measured", ${unmeasured} are not`);
    const bad = await page.locator("#flow svg.chart [d*='NaN'], #flow svg.chart [y*='NaN'], #flow svg.chart [height^='-']").count();
    this.expect(!bad, `${bad} shapes without a place`);
  }

  /** A box opens its panel, by mouse and by keyboard; every VPC can be drawn. */
  async topology(page) {
    const box = page.locator("#topology .t-box").first();
    const id = await box.getAttribute("data-id");
    await box.click();
    this.expect((await page.locator(".topo-panel").innerText()).includes(id) || id.length > 80, "the panel does not name the box");
    await box.focus();
    await page.keyboard.press("ArrowRight");
    const next = await page.evaluate(() => document.activeElement.getAttribute("data-id"));
    await page.keyboard.press("Enter");
    const boxes = await page.locator("#topology .t-box").count();
    if (boxes > 1) this.expect(next !== id && (await page.locator("#topology .t-box.sel").getAttribute("data-id")) === next, "arrow keys and Enter do not choose a box");
    const select = page.locator("#topology select");
    const n = await select.locator("option").count();
    this.expect(n === this.data.vpcs.length, `${n} VPCs to choose, the data has ${this.data.vpcs.length}`);
    for (let i = 0; i < Math.min(n, 60); i += 1) {
      await select.selectOption({ index: i });
      const bad = await page.locator("#topology .topo [d*='NaN'], #topology .topo [y='NaN']").count();
      this.expect(!bad, `VPC ${i} has shapes without a place`);
    }
    await select.selectOption({ index: 0 });
  }

  /** A cell shows its path, by mouse and by keyboard. */
  async matrix(page) {
    const cell = page.locator("#paths td[role='gridcell']").first();
    await cell.click();
    this.expect(await page.locator(".path-panel .hops li, .path-panel .seg").count() > 0 || (await cell.innerText()) === "·", "no hops after a click");
    this.expect(await page.locator("#paths td[tabindex='0']").count() === 1, "not exactly one cell can be reached by Tab");
    await page.locator("#paths td[tabindex='0']").focus();
    const before = await page.locator(".path-panel h3").innerText();
    for (const key of ["ArrowRight", "ArrowDown", "Enter"]) await page.keyboard.press(key);
    const focused = await page.evaluate(() => document.activeElement.getAttribute("role"));
    this.expect(focused === "gridcell", `focus went to ${focused}`);
    const cells = await page.locator("#paths td[role='gridcell']").count();
    if (cells > 1) this.expect((await page.locator(".path-panel h3").innerText()) !== before, "arrow keys and Enter do not choose another cell");
    const buttons = page.locator("#paths .matrix-tools button");
    for (let i = 0; i < await buttons.count(); i += 1) await buttons.nth(i).click();
    const region = this.data.matrix.find((m) => m.rows.length && m.services.length);
    const rows = Number(await page.locator("#paths table").getAttribute("aria-rowcount")) - 1;
    this.expect(rows >= region.rows.length, `${rows} rows for ${region.rows.length} subnets when none are put together`);
    const columns = Number(await page.locator("#paths table").getAttribute("aria-colcount")) - 1;
    this.expect(columns === region.services.length, `${columns} columns for ${region.services.length} services when none are hidden`);
    await page.locator("#paths .mx").evaluate((box) => { box.scrollTop = box.scrollHeight; });
    await page.waitForTimeout(120);
    const last = await page.locator("#paths tbody tr[aria-rowindex]").last().getAttribute("aria-rowindex");
    this.expect(Number(last) === rows + 1, `the last row in view is ${last} of ${rows + 1}`);
    for (let i = 0; i < await buttons.count(); i += 1) await buttons.nth(i).click();
  }

  /** The list starts with the first page, and shows more when asked. */
  async findings(page) {
    const n = this.data.findings.length;
    await this.clear(page);
    this.expect(await this.passing(page) === n, `the list counts ${await this.passing(page)} of ${n} findings`);
    const first = await this.shown(page);
    this.expect(first.length === Math.min(this.mostShown, n), `${first.length} findings in the first page`);
    if (n > this.mostShown) {
      await page.locator("#findings .more:not([hidden]) button").last().click();
      this.expect((await this.shown(page)).length === Math.min(2 * this.mostShown, n), "the second page does not follow");
    }
    const node = page.locator("details.finding").first();
    if (await node.evaluate((details) => details.open)) await node.locator("summary").first().click();
    await node.locator("summary").first().click();
    const finding = this.data.findings.find((f) => f.id === first[0]);
    await node.locator(".fbody").waitFor();
    const words = await node.innerText();
    this.expect(words.includes(finding.check), "an opened finding does not name its check");
    this.expect((await node.locator(".evidence li").count()) === finding.evidence.length, "evidence is missing");
    this.expect(finding.change === null || (await node.locator(".hazard").count()) === this.data.changes[finding.change].hazards.length, "hazards of the fix are not in sight");
    await node.locator("summary").first().click();
  }

  /** Back to all findings. */
  async clear(page) {
    const button = page.getByRole("button", { name: "Clear filters" });
    if (await button.isVisible()) await button.click();
  }

  /** One severity, then two. */
  async severityFilter(page) {
    await this.clear(page);
    const present = SEVERITIES.filter((s) => this.data.findings.some((f) => f.severity === s));
    let wanted = 0;
    for (const severity of present.slice(-2)) {
      await page.locator(`#findings button[data-severity="${severity}"]`).click();
      wanted += this.data.findings.filter((f) => f.severity === severity).length;
      this.expect(await this.passing(page) === wanted, `${severity}: ${await this.passing(page)} instead of ${wanted}`);
    }
    const chips = await page.locator("details.finding > summary > span .chip").allInnerTexts();
    this.expect(chips.every((words) => present.slice(-2).includes(words.trim())), "another severity is in the list");
    await this.clear(page);
  }

  /** Each choice: check, region, fix. */
  async otherFilters(page) {
    const { findings, checks } = this.data;
    const f = findings[findings.length - 1];
    const cases = [["Every check", f.check, (x) => x.check === f.check], ["Every region", f.region, (x) => x.region === f.region], ["With and without fix", f.change === null ? "without" : "with", (x) => (x.change === null) === (f.change === null)],
      ["Every pillar", checks[f.check].pillar, (x) => checks[x.check].pillar === checks[f.check].pillar], ["Open and waived", f.status, (x) => x.status === f.status], ["Any change", f.delta, (x) => x.delta === f.delta]];
    for (const [label, value, test] of cases) {
      const select = page.locator(`#findings select[aria-label="${label}"]`);
      if (!value || !(await select.count())) continue;
      await select.selectOption(value);
      const wanted = findings.filter(test).length;
      this.expect(await this.passing(page) === wanted, `${label} = ${value}: ${await this.passing(page)} instead of ${wanted}`);
      await this.clear(page);
    }
  }

  /** A word that is in some findings, and one that is in none. */
  async search(page) {
    const field = page.locator("#findings input[type='search']");
    const f = this.data.findings[this.data.findings.length - 1];
    const word = /^[\w-]+$/.test(f.resource.id) ? f.resource.id : f.check;
    await field.fill(word.toUpperCase());
    await page.waitForTimeout(400);
    const least = this.data.findings.filter((x) => x.resource.id === word || x.check === word).length;
    const n = await this.passing(page);
    this.expect(n >= least && n >= 1, `${n} findings for ${word}, at least ${least} have it`);
    const all = this.data.findings.filter((x) => JSON.stringify([x, x.change === null ? 0 : this.data.changes[x.change].title]).toLowerCase().includes(word.toLowerCase())).length;
    this.expect(n <= all || this.data.vpcs.length > 0, `${n} findings for ${word}, only ${all} can have it`);
    this.expect((await this.shown(page)).includes(f.id) || n > this.mostShown, "the finding itself is not found");
    const started = Date.now();
    await field.fill("no-finding-has-this-word-q7");
    await page.waitForFunction(() => document.querySelectorAll("details.finding").length === 0);
    this.out.search_ms = Date.now() - started;
    this.expect(await this.passing(page) === 0, "findings pass a word that none has");
    await this.clear(page);
    this.expect((await field.inputValue()) === "", "clearing leaves the word in the field");
  }

  /** By dollars the dearest comes first, by severity the worst. */
  async sort(page) {
    const select = page.locator("#findings label", { hasText: "Order" }).locator("select");
    const by = new Map(this.data.findings.map((f) => [f.id, f]));
    await select.selectOption("dollars");
    const money = (await this.shown(page)).map((id) => highOf(by.get(id)));
    this.expect(money.every((usd, i) => !i || money[i - 1] >= usd), "not in the order of dollars");
    this.expect(money[0] === Math.max(...this.data.findings.map(highOf)), "the dearest finding is not the first");
    await select.selectOption("check");
    const checks = (await this.shown(page)).map((id) => by.get(id).check);
    this.expect(checks.every((check, i) => !i || checks[i - 1] <= check), "not in the order of checks");
    this.expect(await page.locator("#findings .fgroup").count() === new Set(checks).size, "not one heading for each check");
    await select.selectOption("severity");
    const ranks = (await this.shown(page)).map((id) => SEVERITIES.indexOf(by.get(id).severity));
    this.expect(ranks.every((rank, i) => !i || ranks[i - 1] <= rank), "not in the order of severity");
  }

  /** A finding that the filter hides is shown, opened and focused when the address names it. */
  async hashChange(page) {
    const f = this.data.findings[Math.floor(this.data.findings.length / 2)];
    const field = page.locator("#findings input[type='search']");
    await field.fill("no-finding-has-this-word-q7");
    await page.waitForFunction(() => document.querySelectorAll("details.finding").length === 0);
    await page.evaluate((id) => { location.hash = ""; location.hash = `finding-${id}`; }, f.id);
    await this.expectOpened(page, f.id);
    this.expect((await field.inputValue()) === "", "the filter that hid it is still set");
  }

  /** The finding is open, in view and has the focus. */
  async expectOpened(page, id) {
    await page.waitForFunction((at) => { const node = document.getElementById(at); return node && node.open; }, `finding-${id}`);
    this.expect(await this.inView(page, `[id="finding-${id}"]`), "the finding is out of view");
    this.expect(await page.evaluate((at) => document.activeElement === document.getElementById(at).querySelector("summary"), `finding-${id}`), "the finding does not have the focus");
  }

  /** A fresh page whose address names the last finding. */
  async deepLink() {
    const f = this.data.findings[this.data.findings.length - 1];
    const page = await this.open(`#finding-${f.id}`, "stub");
    await this.expectOpened(page, f.id);
    await page.locator(`[id="finding-${f.id}"] button`, { hasText: "Copy link" }).click();
    const copied = await page.evaluate(() => window.__copied.at(-1));
    this.expect(copied === page.url(), `the copied link is ${copied}`);
    await page.close();
  }

  /** Copies the commands and the undo of a finding. */
  async copy() {
    const f = this.withChange();
    const change = this.data.changes[f.change];
    const page = await this.open(`#finding-${f.id}`, "stub");
    const node = page.locator(`[id="finding-${f.id}"]`);
    await node.locator("button[aria-label='Copy the commands']").click();
    this.expect((await page.evaluate(() => window.__copied.at(-1))) === change.run.join("\n"), "other text than the commands was copied");
    await page.waitForFunction(() => document.getElementById("live").textContent.includes("Copied"));
    if (change.undo.length) {
      await node.locator("button[aria-label='Copy the undo commands']").click();
      this.expect((await page.evaluate(() => window.__copied.at(-1))) === change.undo.join("\n"), "other text than the undo was copied");
    }
    await page.close();
  }

  /** The same where the browser has no clipboard API. */
  async copyOldWay() {
    const f = this.withChange();
    const page = await this.open(`#finding-${f.id}`, "none");
    const button = page.locator(`[id="finding-${f.id}"] button[aria-label='Copy the commands']`);
    await button.click();
    await page.waitForFunction(() => window.__copied.length > 0);
    const wanted = this.data.changes[f.change].run.join("\n").replaceAll("\r\n", "\n");
    this.expect((await page.evaluate(() => window.__copied.at(-1))) === wanted, "other text than the commands was copied");
    this.expect(["Copied", "Press Ctrl+C"].includes(await button.innerText()), "the button does not say what happened");
    await page.close();
  }

  /** Without a mouse: to a severity, choose it, to the first finding, open it. */
  async keyboard() {
    const page = await this.open("", "stub");
    await page.evaluate(() => document.querySelector("#findings h2").focus());
    const tabTo = async (test) => {
      for (let i = 0; i < 60; i += 1) {
        await page.keyboard.press("Tab");
        if (await page.evaluate(test)) return true;
      }
      return false;
    };
    const worst = SEVERITIES.find((s) => this.data.findings.some((f) => f.severity === s));
    const reached = await tabTo(`document.activeElement.dataset.severity === ${JSON.stringify(worst)}`);
    this.expect(reached, "Tab does not reach the severity filter");
    await page.keyboard.press("Enter");
    this.expect(await this.passing(page) === this.data.findings.filter((f) => f.severity === worst).length, "Enter does not filter");
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    this.expect(outline !== "none", "the focus is not visible");
    this.expect(await tabTo("document.activeElement.matches('details.finding > summary')"), "Tab does not reach a finding");
    await page.keyboard.press("Enter");
    this.expect(await page.evaluate(() => document.activeElement.parentElement.open), "Enter does not open a finding");
    await page.keyboard.press("Enter");
    this.expect(!(await page.evaluate(() => document.activeElement.parentElement.open)), "Enter does not close it again");
    await page.close();
  }

  /** Every failed call and every check with subjects not judged is named. */
  async gaps(page) {
    const { unknown, gaps } = this.data;
    const words = await page.locator("#unknown").innerText();
    for (const gap of gaps) this.expect(gap.action.length > 60 || words.includes(gap.action), `${gap.action} is not named`);
    const kinds = new Set(gaps.map((gap) => JSON.stringify([gap.action, gap.kind, gap.code]))).size;
    this.expect(await page.locator("#unknown .gap").count() === kinds, `${await page.locator("#unknown .gap").count()} kinds of failed calls are named, the data has ${kinds}`);
    for (const check of new Set(unknown.map((u) => u.check))) this.expect(words.includes(check), `${check} is not named`);
    if (!unknown.length && !gaps.length) this.expect(/Every subject was judged/.test(words), "a full reading does not say so");
    for (const fold of await page.locator("#unknown .ufold > summary").all()) await fold.click();
    await page.waitForFunction(() => [...document.querySelectorAll("#unknown .ufold")].every((fold) => fold.querySelector("tbody")));
    const rows = await page.locator("#unknown tbody tr").count();
    const most = [...new Set(unknown.map((u) => u.check))].reduce((n, c) => n + Math.min(200, unknown.filter((u) => u.check === c).length), 0);
    this.expect(rows === most, `${rows} subjects not judged in the tables, the data has ${most}`);
  }

  /** One row for each check, and a manual that opens. */
  async checks(page) {
    const rows = page.locator("#checks tbody tr");
    const n = Object.keys(this.data.checks).length;
    this.expect(await rows.count() === n, `${await rows.count()} rows for ${n} checks`);
    await rows.first().locator("summary").click();
    await rows.first().locator(".md").waitFor();
    this.expect((await rows.first().locator(".md").innerText()).length > 40, "the manual is empty");
    await rows.first().locator("summary").click();
  }

  /** axe-core with an opened finding and a chosen cell, in light and in dark. */
  async accessibility(page) {
    const { data, out } = this;
    if (data.findings.length) await page.evaluate((id) => { location.hash = ""; location.hash = `finding-${id}`; }, data.findings[0].id);
    await page.waitForTimeout(100);
    await page.evaluate(this.axe);
    for (const theme of ["light", "dark"]) {
      await page.evaluate((t) => { document.documentElement.dataset.theme = t; }, theme);
      await page.waitForTimeout(60);
      const result = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
      out.axe[theme] = result.violations.map((v) => ({ id: v.id, impact: v.impact, nodes: v.nodes.length }));
      for (const violation of result.violations) {
        if (["serious", "critical"].includes(violation.impact)) this.options.failures.push(`axe, ${theme}: ${violation.id} (${violation.impact}, ${violation.nodes.length}): ${violation.nodes.slice(0, 3).map((n) => `${n.target} ${(n.any[0] || n.all[0] || n.none[0] || {}).message || ""}`).join(" | ")}`);
      }
    }
    await page.evaluate(() => { delete document.documentElement.dataset.theme; });
  }

  /** The button changes the colours, and a reload keeps them. */
  async theme(page) {
    const colour = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const before = await colour();
    await page.locator("button.theme").click();
    const after = await colour();
    this.expect(before !== after, "the colours stay");
    await page.reload();
    await page.waitForFunction(() => document.documentElement.dataset.ready === "true");
    this.expect(await colour() === after, "a reload forgets the theme");
    await page.locator("button.theme").click();
    this.expect(await colour() === before, "a second press does not go back");
    await page.evaluate(() => localStorage.clear());
  }

  /** On paper the findings are open and nothing to press is left. */
  async print() {
    const page = await this.open("", "stub");
    await page.emulateMedia({ media: "print" });
    await page.waitForFunction((n) => document.querySelectorAll("details.finding[open]").length >= n, Math.min(1, this.data.findings.length));
    await page.waitForTimeout(100);
    const paper = await page.evaluate(() => ({
      closed: document.querySelectorAll("details.finding:not([open])").length,
      open: document.querySelectorAll("details.finding[open]").length,
      controls: [...document.querySelectorAll("button.btn, select, input, nav")].filter((node) => node.getClientRects().length).length,
      background: getComputedStyle(document.body).backgroundColor,
    }));
    this.expect(paper.closed === 0 && paper.open === Math.min(400, this.data.findings.length), `${paper.open} findings open and ${paper.closed} closed on paper`);
    await page.setViewportSize({ width: 718, height: 1000 });
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    this.expect(over <= 0, `the page is ${over} px wider than a sheet of A4`);
    this.expect(paper.controls === 0, `${paper.controls} controls on paper`);
    this.expect(paper.background === "rgb(255, 255, 255)", `paper is ${paper.background}`);
    await page.emulateMedia({ media: "screen" });
    await page.waitForFunction(() => !document.querySelector("details.finding[open]")).catch(() => {});
    this.expect(await page.locator("details.finding[open]").count() === 0, "after printing the findings stay open");
    if (this.options.print) await page.pdf({ path: this.options.print, format: "A4", printBackground: true });
    await page.close();
  }
}
