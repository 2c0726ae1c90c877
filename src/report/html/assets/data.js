// The report's data, and lookups over it.

const REPORT = JSON.parse(await dataText(document.getElementById("data")));
const INVISIBLE = new RegExp(REPORT.hostile, "gu");
const SEVERITIES = ["critical", "high", "medium", "low"];
const PILLARS = ["egress", "cost", "privilege"];
const SEVERITY_RANK = { critical: 0, high: 1, medium: 2, low: 3 };
const FINDING_BY_ID = new Map(REPORT.findings.map((finding, index) => [finding.id, index]));
const NAMES = new Map();
const OPEN_BY_RESOURCE = new Map();
const VPC_OF_SUBNET = new Map();
const SUBNETS = new Map();
const PATHS = new Map();

/** The data as it stands in the page; a large one stands there compressed. */
async function dataText(node) {
  if (node.type !== "application/gzip") return node.textContent;
  const binary = atob(node.textContent);
  const bytes = Uint8Array.from(binary, (c) => c.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}

/** The check of a finding, with empty words for one that the report does not describe. */
function checkOf(id) {
  return REPORT.checks[id] || { title: id, pillar: "", severity: "low", summary: "", command: "", url: "", manual: "", controls: [], pass: 0, fail: 0, waived: 0, unknown: 0, not_applicable: 0 };
}

/** The name of a resource from its Name tag, or its id. */
function nameOf(id) {
  return NAMES.get(id) || id;
}

/** A resource in words: its name and, where that differs, its id. */
function nameAndId(id) {
  const name = NAMES.get(id);
  return name && name !== id ? `${name} (${id})` : id;
}

/** Remembers the name of a resource. */
function learn(thing) {
  if (!thing || !thing.id) return;
  if (thing.name) NAMES.set(thing.id, thing.name);
}

/** Fills the lookups from VPCs, carriers and findings. */
function indexReport() {
  for (const vpc of REPORT.vpcs) {
    learn(vpc);
    for (const subnet of vpc.subnets) {
      learn(subnet);
      VPC_OF_SUBNET.set(subnet.id, vpc);
      SUBNETS.set(subnet.id, subnet);
    }
    vpc.route_tables.forEach((table) => learn(table));
    vpc.nat_gateways.forEach((nat) => learn(nat));
    vpc.endpoints.forEach((endpoint) => learn(endpoint));
  }
  REPORT.flow.forEach((carrier) => learn(carrier));
  REPORT.findings.forEach((finding, index) => {
    if (finding.resource.name) NAMES.set(finding.resource.id, finding.resource.name);
    if (finding.status !== "fail") return;
    for (const id of new Set([finding.resource.id, ...finding.related])) {
      const list = OPEN_BY_RESOURCE.get(id);
      if (list) list.push(index);
      else OPEN_BY_RESOURCE.set(id, [index]);
    }
  });
}

/** Open findings that name a resource, worst first. */
function openFindingsOf(id) {
  return (OPEN_BY_RESOURCE.get(id) || []).map((index) => REPORT.findings[index]);
}

/** Open findings about the traffic or cost of a resource: those that colour a drawing. */
function openTrafficFindings(id) {
  return openFindingsOf(id).filter((finding) => checkOf(finding.check).pillar !== "privilege");
}

/** Whether one open finding about traffic or cost names both resources. */
function badTogether(one, other) {
  const second = new Set(OPEN_BY_RESOURCE.get(other) || []);
  return (OPEN_BY_RESOURCE.get(one) || []).some((index) => second.has(index) && checkOf(REPORT.findings[index].check).pillar !== "privilege");
}

/** Segments of the path from a subnet to a service, of every family. */
function segmentsOf(subnet, service) {
  if (!service) return [];
  if (!PATHS.size) for (const region of REPORT.matrix) for (const row of region.rows) {
    const own = PATHS.get(row.subnet) || [];
    own.push({ region, row });
    PATHS.set(row.subnet, own);
  }
  return (PATHS.get(subnet) || []).flatMap(({ region, row }) => row.cells[region.services.indexOf(service)] || []).map((index) => REPORT.segments[index]).filter(Boolean);
}

/** Counts of open findings by severity. */
function openBySeverity() {
  const counts = { critical: 0, high: 0, medium: 0, low: 0 };
  for (const finding of REPORT.findings) if (finding.status === "fail" && finding.severity in counts) counts[finding.severity] += 1;
  return counts;
}

/** Groups a list by a key, in the order in which keys first appear. */
function groupBy(list, key) {
  const groups = new Map();
  for (const item of list) {
    const k = key(item);
    if (groups.has(k)) groups.get(k).push(item);
    else groups.set(k, [item]);
  }
  return groups;
}
