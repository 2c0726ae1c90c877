// Paths of subnets to services as a grid of ends: what each cell says, and which rows and columns are alike.

const ENDS = {
  nat: ["N", "NAT gateway: every byte is billed"],
  blackhole: ["X", "blackhole: the route's target is gone"],
  blocked: ["B", "refused by a security group or network ACL"],
  unknown: ["?", "unknown: what decides was not read"],
  leaves_view: ["L", "leaves what was read"],
  appliance: ["A", "an appliance of one's own"],
  internet: ["I", "internet gateway, without NAT"],
  none: ["–", "no route"],
  interface_endpoint: ["E", "interface endpoint"],
  gateway_endpoint: ["G", "gateway endpoint"],
};
const END_ORDER = Object.keys(ENDS);
const CELLS = new Map();

/** End of a segment; one that this page does not know counts as unknown. */
function endOf(segment) {
  return segment.end in ENDS ? segment.end : "unknown";
}

/** What a cell shows: the worst end of its segments, and whether they differ or cross zones. */
function cellOf(indexes) {
  if (indexes === null) return null;
  const key = indexes.join(",");
  if (!CELLS.has(key)) {
    const segments = indexes.map((index) => REPORT.segments[index]).filter(Boolean);
    const ends = [...new Set(segments.map(endOf))].sort((a, b) => END_ORDER.indexOf(a) - END_ORDER.indexOf(b));
    const end = ends[0] || "unknown";
    const zone = segments.some((segment) => segment.cross_zone);
    CELLS.set(key, { key, segments, end, mixed: ends.length > 1, zone, words: segments.length ? [...new Set(segments.map((segment) => segment.end_text || ENDS[endOf(segment)][1]))].join("; ") : "unknown" });
  }
  return CELLS.get(key);
}

/** Class of a cell's sign. */
function cellClass(cell) {
  return `cell e-${cell.end}${cell.mixed ? " part" : ""}${cell.zone ? " zone" : ""}`;
}

/** What makes two cells alike for folding: their ends, not the hops. */
function cellLook(indexes) {
  const cell = cellOf(indexes);
  return cell ? `${cell.end}${cell.mixed ? "+" : ""}${cell.zone ? "z" : ""}` : "";
}

/** Rows of a region under their VPCs, alike subnets together if asked. */
function matrixRows(region, vpcId, together) {
  const rows = region.rows.filter((row) => !vpcId || (VPC_OF_SUBNET.get(row.subnet) || {}).id === vpcId);
  const byVpc = groupBy(rows, (row) => (VPC_OF_SUBNET.get(row.subnet) || { id: "" }).id);
  const out = [];
  for (const [id, own] of byVpc) {
    out.push({ heading: id ? nameAndId(id) : "subnets of VPCs that were not read" });
    own.sort((a, b) => nameOf(a.subnet).localeCompare(nameOf(b.subnet), "en", { numeric: true }) || (a.family < b.family ? -1 : 1));
    const groups = together ? [...groupBy(own, (row) => row.family + row.cells.map(cellLook).join("|")).values()] : own.map((row) => [row]);
    for (const group of groups) out.push({ subnets: group.map((row) => row.subnet), family: group[0].family, cells: group[0].cells, members: group });
  }
  return out;
}

/** Splits the columns into those that differ between rows and those that are the same everywhere. */
function matrixColumns(region, rows, fold) {
  const columns = region.services.map((service, index) => ({ service, index }));
  const own = rows.filter((row) => !row.heading);
  if (!fold || own.length < 2) return { columns, folded: [] };
  const same = columns.filter((column) => own.every((row) => cellLook(row.cells[column.index]) === cellLook(own[0].cells[column.index])));
  if (same.length === columns.length) return { columns, folded: [] };
  return { columns: columns.filter((column) => !same.includes(column)), folded: [...groupBy(same, (column) => cellLook(own[0].cells[column.index]))].map(([, list]) => ({ cell: cellOf(own[0].cells[list[0].index]), services: list.map((c) => c.service) })) };
}

/** How many cells of some rows have each end. */
function endCounts(rows) {
  const counts = new Map();
  for (const row of rows) if (!row.heading) for (const member of row.members) for (const indexes of member.cells) {
    const cell = cellOf(indexes);
    if (cell) counts.set(cell.end, (counts.get(cell.end) || 0) + 1);
  }
  return counts;
}
