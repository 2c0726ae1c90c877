// Traffic from subnets over carriers to services: which nodes are drawn, how wide, and what is not known.

const CARRIER_WORDS = { nat_gateway: "NAT gateway", interface_endpoint: "interface endpoint", gwlb_endpoint: "GWLB endpoint", gateway_endpoint: "gateway endpoint" };
const FLOW_CARRIERS = 14;
const FLOW_SOURCES = 14;
const FLOW_SERVICES = 8;
const THREAD_ROOM = 14;

/** Whether the traffic of a carrier was measured. */
function isMeasured(carrier) {
  return carrier.gb_per_month !== null;
}

/** Services that a carrier leads to, those that could move included. */
function servicesOf(carrier) {
  return [...new Set([...carrier.services, ...carrier.movable])];
}

/** Carriers in the order of the drawing: measured ones by traffic, then by dollars, free ones last. */
function carriersInOrder(carriers) {
  return carriers.slice().sort((a, b) => (isMeasured(b) - isMeasured(a)) || Number(b.gb_per_month || 0) - Number(a.gb_per_month || 0)
    || b.movable.length - a.movable.length || highOf(b.usd) - highOf(a.usd) || b.subnets.length - a.subnets.length || (a.id < b.id ? -1 : 1));
}

/** Name of the VPC of a subnet. */
function vpcNameOfSubnet(id) {
  const vpc = VPC_OF_SUBNET.get(id);
  return vpc ? nameOf(vpc.id) : "in another account";
}

/** Sources on the left: single subnets when they are few, else their VPCs. */
function flowSources(carriers) {
  const ids = [...new Set(carriers.flatMap((carrier) => carrier.subnets))];
  const single = ids.length <= FLOW_SOURCES;
  const nodes = new Map();
  for (const id of ids.sort((a, b) => vpcNameOfSubnet(a).localeCompare(vpcNameOfSubnet(b)) || nameOf(a).localeCompare(nameOf(b)))) {
    const vpc = VPC_OF_SUBNET.get(id);
    const key = single ? id : vpc ? vpc.id : "elsewhere";
    if (!nodes.has(key)) nodes.set(key, { key, subnets: [], label: single ? nameOf(id) : vpcNameOfSubnet(id), heading: single ? vpcNameOfSubnet(id) : "", sub: "" });
    nodes.get(key).subnets.push(id);
  }
  if (!single) for (const node of nodes.values()) node.sub = counted(node.subnets.length, "subnet");
  return { nodes: [...nodes.values()], keyOf: (id) => (single ? id : (VPC_OF_SUBNET.get(id) || { id: "elsewhere" }).id) };
}

/** Services on the right: movable ones first, everything else on the internet last, rare ones together. */
function flowServices(carriers) {
  const weight = new Map();
  const movable = new Set(carriers.flatMap((carrier) => carrier.movable));
  for (const carrier of carriers) for (const service of servicesOf(carrier)) weight.set(service, (weight.get(service) || 0) + Number(carrier.gb_per_month || 0) + 1);
  const order = (service) => (service === "internet" ? 2 : movable.has(service) ? 0 : 1);
  const all = [...weight.keys()].sort((a, b) => order(a) - order(b) || weight.get(b) - weight.get(a) || a.localeCompare(b));
  const alone = new Set(carriers.filter((carrier) => isMeasured(carrier) && carrier.services.length === 1).map((carrier) => carrier.services[0]));
  const few = all.length <= FLOW_SERVICES + 2;
  const kept = new Set(all.filter((service) => few || service === "internet" || movable.has(service) || alone.has(service)).slice(0, 2 * FLOW_SERVICES).concat(all.includes("internet") ? ["internet"] : []));
  const others = all.filter((service) => !kept.has(service));
  const nodes = all.filter((service) => kept.has(service)).map((service) => ({ key: service, label: service === "internet" ? "everything else" : service,
    sub: service === "internet" ? "internet" : movable.has(service) ? "an endpoint could carry it" : "", movable: movable.has(service) }));
  if (others.length) nodes.splice(nodes.length - (kept.has("internet") ? 1 : 0), 0, { key: "others", label: counted(others.length, "other service"), sub: cut(others.join(", "), 26), list: others, movable: false });
  return { nodes, keyOf: (service) => (kept.has(service) ? service : "others") };
}

/** Splits a carrier's traffic over its ends: one end has all of it, of several the shares are not known. */
function splitTraffic(carrier, keys, scale) {
  const measured = isMeasured(carrier) && Number(carrier.gb_per_month) > 0;
  const whole = measured ? Math.max(2, Number(carrier.gb_per_month) * scale) : 0;
  return keys.map((key) => ({ key, measured, known: measured && keys.length === 1, height: measured ? whole / keys.length : 0 }));
}

/** Stacks nodes of one column and gives each its place; returns the height of the column. */
function stackColumn(nodes, least, gap) {
  let y = 0;
  let heading = null;
  for (const node of nodes) {
    if (node.heading && node.heading !== heading) {
      heading = node.heading;
      y += y ? 8 : 0;
      node.headingY = y + 12;
      y += 20;
    }
    node.slot = Math.max(least, node.height);
    node.y = y;
    y += node.slot + gap;
  }
  return Math.max(0, y - gap);
}

/** The whole drawing: columns of nodes and the bands between them, in pixels. */
function flowLayout(list) {
  const carriers = carriersInOrder(list).slice(0, FLOW_CARRIERS);
  const sources = flowSources(carriers);
  const services = flowServices(carriers);
  const totalGb = carriers.reduce((sum, carrier) => sum + Number(carrier.gb_per_month || 0), 0);
  const scale = totalGb ? 330 / totalGb : 0;
  const bands = [];
  const middle = carriers.map((carrier) => {
    const node = { key: carrier.id, carrier, height: isMeasured(carrier) ? Math.max(Number(carrier.gb_per_month) > 0 ? 2 : 0, Number(carrier.gb_per_month) * scale) : 0 };
    const left = [...new Set(carrier.subnets.map(sources.keyOf))];
    const right = [...new Set(servicesOf(carrier).map(services.keyOf))];
    for (const part of splitTraffic(carrier, left, scale)) bands.push({ side: "left", node, end: sources.nodes.find((n) => n.key === part.key), ...part });
    for (const part of splitTraffic(carrier, right, scale)) bands.push({ side: "right", node, end: services.nodes.find((n) => n.key === part.key), movable: carrier.movable.includes(part.key), ...part });
    return node;
  });
  for (const node of [...sources.nodes, ...services.nodes]) {
    const own = bands.filter((band) => band.end === node);
    const threads = own.filter((band) => !band.measured).length;
    node.thread = threads ? Math.min(5, THREAD_ROOM / threads) : 0;
    node.solid = own.reduce((sum, band) => sum + band.height, 0);
    node.height = node.solid + threads * node.thread;
  }
  const heights = [stackColumn(sources.nodes, 22, 7), stackColumn(middle, 38, 9), stackColumn(services.nodes, 30, 7)];
  const height = Math.max(...heights);
  [sources.nodes, middle, services.nodes].forEach((column, i) => column.forEach((node) => {
    node.y += (height - heights[i]) / 2;
    if (node.headingY !== undefined) node.headingY += (height - heights[i]) / 2;
  }));
  placeBands(bands, middle, sources.nodes, services.nodes);
  return { sources: sources.nodes, middle, services: services.nodes, bands, height, left: list.length - carriers.length };
}

/** Gives each band its place at both ends, in the order of the other column so that they cross little. */
function placeBands(bands, middle, sources, services) {
  for (const [column, side] of [[sources, "left"], [services, "right"]]) {
    for (const node of column) {
      let y = node.y + (node.slot - node.height) / 2;
      for (const band of bands.filter((b) => b.end === node && b.side === side).sort((a, b) => Number(b.measured) - Number(a.measured) || middle.indexOf(a.node) - middle.indexOf(b.node))) {
        band.endY = y;
        y += band.measured ? band.height : node.thread;
      }
    }
    for (const node of middle) {
      const own = bands.filter((b) => b.node === node && b.side === side).sort((a, b) => column.indexOf(a.end) - column.indexOf(b.end));
      let y = node.y + (node.slot - node.height) / 2;
      own.forEach((band, i) => {
        band.nodeY = band.measured ? y : node.y + ((i + 1) / (own.length + 1)) * node.slot;
        y += band.height;
      });
    }
  }
}
