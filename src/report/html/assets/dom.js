// Making nodes. Every text of the account passes through here and becomes text, never markup.

const SVG_NS = "http://www.w3.org/2000/svg";
const ATTRIBUTES = new Set(["class", "id", "role", "tabindex", "title", "type", "value", "scope", "colspan", "rowspan", "for", "open", "hidden",
  "disabled", "placeholder", "autocomplete", "spellcheck", "readonly", "rows", "selected", "lang", "dir", "name", "start"]);
let lastId = 0;

/** Makes characters visible that would hide or reorder text: a name can hold them to deceive. */
function visible(text) {
  return String(text).replace(INVISIBLE, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);
}

/** Adds children: nodes as they are, all else as visible text. */
function add(node, children) {
  for (const child of children.flat(3)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(visible(child)));
  }
  return node;
}

/** Sets one attribute, if it is one that can run nothing and load nothing. */
function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (!ATTRIBUTES.has(name) && !name.startsWith("aria-") && !name.startsWith("data-")) throw new Error(`attribute ${name}`);
  node.setAttribute(name, value === true ? "" : visible(value));
}

/** An HTML element with attributes, event handlers (on) and children. */
function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, handler] of Object.entries(value)) node.addEventListener(event, handler);
    else setAttribute(node, name, value);
  }
  return add(node, children);
}

/** An SVG element; presentation attributes are numbers and names of our own. */
function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG_NS, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, handler] of Object.entries(value)) node.addEventListener(event, handler);
    else if (value !== null && value !== undefined && value !== false && !/^(on|style$|href|xlink)/i.test(name)) node.setAttribute(name, visible(value));
  }
  return add(node, children);
}

/** A link out of the report, where the address is https; otherwise the same words without a link. */
function outLink(address, ...children) {
  const words = children.length ? children : [address];
  if (typeof address !== "string" || !address.startsWith("https://")) return el("span", {}, ...words);
  const node = el("a", { class: "out" }, ...words);
  node.href = address;
  node.rel = "noopener noreferrer";
  node.target = "_blank";
  return node;
}

/** A link to a place in this report. */
function inLink(fragment, attributes, ...children) {
  const node = el("a", attributes, ...children);
  node.setAttribute("href", `#${encodeURIComponent(fragment)}`);
  return node;
}

/** Text of the account whose direction of writing cannot spill into its surroundings. */
function isolated(text, attributes = {}) {
  return el("bdi", attributes, text);
}

/** Empties a node and fills it anew. */
function refill(node, ...children) {
  node.replaceChildren();
  return add(node, children);
}

/** An id for a node, for labels and patterns. */
function freshId(stem) {
  lastId += 1;
  return `${stem}-${lastId}`;
}

/** Tells users of screen readers what has happened. */
function announce(text) {
  const live = document.getElementById("live");
  if (live) live.textContent = visible(text);
}

/** A folding whose content is made when it is first opened. */
function fold(summary, build, attributes = {}) {
  const node = el("details", { class: "fold", ...attributes }, el("summary", {}, summary));
  let made = false;
  node.make = () => {
    if (!made) {
      made = true;
      add(node, [build()]);
    }
    return node;
  };
  node.addEventListener("toggle", () => node.open && node.make());
  return node;
}

/** A choice of values; options are [value, words]. */
function choice(label, options, onChange, visibleLabel = true) {
  const id = freshId("choice");
  const select = el("select", { id, "aria-label": visibleLabel ? null : label, on: { change: () => onChange(select.value) } },
    options.map(([value, words]) => el("option", { value }, cut(words, 70))));
  return { select, node: visibleLabel ? el("label", { for: id }, label, select) : select };
}

/** Puts text on the clipboard; without the clipboard API by a selection, and says whether it worked. */
async function toClipboard(text) {
  if (navigator.clipboard && navigator.clipboard.writeText) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // A browser may refuse the API for files: the old way is left.
    }
  }
  const area = el("textarea", { class: "sr", "aria-hidden": "true", tabindex: "-1" });
  area.value = text;
  const before = document.activeElement;
  document.body.append(area);
  area.select();
  let done = false;
  try {
    done = document.execCommand("copy");
  } catch {
    done = false;
  }
  area.remove();
  if (before) before.focus({ preventScroll: true });
  return done;
}

/** A button that copies a text, and shows the text selected where the browser refuses. */
function copyButton(text, label, words = "Copy") {
  const button = el("button", { type: "button", class: "btn small copy", "aria-label": label }, words);
  button.addEventListener("click", async () => {
    const done = await toClipboard(text());
    button.textContent = done ? "Copied" : "Press Ctrl+C";
    announce(done ? "Copied to the clipboard" : "The browser refused: the text is selected, press Ctrl+C");
    const shown = button.closest(".cmd");
    if (!done && shown) getSelection().selectAllChildren(shown.querySelector("pre"));
    setTimeout(() => { button.textContent = words; }, 2000);
  });
  return button;
}

/** Shell commands with a button that copies exactly them. */
function commands(heading, lines, label) {
  return el("div", { class: "cmd" },
    el("div", { class: "cmd-head" }, el("span", {}, heading), copyButton(() => lines.join("\n"), label)),
    el("pre", { tabindex: "0", role: "group", "aria-label": heading }, el("code", {}, lines.join("\n"))));
}
