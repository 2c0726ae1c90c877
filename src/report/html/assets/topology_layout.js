// Where the parts of a VPC stand in its drawing: zones side by side, route tables beside them, targets at the rim.

const TOPO = { most: 60, box: 164, boxHeight: 42, nat: 26, zoneGap: 14, top: 62, table: 162, tableHeight: 38, rim: 168, rimHeight: 38, lane: 5 };
const TARGET_KINDS = { igw: "internet gateway", eigw: "egress-only gateway", tgw: "transit gateway", pcx: "peering", vpce: "endpoint", vgw: "VPN gateway", nat: "NAT gateway", eni: "network interface", i: "instance", lgw: "local gateway", cagw: "carrier gateway" };

/** Kind of a route's target, by the prefix of its id. */
function targetKind(id) {
  return TARGET_KINDS[String(id).split("-")[0]] || "target";
}

/** Name of a subnet without the letter or number of its zone, so that rows hold the same tier. */
function tierOf(subnet) {
  return String(subnet.name || "").replace(/[-_ ]?(?:[a-z]{2}-[a-z]+-)?\d?[a-f0-9]$/i, "");
}

/** Whether a table leads straight to the internet: its subnets stand on top. */
function isPublicTable(table) {
  return Boolean(table) && table.routes.some((route) => String(route.target).startsWith("igw-"));
}

/** Subnets to draw, those with open findings first where there are too many. */
function drawnSubnets(vpc) {
  const tables = new Map(vpc.route_tables.map((table) => [table.id, table]));
  const rank = (subnet) => (isPublicTable(tables.get(subnet.route_table)) ? 0 : 1);
  const chosen = vpc.subnets.length <= TOPO.most ? vpc.subnets
    : vpc.subnets.slice().sort((a, b) => Number(openTrafficFindings(b.id).length > 0) - Number(openTrafficFindings(a.id).length > 0)).slice(0, TOPO.most);
  return chosen.slice().sort((a, b) => rank(a) - rank(b) || tierOf(a).localeCompare(tierOf(b)) || String(a.cidrs[0]).localeCompare(String(b.cidrs[0]), "en", { numeric: true }));
}

/** Subnets as boxes in a grid: a column for each zone, a row for each tier. */
function placeSubnets(vpc, scene) {
  const byZone = groupBy(drawnSubnets(vpc), (subnet) => subnet.zone || "zone not known");
  scene.zones = [...byZone.keys()].sort();
  scene.rows = [];
  scene.zones.forEach((zone, column) => byZone.get(zone).forEach((subnet, row) => {
    const nats = vpc.nat_gateways.filter((nat) => nat.subnet === subnet.id);
    const box = { kind: "subnet", id: subnet.id, item: subnet, column, row, nats, width: TOPO.box, height: TOPO.boxHeight + nats.length * (TOPO.nat + 4) };
    scene.boxes.push(box);
    scene.rows[row] = scene.rows[row] || { boxes: [], tables: [], nats: [], height: 0 };
    const line = scene.rows[row];
    line.boxes.push(box);
    line.height = Math.max(line.height, box.height);
    if (subnet.route_table && !line.tables.includes(subnet.route_table)) line.tables.push(subnet.route_table);
    nats.forEach((nat) => line.nats.push(nat.id));
  }));
  let y = TOPO.top;
  scene.rows.forEach((line, i) => {
    const above = i ? scene.rows[i - 1].tables.length : 0;
    line.laneTop = y;
    y += 12 + (above + line.nats.length) * TOPO.lane;
    line.y = y;
    for (const box of line.boxes) {
      box.x = 26 + box.column * (TOPO.box + TOPO.zoneGap);
      box.y = y;
      box.nats.forEach((nat, n) => scene.boxes.push({ kind: "nat", id: nat.id, item: nat, x: box.x + 6, y: y + 6 + n * (TOPO.nat + 4), width: TOPO.box - 12, height: TOPO.nat, row: i }));
    }
    y += line.height;
  });
  const last = scene.rows[scene.rows.length - 1];
  scene.gridBottom = y + (last ? 12 + last.tables.length * TOPO.lane : 20);
  scene.gridRight = 26 + Math.max(1, scene.zones.length) * (TOPO.box + TOPO.zoneGap) - TOPO.zoneGap;
}

/** Height of the lane in which a row's subnets reach a table, under the row. */
function laneUnder(scene, row, table) {
  const line = scene.rows[row];
  return line.y + line.height + 8 + line.tables.indexOf(table) * TOPO.lane;
}

/** Height of the lane in which tables reach a NAT gateway, above its row. */
function laneAbove(scene, row, nat) {
  const line = scene.rows[row];
  return line.y - 5 - line.nats.indexOf(nat) * TOPO.lane;
}

/** Stacks boxes in a column near the heights they want. */
function spread(boxes, top, bottom, gap) {
  boxes.sort((a, b) => a.want - b.want);
  let y = top;
  for (const box of boxes) {
    box.y = Math.max(y, box.want - box.height / 2);
    y = box.y + box.height + gap;
  }
  let limit = Math.max(bottom, top + boxes.reduce((sum, box) => sum + box.height + gap, -gap));
  for (const box of boxes.slice().reverse()) {
    box.y = Math.min(box.y, limit - box.height);
    limit = box.y - gap;
  }
}

/** Route tables beside the zones, each near its subnets. */
function placeTables(vpc, scene) {
  const used = new Set(scene.boxes.filter((box) => box.kind === "subnet").map((box) => box.item.route_table));
  const tables = vpc.route_tables.filter((table) => used.has(table.id) || openTrafficFindings(table.id).length || vpc.route_tables.length <= 12).slice(0, TOPO.most);
  scene.otherHidden = vpc.route_tables.length - tables.length;
  scene.tables = tables.map((table) => {
    const own = scene.boxes.filter((box) => box.kind === "subnet" && box.item.route_table === table.id);
    const want = own.length ? Math.min(...own.map((box) => box.y + box.height / 2)) : 1e6;
    return { kind: "table", id: table.id, item: table, width: TOPO.table, height: TOPO.tableHeight, want };
  });
  const nats = scene.boxes.filter((box) => box.kind === "nat");
  const channels = scene.tables.length + nats.length;
  scene.tablesX = scene.gridRight + 24 + channels * TOPO.lane + 14;
  spread(scene.tables, TOPO.top + 10, scene.gridBottom, 10);
  scene.tables.forEach((box, i) => {
    box.x = scene.tablesX;
    box.channel = scene.gridRight + 18 + i * TOPO.lane;
    scene.boxes.push(box);
  });
  nats.forEach((box, i) => { box.channel = scene.gridRight + 18 + (scene.tables.length + i) * TOPO.lane; });
}

/** Targets outside the subnets: gateways, peerings and gateway endpoints, and what is gone. */
function placeRim(vpc, scene) {
  const rim = new Map();
  const endpoints = new Map(vpc.endpoints.map((endpoint) => [endpoint.id, endpoint]));
  /** Adds a box to the rim once. */
  const put = (id, kind, item) => {
    if (!rim.has(id)) rim.set(id, { kind: "rim", id, item, words: kind, width: TOPO.rim, height: TOPO.rimHeight, from: [], gone: false });
    return rim.get(id);
  };
  for (const id of vpc.internet_gateways) put(id, "internet gateway", {});
  for (const endpoint of vpc.endpoints) if (endpoint.kind === "gateway") put(endpoint.id, `gateway endpoint, ${endpoint.service}`, endpoint);
  for (const gateway of vpc.transit_gateways) put(gateway.id, "transit gateway", gateway);
  for (const peering of vpc.peerings) put(peering.id, `peering with ${nameOf(peering.peer_vpc_id)}`, peering);
  const inside = new Set(scene.boxes.filter((box) => box.kind === "nat").map((box) => box.id));
  for (const table of scene.tables) {
    for (const route of table.item.routes) {
      if (route.target === "local" || !route.target || inside.has(route.target)) continue;
      const endpoint = endpoints.get(route.target);
      const box = put(route.target, endpoint ? `${endpoint.kind} endpoint, ${endpoint.service}` : targetKind(route.target), endpoint || {});
      box.from.push(table);
      if (route.state === "blackhole" && !endpoint) box.gone = true;
    }
  }
  scene.rim = [...rim.values()].slice(0, TOPO.most);
  scene.otherHidden += rim.size - scene.rim.length;
  scene.rimX = scene.tablesX + TOPO.table + 62;
  for (const box of scene.rim) box.want = box.from.length ? box.from.reduce((sum, table) => sum + table.y + table.height / 2, 0) / box.from.length : 1e6;
  spread(scene.rim, TOPO.top + 10, scene.gridBottom, 10);
  for (const box of scene.rim) {
    box.x = scene.rimX;
    scene.boxes.push(box);
  }
}

/** Interface endpoints in a strip under the zones. */
function placeInterfaces(vpc, scene) {
  const list = vpc.endpoints.filter((endpoint) => endpoint.kind !== "gateway" && !scene.rim.some((box) => box.id === endpoint.id));
  const tallest = Math.max(scene.gridBottom, ...scene.tables.map((box) => box.y + box.height + 12), ...scene.rim.map((box) => box.y + box.height + 12));
  scene.stripY = tallest + 8;
  const perLine = Math.max(1, Math.floor((scene.tablesX + TOPO.table - 26 + 10) / (TOPO.box + 10)));
  scene.otherHidden += Math.max(0, list.length - 80);
  list.slice(0, 80).forEach((endpoint, i) => scene.boxes.push({ kind: "endpoint", id: endpoint.id, item: endpoint, x: 26 + (i % perLine) * (TOPO.box + 10), y: scene.stripY + 24 + Math.floor(i / perLine) * 46, width: TOPO.box, height: 38 }));
  scene.interfaces = list.length;
  scene.bottom = list.length ? scene.stripY + 24 + Math.ceil(Math.min(80, list.length) / perLine) * 46 + 6 : tallest + 6;
  scene.vpcRight = scene.tablesX + TOPO.table + 20;
  scene.width = (scene.rim.length ? scene.rimX + TOPO.rim : scene.vpcRight) + 14;
  scene.height = scene.bottom + 14;
}

/** Whether the way that an open finding complains of goes from one resource to the next, by the paths of its subnets to its service. */
function badAlongPath(from, to) {
  return openTrafficFindings(from).slice(0, 40).some((finding) => {
    const subnets = finding.related.filter((id) => SUBNETS.has(id)).slice(0, 20);
    const named = new Set(finding.related.filter((id) => id !== from && !SUBNETS.has(id)));
    return subnets.some((subnet) => segmentsOf(subnet, finding.service).some((segment) => {
      const ids = segment.hops.map((index) => (REPORT.hops[index] || {}).id);
      return ids.some((id, i) => id === from && ids[i + 1] === to) && [...ids, ...segment.ids].some((id) => named.has(id));
    }));
  });
}

/** Lines between the boxes: subnet to table in lanes, table to target; one is bad if an open finding names both ends. */
function connect(vpc, scene) {
  const boxOf = new Map(scene.boxes.map((box) => [box.id, box]));
  scene.edges = [];
  for (const box of scene.boxes.filter((b) => b.kind === "subnet")) {
    const table = boxOf.get(box.item.route_table);
    if (!table) continue;
    const order = scene.rows[box.row].tables.indexOf(table.id);
    const x = box.x + 20 + order * 6;
    const y = laneUnder(scene, box.row, table.id);
    scene.edges.push({ from: box.id, to: table.id, bad: badTogether(box.id, table.id), d: `M${x} ${box.y + box.height}V${y}H${table.channel}V${table.y + 12}H${table.x}`, dots: [[table.channel, y]] });
  }
  for (const table of scene.tables) {
    const targets = groupBy(table.item.routes.filter((route) => route.target && route.target !== "local"), (route) => route.target);
    for (const [id, routes] of targets) {
      const target = boxOf.get(id);
      if (!target) continue;
      const black = routes.some((route) => route.state === "blackhole");
      const bad = badTogether(table.id, id) || badAlongPath(table.id, id);
      if (target.kind === "nat") {
        const y = laneAbove(scene, target.row, target.id);
        const x = target.x + target.width - 16;
        scene.edges.push({ from: table.id, to: id, bad, black, arrow: true, d: `M${table.x} ${table.y + 27}H${target.channel}V${y}H${x}V${target.y - 1}`, dots: [] });
      } else {
        const x0 = table.x + table.width;
        const y0 = table.y + table.height / 2;
        const y1 = target.y + target.height / 2;
        const mid = (x0 + target.x) / 2;
        scene.edges.push({ from: table.id, to: id, bad, black, arrow: true, d: `M${x0} ${y0}C${mid} ${y0} ${mid} ${y1} ${target.x - 1} ${y1}`, dots: [] });
      }
    }
  }
  scene.edges.sort((a, b) => Number(a.bad) - Number(b.bad));
}

/** The whole scene of a VPC. */
function topologyScene(vpc) {
  const scene = { boxes: [], zones: [], rows: [], tables: [], rim: [], edges: [] };
  placeSubnets(vpc, scene);
  placeTables(vpc, scene);
  placeRim(vpc, scene);
  placeInterfaces(vpc, scene);
  connect(vpc, scene);
  scene.hidden = vpc.subnets.length - scene.boxes.filter((box) => box.kind === "subnet").length;
  return scene;
}
