// Opens an HTML report of natless in headless Chromium and tries what a reader can do.
//
//   node check.mjs REPORT.html [--screenshot FILE.png] [--dark] [--width N] [--print FILE.pdf] [--ready-ms N]
//
// Prints one JSON line with what was measured, messages about failures to stderr, and exits 0 or 1 (2: wrong usage).
import { readFileSync, mkdtempSync, rmSync, existsSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { Steps } from "./steps.mjs";

const USAGE = "usage: node check.mjs REPORT.html [--screenshot FILE.png] [--dark] [--width N] [--print FILE.pdf] [--ready-ms N]";

/** Reads the command line; ends the program where it makes no sense. */
function arguments_() {
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options: { screenshot: { type: "string" }, dark: { type: "boolean", default: false },
      width: { type: "string", default: "1440" }, print: { type: "string" }, "ready-ms": { type: "string", default: "10000" } } });
    if (positionals.length !== 1 || !existsSync(positionals[0]) || !(Number(values["ready-ms"]) > 0) || !(Number(values.width) >= 200)) throw new Error("");
    return { file: resolve(positionals[0]), ...values, readyMs: Number(values["ready-ms"]), width: Number(values.width) };
  } catch (error) {
    console.error(`${error.message ? `${error.message}\n` : ""}${USAGE}`);
    process.exit(2);
  }
}

/** Runs before the page's own script: notes when the page is ready, and what it puts on the clipboard. */
function instruments(mode) {
  window.__copied = [];
  if (mode === "stub") Object.defineProperty(navigator, "clipboard", { configurable: true, value: { writeText: async (text) => { window.__copied.push(text); } } });
  if (mode === "none") {
    Object.defineProperty(navigator, "clipboard", { configurable: true, value: undefined });
    document.addEventListener("copy", () => { const at = document.activeElement; window.__copied.push(at && "value" in at ? at.value.slice(at.selectionStart, at.selectionEnd) : String(getSelection())); }, true);
  }
  const seen = new MutationObserver(() => {
    if (document.documentElement.dataset.ready !== "true") return;
    window.__ready = performance.now();
    seen.disconnect();
    requestAnimationFrame(() => setTimeout(() => { window.__painted = performance.now(); }, 0));
  });
  seen.observe(document, { attributes: true, subtree: true, attributeFilter: ["data-ready"] });
}

/** Opens the report in a page of its own; every complaint of the browser is a failure. */
async function openReport(context, options, hash = "", clipboard = "stub") {
  const page = await context.newPage();
  const address = pathToFileURL(options.file).href;
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) options.failures.push(`console ${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => options.failures.push(`page error: ${error.message}`));
  page.on("dialog", async (dialog) => {
    options.failures.push(`dialog (a script of the data ran): ${dialog.message()}`);
    await dialog.dismiss();
  });
  page.on("popup", (popup) => options.failures.push(`a window was opened: ${popup.url()}`));
  page.on("request", (request) => {
    options.requests += 1;
    const plain = request.url().split("#")[0];
    if (plain !== address) options.failures.push(`request to ${plain.slice(0, 200)}`);
  });
  await page.addInitScript(instruments, clipboard);
  await page.goto(address + hash, { waitUntil: "domcontentloaded" });
  try {
    await page.waitForFunction(() => window.__painted !== undefined, null, { timeout: Math.max(20000, options.readyMs * 3) });
  } catch {
    throw new Error("the page never became ready");
  }
  return page;
}

/** The data that the page was made from, read from the file and not from the page. */
function dataOf(file) {
  const html = readFileSync(file, "utf8");
  const [tag, type] = /<script type="(application\/(?:json|gzip))" id="data">/.exec(html) || [];
  if (!tag) throw new Error("the file holds no data");
  const from = html.indexOf(tag) + tag.length;
  const text = html.slice(from, html.indexOf("</script>", from));
  return JSON.parse(type === "application/gzip" ? gunzipSync(Buffer.from(text, "base64")).toString("utf8") : text);
}

/** Looks at the file itself: nothing may be fetched, nothing inline that the policy does not name. */
function checkSource(file, failures) {
  const html = readFileSync(file, "utf8");
  const policy = /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/.exec(html);
  if (!policy) failures.push("no content security policy");
  else {
    for (const wanted of ["default-src 'none'", "base-uri 'none'", "form-action 'none'"]) if (!policy[1].includes(wanted)) failures.push(`the policy lacks ${wanted}`);
    if (/unsafe|https?:|data:|\*/.test(policy[1])) failures.push(`the policy is too wide: ${policy[1]}`);
  }
  if (!/<html lang="en">/.test(html)) failures.push("the page names no language");
  if (!/<noscript>[\s\S]*?<\/noscript>/.test(html)) failures.push("no words for readers without scripts");
  const script = html.slice(html.lastIndexOf("<script>"));
  for (const bad of ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"]) if (script.includes(bad)) failures.push(`the script uses ${bad}`);
}

const options = { ...arguments_(), failures: [], requests: 0 };
const out = { file: options.file, ready_ms: null, painted_ms: null, counts: {}, steps: {}, skipped: [], axe: {}, requests: 0, failures: options.failures };
const profile = mkdtempSync(join(tmpdir(), "natless-report-"));
let context = null;
try {
  const data = dataOf(options.file);
  checkSource(options.file, options.failures);
  context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    headless: true,
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    viewport: { width: options.width, height: 1000 },
    colorScheme: options.dark ? "dark" : "light",
    reducedMotion: "reduce",
    serviceWorkers: "block",
  });
  context.setDefaultTimeout(8000);
  const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  const steps = new Steps({ context, data, options, out, axe, open: (hash, clipboard) => openReport(context, options, hash, clipboard) });
  await steps.run();
} catch (error) {
  options.failures.push(`stopped: ${error.stack || error.message}`);
} finally {
  if (context) await context.close().catch(() => {});
  rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
}
out.requests = options.requests;
out.ok = options.failures.length === 0;
for (const failure of options.failures) console.error(`FAIL ${failure}`);
console.log(JSON.stringify(out));
process.exit(out.ok ? 0 : 1);
