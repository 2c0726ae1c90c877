// The audited bill, line by line, and what has no price.

/** One resource's lines in the bill. */
function billRows([id, lines]) {
  return lines.map((line, i) => el("tr", {},
    i ? el("td", {}) : el("th", { scope: "row" }, isolated(cut(nameAndId(id), 80)), el("div", { class: "small muted" }, line.region)),
    el("td", {}, String(line.item).replaceAll("_", " ")),
    el("td", { class: "num" }, line.quantity.low === line.quantity.high ? INTEGER.format(Number(line.quantity.low)) : `${INTEGER.format(Number(line.quantity.low))} to ${INTEGER.format(Number(line.quantity.high))}`, ` ${line.unit}`),
    el("td", { class: "num" }, `$${line.rate_usd}`), el("td", { class: "num" }, money(line.amount_usd)),
    el("td", { class: "small muted wrap" }, line.basis, el("div", {}, `price: ${line.source}, as of ${line.as_of}`))));
}

/** The bill as a table, dearest resource first. */
function billTable() {
  const groups = [...groupBy(REPORT.bill.lines, (line) => line.id)].sort((a, b) => b[1].reduce((s, l) => s + highOf(l.amount_usd), 0) - a[1].reduce((s, l) => s + highOf(l.amount_usd), 0));
  const most = 150;
  return el("div", { class: "card scroll" }, el("table", {}, el("caption", {}, `Months of ${REPORT.bill.hours_per_month} hours`, Number(REPORT.bill.discount) ? `, discount ${REPORT.bill.discount}` : ", list prices",
    groups.length > most ? `; the ${most} dearest of ${groups.length} resources` : ""),
    el("thead", {}, el("tr", {}, ["Resource", "Item"].map((h) => el("th", { scope: "col" }, h)), ["Quantity", "Rate", "A month"].map((h) => el("th", { scope: "col", class: "num" }, h)), el("th", { scope: "col" }, "Measured by, priced by"))),
    el("tbody", {}, groups.slice(0, most).flatMap(billRows))));
}

/** Items that are in no total, grouped by reason. */
function unpricedTable() {
  return el("div", { class: "card scroll" }, el("table", {}, el("thead", {}, el("tr", {}, ["Reason", "Item", "Resources"].map((h) => el("th", { scope: "col" }, h)))),
    el("tbody", {}, [...groupBy(REPORT.bill.unpriced, (entry) => JSON.stringify([entry.why, entry.item]))].map(([, list]) => el("tr", {},
      el("th", { scope: "row", class: "wrap" }, list[0].why), el("td", {}, String(list[0].item).replaceAll("_", " ")),
      el("td", { class: "wrap" }, list.slice(0, 12).map((entry, i) => [i ? ", " : "", isolated(cut(nameOf(entry.id), 60), { title: entry.id })]), list.length > 12 ? ` and ${list.length - 12} more` : ""))))));
}

/** Foldings with the bill, under the flow. */
function billPart() {
  const { bill } = REPORT;
  return el("div", { id: "bill" },
    bill.lines.length ? fold(`The bill, line by line: ${counted(bill.lines.length, "line")}, ${money(bill.monthly_usd, "not known")} a month`, billTable) : el("p", { class: "muted fold" }, "The bill has no line: nothing that is billed was read."),
    bill.unpriced.length ? fold([el("span", { class: "unknown" }, `${counted(bill.unpriced.length, "item")} without price or measurement, in no total`)], unpricedTable, { class: "fold onpaper" }) : null);
}
