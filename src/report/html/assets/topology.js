// "Topology": one VPC as a drawing, and a panel with the routes and findings of what is chosen.

/** Words on a box: a name, and a smaller line under it. */
function boxWords(box) {
  const { item, id } = box;
  if (box.kind === "subnet") return [nameOf(id), item.cidrs.join(", ") || id];
  if (box.kind === "nat") return [nameOf(id), ""];
  if (box.kind === "table") return [nameOf(id), `${item.main ? "main table" : "route table"}, ${counted(item.routes.length, "route")}`];
  if (box.kind === "endpoint") return [nameOf(id), `${item.kind} · ${item.service}`];
  return [nameOf(id), box.gone ? "gone: blackhole" : box.words];
}

/** A box of the drawing: a button with its words and the number of open findings. */
function drawBox(box, choose) {
  const [name, sub] = boxWords(box);
  const findings = openFindingsOf(box.id);
  const bad = openTrafficFindings(box.id).length > 0;
  const natHeight = box.kind === "subnet" ? box.nats.length * (TOPO.nat + 4) : 0;
  const y = box.kind === "nat" ? box.y + 17 : box.y + natHeight + 17;
  const wide = box.kind === "nat" ? 17 : 25;
  const kind = box.kind === "nat" ? "NAT gateway" : box.kind === "table" ? "route table" : box.kind === "subnet" ? "subnet" : "";
  const node = svg("g", { class: `t-box ${box.kind}${bad ? " bad" : ""}${box.gone ? " gone" : ""}`, role: "button", tabindex: "-1", "data-id": box.id },
    svg("title", {}, `${kind} ${nameAndId(box.id)}${sub ? `, ${sub}` : ""}, ${counted(findings.length, "open finding")}`),
    svg("rect", { class: "main", x: box.x, y: box.y, width: box.width, height: box.height, rx: 5 }),
    box.kind === "nat" ? svg("text", { x: box.x + 8, y, class: "sub", "aria-hidden": "true" }, "NAT") : null,
    svg("text", { x: box.x + (box.kind === "nat" ? 34 : 10), y, "aria-hidden": "true" }, cut(name, wide - (findings.length ? 4 : 0))),
    sub ? svg("text", { class: "sub", x: box.x + 10, y: y + 15, "aria-hidden": "true" }, cut(sub, 27)) : null);
  if (findings.length) {
    const x = box.x + box.width - 24;
    add(node, [svg("rect", { class: "t-mark", x, y: y - 11, width: 18, height: 14, rx: 7 }), svg("text", { class: "t-marktext", x: x + 9, y: y - 0.5, "text-anchor": "middle", "aria-hidden": "true" }, findings.length > 99 ? "99+" : findings.length)]);
  }
  node.addEventListener("click", () => choose(box.id));
  node.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      choose(box.id);
    }
  });
  return node;
}

/** The drawing of a scene. */
function drawTopology(vpc, scene, choose) {
  const arrow = freshId("arrow");
  const arrowBad = freshId("arrow");
  const head = (id, className) => svg("marker", { id, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: "userSpaceOnUse", orient: "auto" }, svg("path", { d: "M0 0 8 4 0 8Z", class: className }));
  const chart = svg("svg", { class: "topochart", width: scene.width, height: scene.height, viewBox: `0 0 ${scene.width} ${scene.height}`, role: "group", "aria-label": `Topology of ${nameAndId(vpc.id)}; arrow keys move between boxes` },
    svg("defs", {}, head(arrow, "t-dot"), head(arrowBad, "t-dot bad")),
    svg("rect", { class: "t-vpc", x: 8, y: 8, width: scene.vpcRight - 8, height: scene.bottom - 8, rx: 8 }),
    svg("text", { class: "colhead", x: 26, y: 28 }, `${cut(nameOf(vpc.id), 40)}  ${cut(vpc.cidrs.join(", "), 60)}`),
    scene.zones.map((zone, i) => [svg("rect", { class: "t-zone", x: 19 + i * (TOPO.box + TOPO.zoneGap), y: 38, width: TOPO.box + TOPO.zoneGap, height: scene.gridBottom - 38 }),
      svg("text", { class: "colhead", x: 26 + i * (TOPO.box + TOPO.zoneGap), y: 56 }, cut(zone, 24))]),
    scene.tables.length ? svg("text", { class: "colhead", x: scene.tablesX, y: 56 }, "route tables") : null,
    scene.rim.length ? svg("text", { class: "colhead", x: scene.rimX, y: 56 }, "leads to") : null,
    scene.interfaces ? svg("text", { class: "colhead", x: 26, y: scene.stripY + 12 }, `interface endpoints (${scene.interfaces})`) : null);
  for (const edge of scene.edges) {
    edge.shape = svg("path", { class: `t-edge${edge.bad ? " bad" : ""}${edge.black ? " black" : ""}`, d: edge.d, "marker-end": edge.arrow ? `url(#${edge.bad || edge.black ? arrowBad : arrow})` : null });
    edge.marks = edge.dots.map(([cx, cy]) => svg("circle", { class: `t-dot${edge.bad ? " bad" : ""}`, cx, cy, r: 2.4 }));
    add(chart, [edge.shape, edge.marks]);
  }
  const order = { subnet: 0, nat: 1, table: 2, rim: 3, endpoint: 4 };
  const boxes = scene.boxes.slice().sort((a, b) => order[a.kind] - order[b.kind]).map((box) => drawBox(box, choose));
  add(chart, boxes);
  chart.style.maxWidth = `${scene.width}px`;
  chart.style.minWidth = `${Math.round(scene.width * 0.8)}px`;
  if (boxes[0]) boxes[0].setAttribute("tabindex", "0");
  chart.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const at = boxes.indexOf(document.activeElement);
    if (!step || at < 0) return;
    event.preventDefault();
    const next = boxes[Math.max(0, Math.min(boxes.length - 1, at + step))];
    boxes.forEach((box) => box.setAttribute("tabindex", box === next ? "0" : "-1"));
    next.focus();
  });
  return chart;
}

/** Ids on the way from a box: its table and what that leads to, or who leads to it. */
function pathOf(scene, id) {
  const on = new Set();
  const forward = (from, depth) => scene.edges.filter((edge) => edge.from === from).forEach((edge) => {
    on.add(edge);
    if (depth < 3) forward(edge.to, depth + 1);
  });
  const back = (to, depth) => scene.edges.filter((edge) => edge.to === to).forEach((edge) => {
    on.add(edge);
    if (depth < 3) back(edge.from, depth + 1);
  });
  forward(id, 0);
  back(id, 0);
  return on;
}

/** A table's routes. */
function routesTable(table) {
  return el("div", { class: "scroll" }, el("table", {}, el("thead", {}, el("tr", {}, ["Destination", "Target", "State"].map((h) => el("th", { scope: "col" }, h)))),
    el("tbody", {}, table.routes.slice(0, 60).map((route) => el("tr", {}, el("th", { scope: "row", class: "mono" }, route.destination), el("td", {}, isolated(cut(nameAndId(route.target), 60))),
      el("td", { class: route.state === "active" ? "muted" : "high" }, route.state))))),
    table.routes.length > 60 ? el("p", { class: "muted small" }, `and ${table.routes.length - 60} more routes`) : null);
}

/** Facts about a chosen resource, as pairs of words. */
function factsOf(vpc, id) {
  const subnet = vpc.subnets.find((s) => s.id === id);
  if (subnet) return [["kind", "subnet"], ["zone", subnet.zone], ["blocks", subnet.cidrs.join(", ")], ["route table", subnet.route_table ? nameAndId(subnet.route_table) : "not known"],
    ["endpoints in it", vpc.endpoints.filter((e) => e.subnets.includes(id)).map((e) => e.service).join(", ") || "none"]];
  const nat = vpc.nat_gateways.find((n) => n.id === id);
  if (nat) return [["kind", `${nat.public ? "public" : "private"} NAT gateway`], ["state", nat.state], ["zone", nat.zone || "not known"], ...carrierFacts(id)];
  const endpoint = vpc.endpoints.find((e) => e.id === id);
  if (endpoint) return [["kind", `${endpoint.kind} endpoint`], ["service", endpoint.service], ["state", endpoint.state], ["subnets", endpoint.subnets.map(nameOf).join(", ") || "none"], ["route tables", endpoint.route_tables.map(nameOf).join(", ") || "none"], ...carrierFacts(id)];
  const table = vpc.route_tables.find((t) => t.id === id);
  if (table) return [["kind", table.main ? "main route table" : "route table"], ["subnets", vpc.subnets.filter((s) => s.route_table === id).map((s) => nameOf(s.id)).join(", ") || "none"]];
  const peering = vpc.peerings.find((p) => p.id === id);
  if (peering) return [["kind", "peering connection"], ["peer", nameAndId(peering.peer_vpc_id)]];
  const transit = vpc.transit_gateways.find((t) => t.id === id);
  if (transit) return [["kind", "transit gateway"], ["attachment", transit.attachment_id], ["subnets", transit.subnets.map(nameOf).join(", ") || "none"]];
  return [["kind", targetKind(id)]];
}

/** Traffic and dollars of a carrier for the panel. */
function carrierFacts(id) {
  const carrier = REPORT.flow.find((c) => c.id === id);
  return carrier ? [["traffic", trafficWords(carrier) + (carrier.why ? `: ${carrier.why}` : "")], ["dollars", carrier.usd ? `${money(carrier.usd)} a month` : carrierMoney(carrier)]] : [];
}

/** Fills the panel with what is known of a resource, or of the VPC. */
function fillTopologyPanel(panel, vpc, id) {
  const facts = id ? factsOf(vpc, id) : [["region", vpc.region], ["blocks", vpc.cidrs.join(", ")], ["subnets", vpc.subnets.length], ["owner", vpc.owner_id ? `account ${vpc.owner_id} (shared)` : "this account"]];
  const shown = id || vpc.id;
  const subnet = vpc.subnets.find((s) => s.id === id);
  const table = vpc.route_tables.find((t) => t.id === (subnet ? subnet.route_table : id));
  const all = id ? openFindingsOf(id) : REPORT.findings.filter((f) => f.status === "fail" && (f.resource.vpc_id === vpc.id || f.resource.id === vpc.id));
  refill(panel, el("div", { class: "ppart" }, el("h3", {}, isolated(nameOf(shown))), NAMES.has(shown) ? el("div", { class: "mono small muted" }, isolated(shown)) : null,
    el("dl", {}, facts.flatMap(([k, v]) => [el("dt", {}, k), el("dd", {}, v)])), id ? null : el("p", { class: "muted small" }, "Choose a box to see its routes and findings.")),
  table ? el("div", { class: "ppart" }, el("h4", {}, "Routes"), routesTable(table)) : null,
  el("div", { class: "ppart grow" }, el("h4", {}, `Open findings (${INTEGER.format(all.length)})`), findingLinks(all, 10)));
}

/** The section "Topology". */
function topologySection() {
  const section = el("section", { id: "topology", "aria-label": "Topology" });
  add(section, [sectionHead("Topology", "Red lines are ways that an open finding about traffic or cost complains of.", REPORT.vpcs_left_out ? ` Not drawn: ${counted(REPORT.vpcs_left_out, "more VPC")}.` : "")]);
  if (!REPORT.vpcs.length) return add(section, [el("p", { class: "none" }, "No VPC to draw: ", REPORT.gaps.length ? "none was read, see what was not read." : "the regions of the scan have none.")]);
  const weight = new Map(REPORT.vpcs.map((vpc) => [vpc.id, 0]));
  for (const finding of REPORT.findings) {
    const id = finding.resource.vpc_id || finding.resource.id;
    if (finding.status === "fail" && checkOf(finding.check).pillar !== "privilege" && weight.has(id)) weight.set(id, weight.get(id) + 1);
  }
  const vpcs = REPORT.vpcs.slice().sort((a, b) => weight.get(b.id) - weight.get(a.id) || b.subnets.length - a.subnets.length);
  const stage = el("div", { class: "topo" });
  const panel = el("aside", { class: "panel topo-panel", "aria-label": "Chosen resource", "aria-live": "polite", tabindex: "0" });
  const rest = el("span", { class: "muted small" });
  /** Draws one VPC. */
  const show = (index) => {
    const vpc = vpcs[index];
    const scene = topologyScene(vpc);
    const chart = drawTopology(vpc, scene, (id) => {
      const on = pathOf(scene, id);
      chart.classList.add("lit");
      scene.edges.forEach((edge) => [edge.shape, ...edge.marks].forEach((shape) => shape.classList.toggle("on", on.has(edge))));
      chart.querySelectorAll(".t-box").forEach((box) => {
        box.classList.toggle("sel", box.getAttribute("data-id") === id);
        box.setAttribute("tabindex", box.getAttribute("data-id") === id ? "0" : "-1");
      });
      fillTopologyPanel(panel, vpc, id);
    });
    refill(stage, chart);
    rest.textContent = [scene.hidden ? `${counted(scene.hidden, "more subnet")} not drawn; those with findings come first` : "",
      scene.otherHidden ? `${counted(scene.otherHidden, "more route table, target or endpoint", "more route tables, targets and endpoints")} not drawn` : ""].filter(Boolean).join("; ");
    fillTopologyPanel(panel, vpc, null);
  };
  const select = choice("VPC", vpcs.map((vpc, i) => [String(i), `${nameAndId(vpc.id)}, ${vpc.region}, ${weight.get(vpc.id) ? `${counted(weight.get(vpc.id), "open finding")} about traffic or cost` : "no open finding about traffic or cost"}`]), (value) => show(Number(value)));
  show(0);
  const sign = (className) => svg("svg", { viewBox: "0 0 26 12", "aria-hidden": "true" }, svg("path", { class: className, d: "M0 6h26" }));
  return add(section, [el("div", { class: "card" }, el("div", { class: "toolbar" }, select.node, rest), el("div", { class: "split topo-split" }, stage, panel),
    el("div", { class: "legend" }, el("span", {}, sign("t-edge"), "route or association"), el("span", {}, sign("t-edge bad"), "way of an open finding"), el("span", {}, sign("t-edge black"), "blackhole: the target is gone"),
      el("span", {}, svg("svg", { viewBox: "0 0 26 12", "aria-hidden": "true" }, svg("rect", { class: "t-mark", x: 4, y: 0.5, width: 18, height: 11, rx: 5.5 })), "open findings that name it")))]);
}
