// The manuals' Markdown as nodes: headings, lists, code, links and nothing else.

/** Inline marks of one run of text: `code`, **strong**, [words](https://…) and <https://…>. */
function markdownInline(text) {
  const out = [];
  const mark = /`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\(([^)\s]+)\)|<(https:\/\/[^>\s]+)>/g;
  let at = 0;
  for (let m = mark.exec(text); m; m = mark.exec(text)) {
    if (m.index > at) out.push(text.slice(at, m.index));
    if (m[1] !== undefined) out.push(el("code", {}, m[1]));
    else if (m[2] !== undefined) out.push(el("strong", {}, m[2]));
    else if (m[3] !== undefined) out.push(outLink(m[4], m[3]));
    else out.push(outLink(m[5]));
    at = m.index + m[0].length;
  }
  if (at < text.length) out.push(text.slice(at));
  return out;
}

/** A manual as a block of nodes. */
function markdown(text) {
  const root = el("div", { class: "md" });
  const lines = String(text).split("\n");
  let paragraph = [];
  let list = null;
  /** Ends the paragraph or list item that is being read. */
  const flush = () => {
    if (paragraph.length) (list || root).append(el(list ? "li" : "p", {}, markdownInline(paragraph.join(" "))));
    paragraph = [];
  };
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i];
    const heading = /^#{1,6}\s+(.*)$/.exec(line);
    const item = /^\s*[-*]\s+(.*)$/.exec(line);
    if (line.startsWith("```")) {
      flush();
      list = null;
      const code = [];
      for (i += 1; i < lines.length && !lines[i].startsWith("```"); i += 1) code.push(lines[i]);
      root.append(el("pre", { tabindex: "0" }, el("code", {}, code.join("\n"))));
    } else if (heading) {
      flush();
      list = null;
      root.append(el("h3", {}, heading[1]));
    } else if (item) {
      flush();
      if (!list) {
        list = el("ul");
        root.append(list);
      }
      paragraph = [item[1]];
    } else if (!line.trim()) {
      flush();
      if (!/^\s*[-*]\s/.test(lines[i + 1] || "")) list = null;
    } else {
      paragraph.push(line.trim());
    }
  }
  flush();
  return root;
}
