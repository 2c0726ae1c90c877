// "Where the money goes": the drawing of the traffic, its table, and the bill.

const FLOW_X = { label: 4, source: 168, carrier: 400, carrierWidth: 256, service: 888, width: 1080 };

/** What a carrier's traffic is, in words that never invent a figure. */
function trafficWords(carrier) {
  if (isMeasured(carrier)) return `${gigabytes(carrier.gb_per_month)} a month`;
  return carrier.kind === "gateway_endpoint" ? "not measured, free" : "not measured";
}

/** Dollars of a carrier in words. */
function carrierMoney(carrier) {
  if (carrier.usd) return roundMoney(carrier.usd);
  return carrier.kind === "gateway_endpoint" ? "free" : "not priced";
}

/** Group of colours of a band or carrier. */
function carrierClass(carrier, movable) {
  if (carrier.kind === "nat_gateway") return movable ? "movable" : "calm";
  return carrier.kind === "gwlb_endpoint" ? "calm" : "endp";
}

/** Words of one band for its tooltip. */
function bandWords(band) {
  const { carrier } = band.node;
  const ends = band.side === "left" ? `${band.end.label} → ${nameOf(carrier.id)}` : `${nameOf(carrier.id)} → ${band.end.label}`;
  const amount = !isMeasured(carrier) ? `not measured: ${carrier.why || "no figure"}` : Number(carrier.gb_per_month) === 0 ? "0 GB in the lookback" : band.known ? `${gigabytes(carrier.gb_per_month)} a month, measured`
    : `share not measured: one of ${band.of} that together have ${gigabytes(carrier.gb_per_month)} a month; drawn in equal parts`;
  return `${ends}\n${amount}${band.movable ? "\nan endpoint could carry this traffic" : ""}`;
}

/** One band: solid where its share is known, hatched where it is not, a dashed thread where nothing was measured. */
function drawBand(band, hatches) {
  const kind = carrierClass(band.node.carrier, band.movable);
  const [x0, x1] = band.side === "left" ? [FLOW_X.source + 10, FLOW_X.carrier] : [FLOW_X.carrier + FLOW_X.carrierWidth, FLOW_X.service];
  const mid = (x0 + x1) / 2;
  const title = svg("title", {}, bandWords(band));
  if (!band.measured) {
    const [y0, y1] = band.side === "left" ? [band.endY + band.end.thread / 2, band.nodeY] : [band.nodeY, band.endY + band.end.thread / 2];
    return svg("path", { class: `thread ${kind}`, d: `M${x0} ${y0}C${mid} ${y0} ${mid} ${y1} ${x1} ${y1}` }, title);
  }
  const [y0, y1] = band.side === "left" ? [band.endY, band.nodeY] : [band.nodeY, band.endY];
  const h = band.height;
  const d = `M${x0} ${y0}C${mid} ${y0} ${mid} ${y1} ${x1} ${y1}v${h}C${mid} ${y1 + h} ${mid} ${y0 + h} ${x0} ${y0 + h}Z`;
  return band.known ? svg("path", { class: `ribbon ${kind}`, d }, title) : svg("path", { class: "hatched", fill: `url(#${hatches[kind]})`, d }, title);
}

/** The bar of a source or service: as high as what was measured, and hollow where nothing was. */
function flowNode(node, x, className) {
  const y = node.y + (node.slot - node.height) / 2;
  return node.solid ? svg("rect", { class: `fnode ${className}`, x, y, width: 8, height: Math.max(2, node.solid) })
    : svg("rect", { class: "fnode unmeasured", x: x + 0.5, y: node.y + node.slot / 2 - 8, width: 7, height: 16 });
}

/** A carrier as a box with its name, traffic and dollars. */
function drawCarrier(node) {
  const { carrier } = node;
  const x = FLOW_X.carrier;
  const y = node.y + node.slot / 2;
  const bar = node.y + (node.slot - node.height) / 2;
  const edge = carrier.kind === "nat_gateway" ? (carrier.movable.length ? "nat" : "") : carrier.kind === "gwlb_endpoint" ? "" : "endp";
  return svg("g", {}, svg("title", {}, `${nameAndId(carrier.id)}\n${CARRIER_WORDS[carrier.kind] || carrier.kind} of ${nameAndId(carrier.vpc_id)}, ${carrier.region}\n${trafficWords(carrier)}${carrier.why ? `: ${carrier.why}` : ""}\n${carrierMoney(carrier)} a month`),
    svg("rect", { x, y: node.y, width: FLOW_X.carrierWidth, height: node.slot, rx: 4, class: "t-card" }),
    node.height ? [x, x + FLOW_X.carrierWidth - 5].map((at) => svg("rect", { x: at, y: bar, width: 5, height: node.height, class: `fnode ${edge}` }))
      : isMeasured(carrier) ? null : [x, x + FLOW_X.carrierWidth - 5].map((at) => svg("rect", { x: at + 0.5, y: node.y + 0.5, width: 4, height: node.slot - 1, class: "fnode unmeasured" })),
    svg("text", { x: x + 14, y: y - 3 }, cut(nameOf(carrier.id), 22), svg("tspan", { class: "kindword" }, `  ${CARRIER_WORDS[carrier.kind] || carrier.kind}`)),
    svg("text", { x: x + 14, y: y + 12, class: "sub" }, `${trafficWords(carrier)}${carrier.usd || carrier.kind !== "gateway_endpoint" ? ` · ${carrierMoney(carrier)}` : ""}`));
}

/** The drawing for a list of carriers. */
function drawFlow(list) {
  const layout = flowLayout(list);
  const hatches = { calm: freshId("hatch"), movable: freshId("hatch"), endp: freshId("hatch") };
  const top = 30;
  const chart = svg("svg", { class: "chart", viewBox: `0 0 ${FLOW_X.width} ${layout.height + top + 6}`, role: "img", "aria-label": "Traffic from subnets over NAT gateways and endpoints to services; the table below has the same figures" },
    svg("defs", {}, Object.entries(hatches).map(([kind, id]) => hatching(id, kind))),
    [["from", FLOW_X.label], ["through", FLOW_X.carrier], ["to", FLOW_X.service]].map(([words, x]) => svg("text", { class: "colhead", x, y: 14 }, words)));
  const body = svg("g", { transform: `translate(0 ${top})` });
  for (const band of layout.bands) {
    band.of = layout.bands.filter((other) => other.node === band.node && other.side === band.side).length;
    band.shape = drawBand(band, hatches);
    body.append(band.shape);
  }
  const drawn = [];
  for (const node of layout.sources) {
    drawn.push([node, svg("g", {}, svg("title", {}, `${node.label}: ${node.subnets.slice(0, 12).map(nameAndId).join(", ")}`),
      node.headingY !== undefined ? svg("text", { class: "sub vpchead", x: FLOW_X.source + 8, y: node.headingY, "text-anchor": "end" }, cut(node.heading, 28)) : null,
      flowNode(node, FLOW_X.source, ""),
      svg("text", { x: FLOW_X.source - 10, y: node.y + node.slot / 2 + (node.sub ? -1 : 4), "text-anchor": "end" }, cut(node.label, 24)),
      node.sub ? svg("text", { class: "sub", x: FLOW_X.source - 10, y: node.y + node.slot / 2 + 12, "text-anchor": "end" }, node.sub) : null)]);
  }
  for (const node of layout.middle) drawn.push([node, drawCarrier(node)]);
  for (const node of layout.services) {
    drawn.push([node, svg("g", {}, svg("title", {}, `${node.label}${node.list ? `: ${node.list.join(", ")}` : node.sub ? `: ${node.sub}` : ""}`),
      flowNode(node, FLOW_X.service, node.movable ? "movable" : ""),
      svg("text", { x: FLOW_X.service + 16, y: node.y + node.slot / 2 + (node.sub ? -2 : 4) }, cut(node.label, 24)),
      node.sub ? svg("text", { class: node.movable ? "sub warn" : "sub", x: FLOW_X.service + 16, y: node.y + node.slot / 2 + 11 }, node.sub) : null)]);
  }
  for (const [node, shape] of drawn) {
    body.append(shape);
    shape.addEventListener("mouseenter", () => {
      chart.classList.add("dim");
      layout.bands.forEach((band) => band.shape.classList.toggle("on", band.node === node || band.end === node));
    });
    shape.addEventListener("mouseleave", () => chart.classList.remove("dim"));
  }
  chart.append(body);
  return { chart, left: layout.left };
}

/** The carriers as a table: the same figures as the drawing, and those that do not fit in it. */
function flowTable(list) {
  const ids = (all, most) => [all.slice(0, most).map((id, i) => [i ? ", " : "", isolated(cut(nameOf(id), 40), { title: id })]), all.length > most ? ` and ${all.length - most} more` : ""];
  return el("div", { class: "card scroll" }, el("table", { class: "flowtable" },
    el("thead", {}, el("tr", {}, [["Carrier"], ["VPC"], ["GB a month", "num"], ["Dollars a month", "num"], ["Subnets"], ["Services"], ["An endpoint could carry"]].map(([h, c]) => el("th", { scope: "col", class: c }, h)))),
    el("tbody", {}, carriersInOrder(list).slice(0, 300).map((carrier) => el("tr", {},
      el("th", { scope: "row" }, isolated(cut(nameOf(carrier.id), 50)), el("div", { class: "small muted" }, CARRIER_WORDS[carrier.kind] || carrier.kind, " ", isolated(carrier.id, { class: "mono" }))),
      el("td", {}, isolated(cut(nameOf(carrier.vpc_id), 40)), el("div", { class: "small muted" }, carrier.region)),
      el("td", { class: "num" }, isMeasured(carrier) ? gigabytes(carrier.gb_per_month) : [el("span", { class: "unknown" }, "not measured"), carrier.why ? el("div", { class: "small muted why" }, carrier.why) : null],
        carrier.unpriced.map((why) => el("div", { class: "small muted why" }, `not priced: ${why}`))),
      el("td", { class: "num" }, carrier.usd ? money(carrier.usd) : carrierMoney(carrier)),
      el("td", {}, carrier.subnets.length ? ids(carrier.subnets, 6) : "none"), el("td", {}, servicesOf(carrier).length ? ids(servicesOf(carrier), 10) : "none"),
      el("td", { class: carrier.movable.length ? "medium" : "muted" }, carrier.movable.length ? carrier.movable.join(", ") : "—"))))));
}

/** Legend of the drawing. */
function flowLegend(list) {
  const sign = (shape) => svg("svg", { viewBox: "0 0 26 12", "aria-hidden": "true" }, shape);
  const id = freshId("hatch");
  return el("div", { class: "legend" },
    el("span", {}, sign(svg("rect", { class: "ribbon", width: 26, height: 12 })), "through NAT or inspection, measured"),
    el("span", {}, sign(svg("rect", { class: "ribbon movable", width: 26, height: 12 })), "through NAT, an endpoint could carry it"),
    el("span", {}, sign(svg("rect", { class: "ribbon endp", width: 26, height: 12 })), "through an endpoint"),
    el("span", {}, sign([svg("defs", {}, hatching(id, "calm")), svg("rect", { width: 26, height: 12, fill: `url(#${id})` })]), "share not measured: several ends share a measured total, drawn in equal parts"),
    el("span", {}, sign(svg("path", { class: "thread", d: "M0 6h26" })), "not measured: no width"),
    list.some((carrier) => carrier.kind === "gwlb_endpoint") ? el("span", {}, "What an inspection (GWLB) endpoint carries may appear again at the NAT gateway behind it.") : null);
}

/** The section "Where the money goes". */
function flowSection() {
  const { flow } = REPORT;
  const section = el("section", { id: "flow", "aria-label": "Where the money goes" });
  const unmeasured = flow.filter((carrier) => !isMeasured(carrier) && carrier.kind !== "gateway_endpoint").length;
  add(section, [sectionHead("Where the money goes", "Traffic of a month from subnets, over what carries it, to services. ",
    unmeasured ? el("b", { class: "unknown" }, `${counted(unmeasured, "billed carrier")} without measured traffic.`) : "")]);
  if (!flow.length) return add(section, [el("p", { class: "none" }, "Nothing is drawn: ", REPORT.gaps.length ? "no NAT gateway and no endpoint was read. Some calls failed, see what was not read." : "this account has no NAT gateway and no VPC endpoint in the regions of the scan."), billPart()]);
  const box = el("div", { class: "figure chartbox" });
  const rest = el("p", { class: "muted small" });
  const table = el("div");
  /** Draws the carriers of one VPC or all. */
  const show = (value) => {
    const list = flow.filter((carrier) => !value || carrier.vpc_id === value);
    const { chart, left } = drawFlow(list);
    refill(box, chart, rest);
    rest.textContent = left ? `${counted(left, "more carrier")} ${left === 1 ? "is" : "are"} in the table only.` : "";
    refill(table, fold(`The same figures as a table: ${counted(list.length, "carrier")}`, () => flowTable(list), { class: "fold onpaper" }));
  };
  const vpcs = [...groupBy(carriersInOrder(flow), (carrier) => carrier.vpc_id)];
  const select = vpcs.length > 1 ? choice("Carriers of", [["", `all ${vpcs.length} VPCs`], ...vpcs.map(([id, list]) => [id, `${nameAndId(id)}, ${counted(list.length, "carrier")}`])], show) : null;
  show("");
  return add(section, [el("div", { class: "card" }, select ? el("div", { class: "toolbar" }, select.node) : null, box, flowLegend(flow)), table, billPart()]);
}
