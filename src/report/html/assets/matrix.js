// "Path matrix": which way each subnet reaches each service. Only the rows in view are in the page, so that hundreds stay quick.

const MATRIX_ROW = 28;
const MATRIX_WHOLE = 60;

/** The sign of an end, for legends and paths. */
function endKey(end) {
  return el("span", { class: `key e-${end}`, "aria-hidden": "true" }, ENDS[end][0]);
}

/** Names of the subnets of a row, alike ones together. */
function rowName(row) {
  const names = row.subnets.map(nameOf);
  const long = names.join(", ").length > 40;
  const words = names.length > 1 && long && names.slice(0, 2).join(", ").length > 30 ? `${names[0]} and ${names.length - 1} more` : names.length > 3 ? `${names.slice(0, 2).join(", ")} and ${names.length - 2} more` : names.join(", ");
  return row.family === "ipv6" ? `${words} · IPv6` : words;
}

/** One hop in words. */
function hopLine(index) {
  const hop = REPORT.hops[index];
  return hop ? el("li", {}, String(hop.kind).replaceAll("_", " "), " ", el("b", {}, isolated(nameOf(hop.id))), NAMES.has(hop.id) ? el("span", { class: "src mono" }, hop.id) : null, el("span", { class: "src" }, hop.reason), el("span", { class: "src mono" }, hop.source)) : null;
}

/** The path of a cell, hop by hop, for each part of the destinations. */
function fillPathPanel(panel, row, service, indexes) {
  const cell = cellOf(indexes);
  refill(panel, el("h3", {}, isolated(rowName(row)), " → ", service),
    row.subnets.length > 1 ? el("p", { class: "muted small" }, `${row.subnets.length} subnets with equal ends; the hops are those of ${nameAndId(row.subnets[0])}`) : el("p", { class: "muted small mono" }, row.subnets[0]),
    cell ? cell.segments.map((segment) => el("div", { class: "seg" }, el("p", { class: "muted small wrap" }, segment.destinations ? `to ${segment.destinations}` : "to all addresses of the service"),
      el("ol", { class: "hops" }, segment.hops.map(hopLine), el("li", { class: "end" }, endKey(endOf(segment)), el("span", {}, segment.end_text || ENDS[endOf(segment)][1])))))
      : el("p", { class: "muted" }, "No path was computed for this pair."));
}

/** The grid of one choice of rows and columns; chosen(row, column) is told of clicks and Enter. */
function matrixGrid(rows, columns, chosen) {
  const cells = rows.map((row, index) => ({ row, index }));
  const active = { row: rows.findIndex((row) => !row.heading), column: 0 };
  let selected = null;
  const body = el("tbody");
  const table = el("table", { role: "grid", "aria-label": "Way of each subnet to each service", "aria-rowcount": rows.length + 1, "aria-colcount": columns.length + 1 },
    el("thead", {}, el("tr", { "aria-rowindex": 1 }, el("th", { scope: "col", class: "corner", "aria-colindex": 1 }, "Subnet"), columns.map((column, i) => el("th", { scope: "col", "aria-colindex": i + 2 }, el("span", { class: "v", title: column.service }, cut(column.service, 30)))))), body);
  const box = el("div", { class: rows.length <= MATRIX_WHOLE && columns.length <= 16 ? "mx onpaper" : "mx" }, table);
  let from = -1;
  let to = -1;
  /** One row of cells. */
  const rowNode = ({ row, index }) => {
    if (row.heading) return el("tr", { class: "vpc", "aria-rowindex": index + 2 }, el("th", { scope: "rowgroup", colspan: columns.length + 1 }, isolated(cut(row.heading, 80))));
    return el("tr", { "aria-rowindex": index + 2 }, el("th", { scope: "row", title: row.subnets.slice(0, 20).map(nameAndId).join(", ") }, isolated(cut(rowName(row), 48))),
      columns.map((column, i) => {
        const cell = cellOf(row.cells[column.index]);
        const here = index === active.row && i === active.column;
        const words = `${rowName(row)} to ${column.service}: ${cell ? cell.words : "no path computed"}`;
        return el("td", { role: "gridcell", tabindex: here ? "0" : "-1", "aria-colindex": i + 2, "aria-label": words, title: words, "data-r": index, "data-c": i },
          el("span", { "aria-hidden": "true", class: `${cell ? cellClass(cell) : "cell void"}${selected === `${index},${i}` ? " sel" : ""}` }, cell ? ENDS[cell.end][0] : "·"));
      }));
  };
  const spacer = (count) => {
    if (!count) return null;
    const node = el("tr", { "aria-hidden": "true" }, el("td"));
    node.style.height = `${count * MATRIX_ROW}px`;
    return node;
  };
  /** Puts the rows that are in view into the page. */
  const render = (force) => {
    const whole = rows.length <= MATRIX_WHOLE;
    const first = whole ? 0 : Math.max(0, Math.floor(box.scrollTop / MATRIX_ROW) - 8);
    const last = whole ? rows.length : Math.min(rows.length, first + Math.ceil((box.clientHeight || 620) / MATRIX_ROW) + 16);
    if (!force && first === from && last === to) return;
    from = first;
    to = last;
    const focused = body.contains(document.activeElement);
    refill(body, spacer(first), cells.slice(first, last).map(rowNode), spacer(rows.length - last));
    const current = body.querySelector('[tabindex="0"]');
    if (!current) {
      const any = body.querySelector('[role="gridcell"]');
      if (any) any.setAttribute("tabindex", "0");
    } else if (focused) current.focus({ preventScroll: true });
  };
  /** Moves to a cell: scrolls it into view, and focuses it. */
  const move = (row, column) => {
    active.row = row;
    active.column = Math.max(0, Math.min(columns.length - 1, column));
    if (rows.length > MATRIX_WHOLE) {
      const top = row * MATRIX_ROW;
      if (top < box.scrollTop + MATRIX_ROW) box.scrollTop = Math.max(0, top - MATRIX_ROW);
      else if (top > box.scrollTop + box.clientHeight - 190) box.scrollTop = top - box.clientHeight + 190;
    }
    render(true);
    const current = body.querySelector('[tabindex="0"]');
    if (current) current.focus();
  };
  /** The next row that has cells. */
  const nextRow = (row, step) => {
    let at = row + step;
    while (at >= 0 && at < rows.length && rows[at].heading) at += step;
    return at >= 0 && at < rows.length ? at : row;
  };
  /** Takes a cell as chosen. */
  const choose = (row, column) => {
    selected = `${row},${column}`;
    active.row = row;
    active.column = column;
    const focused = body.contains(document.activeElement);
    render(true);
    const current = body.querySelector('[tabindex="0"]');
    if (focused && current) current.focus({ preventScroll: true });
    chosen(rows[row], columns[column]);
  };
  body.addEventListener("click", (event) => {
    const cell = event.target.closest("[data-c]");
    if (cell) choose(Number(cell.getAttribute("data-r")), Number(cell.getAttribute("data-c")));
  });
  body.addEventListener("keydown", (event) => {
    const moves = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
    if (event.key in moves) move(moves[event.key][0] ? nextRow(active.row, moves[event.key][0]) : active.row, active.column + moves[event.key][1]);
    else if (event.key === "Home") move(active.row, 0);
    else if (event.key === "End") move(active.row, columns.length - 1);
    else if (event.key === "PageDown" || event.key === "PageUp") move(nextRow(Math.max(0, Math.min(rows.length - 1, active.row + (event.key === "PageDown" ? 14 : -14))), event.key === "PageDown" ? 1 : -1), active.column);
    else if (event.key === "Enter" || event.key === " ") choose(active.row, active.column);
    else return;
    event.preventDefault();
  });
  let waiting = false;
  box.addEventListener("scroll", () => {
    if (waiting || rows.length <= MATRIX_WHOLE) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      render(false);
    });
  });
  render(true);
  return box;
}

/** A summary for paper, where the grid does not fit: how many paths end where. */
function matrixCounts(rows) {
  const counts = endCounts(rows);
  return END_ORDER.filter((end) => counts.has(end)).map((end) => el("span", { class: "endcount" }, endKey(end), ` ${ENDS[end][1]}`, el("b", {}, ` ${INTEGER.format(counts.get(end))}`)));
}

/** The section "Path matrix". */
function matrixSection() {
  const section = el("section", { id: "paths", "aria-label": "Path matrix" });
  add(section, [sectionHead("Path matrix", "Which way each subnet reaches each service. Choose a cell to see the path hop by hop.",
    REPORT.rows_left_out ? ` Left out, and in the JSON report: ${counted(REPORT.rows_left_out, "more row")}.` : "")]);
  const regions = REPORT.matrix.filter((region) => region.rows.length && region.services.length);
  if (!regions.length) return add(section, [el("p", { class: "none" }, "No path to show: ", REPORT.gaps.length ? "no subnet was read, or what decides the way was not. See what was not read." : "the regions of the scan have no subnet.")]);
  const state = { region: 0, vpc: "", together: true, fold: true };
  const stage = el("div", { class: "mxstage" });
  const panel = el("aside", { class: "panel path-panel", "aria-label": "Path of the chosen cell", "aria-live": "polite", tabindex: "0" });
  const legend = el("div", { class: "legend" });
  const folded = el("div", { class: "folded" });
  const vpcHolder = el("span");
  /** Draws the grid anew. */
  const show = () => {
    const region = regions[state.region];
    const rows = matrixRows(region, state.vpc, state.together);
    const { columns, folded: same } = matrixColumns(region, rows, state.fold);
    refill(stage, matrixGrid(rows, columns, (row, column) => fillPathPanel(panel, row, column.service, row.cells[column.index])));
    refill(folded, same.map(({ cell, services }) => el("p", {}, cell ? endKey(cell.end) : null, el("span", {}, el("b", {}, cell ? ENDS[cell.end][1] : "no path computed"), ` for every subnet shown: `, el("span", { class: "muted" }, services.join(", "))))));
    refill(legend, matrixCounts(rows), el("span", {}, el("span", { class: "key e-nat cell zone", "aria-hidden": "true" }, "N"), "marked corner: crosses zones"), el("span", {}, el("span", { class: "key e-nat cell part", "aria-hidden": "true" }, "N"), "dotted: other ways for a part of the addresses"));
    refill(panel, el("h3", {}, "Path"), el("p", { class: "muted" }, "Choose a cell: click it, or move with the arrow keys and press Enter."));
  };
  /** Offers the VPCs of the region. */
  const offerVpcs = () => {
    const ids = [...new Set(regions[state.region].rows.map((row) => (VPC_OF_SUBNET.get(row.subnet) || { id: "" }).id))].filter(Boolean);
    state.vpc = "";
    refill(vpcHolder, ids.length > 1 ? choice("VPC", [["", `all ${ids.length}`], ...ids.map((id) => [id, nameAndId(id)])], (value) => {
      state.vpc = value;
      show();
    }).node : null);
  };
  const toggle = (key, words) => el("button", { type: "button", class: "btn small", "aria-pressed": String(state[key]), on: { click: (event) => {
    state[key] = !state[key];
    event.currentTarget.setAttribute("aria-pressed", String(state[key]));
    show();
  } } }, words);
  const region = regions.length > 1 ? choice("Region", regions.map((r, i) => [String(i), `${r.region}, ${counted(r.rows.length, "row")}`]), (value) => {
    state.region = Number(value);
    offerVpcs();
    show();
  }).node : el("span", { class: "muted" }, regions[0].region);
  offerVpcs();
  show();
  return add(section, [el("div", { class: "card" }, el("div", { class: "toolbar matrix-tools" }, region, vpcHolder, toggle("together", "Equal subnets together"), toggle("fold", "Hide services without a difference")),
    el("div", { class: "split path-split" }, stage, panel), folded, legend)]);
}
