//! The path matrix in short: per VPC, groups of subnets that reach every service the same way.

use std::collections::{BTreeMap, BTreeSet};

use anstyle::Style;

use crate::network::{Destinations, End, Family, Path};
use crate::report::names::Names;
use crate::report::page::{BAD, FAINT, GOOD, NAME, Page, STRONG, Span, WARN};
use crate::report::{Facts, text};

/// VPCs that are shown; the rest is counted.
const VPCS_SHOWN: usize = 8;

/// Groups of subnets that are shown per VPC.
const GROUPS_SHOWN: usize = 8;

/// Widest name of one subnet in a row's label, in columns.
const NAME_COLUMNS: usize = 24;

/// Columns between two columns.
const SEPARATION: usize = 2;

/// How a subnet reaches one service, in one word per way.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Cell {
    words: Vec<&'static str>,
    /// Whether routes more specific than the default may take part of the service's addresses elsewhere.
    maybe_more: bool,
}

/// How a subnet reaches every service over one IP version; services in the order of the VPC's columns.
type Row = Vec<Cell>;

/// How one subnet reaches each service, by IP version and service.
type SubnetCells<'a> = BTreeMap<(Family, &'a str), Cell>;

/// The matrix of one VPC.
#[derive(Debug, Default)]
struct VpcMatrix<'a> {
    region: &'a str,
    vpc_id: String,
    services: Vec<&'a str>,
    /// Subnets by how they reach the services over IPv4 and IPv6; an all-empty row stands for no addresses.
    groups: BTreeMap<(Row, Row), Vec<&'a str>>,
}

pub(super) fn write(page: &mut Page, facts: Facts<'_>) {
    if facts.assessment.paths.is_empty() {
        return;
    }
    let names = Names::of(facts.inventory);
    let (mut loud, quiet): (Vec<VpcMatrix<'_>>, Vec<VpcMatrix<'_>>) =
        matrices(&facts.assessment.paths, &names).into_iter().partition(VpcMatrix::is_telling);
    loud.sort_by(|a, b| b.nat_cells().cmp(&a.nat_cells()).then_with(|| (a.region, &a.vpc_id).cmp(&(b.region, &b.vpc_id))));
    page.gap();
    page.line(0, &[Span::new("PATHS", STRONG), Span::plain("  which way each subnet reaches AWS services")]);
    let mut bundles = Bundles::default();
    for vpc in loud.iter().take(VPCS_SHOWN) {
        page.gap();
        vpc.write(page, &names, &mut bundles);
    }
    page.gap();
    bundles.write(page);
    write_legend(page, loud.iter().take(VPCS_SHOWN));
    let rest = loud.len().saturating_sub(VPCS_SHOWN);
    if rest > 0 {
        let vpcs = text::count(u64::try_from(rest).unwrap_or(u64::MAX), "more VPC", "more VPCs");
        page.line(2, &[Span::new(format!("and {vpcs}; --format json has all"), FAINT)]);
    }
    if !quiet.is_empty() {
        let vpcs = text::count(text::len(&quiet), "VPC", "VPCs");
        page.paragraph(2, &format!("{vpcs} without NAT gateway or endpoint on any path left out"), FAINT);
    }
}

fn matrices<'a>(paths: &'a [Path], names: &Names) -> Vec<VpcMatrix<'a>> {
    let mut by_vpc: BTreeMap<(&str, String), BTreeMap<&str, SubnetCells<'_>>> = BTreeMap::new();
    for path in paths {
        let vpc_id = names.subnet(&path.subnet_id).map_or_else(|| "VPC not read".to_owned(), |subnet| subnet.vpc_id.clone());
        by_vpc
            .entry((&path.region, vpc_id))
            .or_default()
            .entry(&path.subnet_id)
            .or_default()
            .insert((path.family, &path.service), Cell::of(path));
    }
    by_vpc
        .into_iter()
        .map(|((region, vpc_id), subnets)| {
            let mut services: Vec<&str> = subnets
                .values()
                .flat_map(|cells| cells.keys().map(|(_, service)| *service))
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect();
            services.sort_by_key(|service| (service_rank(service), *service));
            let mut groups: BTreeMap<(Row, Row), Vec<&str>> = BTreeMap::new();
            for (subnet, cells) in subnets {
                let row = |family| -> Row {
                    services.iter().map(|service| cells.get(&(family, *service)).cloned().unwrap_or_default()).collect()
                };
                groups.entry((row(Family::Ipv4), row(Family::Ipv6))).or_default().push(subnet);
            }
            VpcMatrix { region, vpc_id, services, groups }
        })
        .collect()
}

/// Services with free gateway endpoints come first.
fn service_rank(service: &str) -> u8 {
    match service {
        "s3" => 0,
        "dynamodb" => 1,
        _ => OTHER_RANK,
    }
}

/// Rank of every other service.
const OTHER_RANK: u8 = 2;

impl Cell {
    fn of(path: &Path) -> Self {
        let mut cell = Self::default();
        for segment in path.segments.iter() {
            let word = end_word(&segment.end);
            if matches!(segment.destinations, Destinations::PossiblyWithin(_)) {
                cell.maybe_more = true;
            } else if !cell.words.contains(&word) {
                cell.words.push(word);
            }
        }
        cell
    }

    fn text(&self) -> String {
        let mark = if self.maybe_more { "~" } else { "" };
        if self.words.is_empty() && !self.maybe_more { "-".to_owned() } else { format!("{}{mark}", self.words.join("+")) }
    }

    fn style(&self) -> Style {
        let has = |words: &[&str]| self.words.iter().any(|word| words.contains(word));
        if has(&["blackhole", "blocked"]) {
            BAD.bold()
        } else if has(&["NAT"]) {
            WARN.bold()
        } else if has(&["?", "leaves", "appliance"]) {
            NAME
        } else if has(&["gateway", "interface"]) {
            GOOD
        } else {
            FAINT
        }
    }
}

fn end_word(end: &End) -> &'static str {
    match end {
        End::InterfaceEndpoint { .. } => "interface",
        End::GatewayEndpoint { .. } => "gateway",
        End::Nat { .. } => "NAT",
        End::Internet { .. } => "internet",
        End::None { .. } => "none",
        End::Blackhole { .. } => "blackhole",
        End::Blocked { .. } => "blocked",
        End::LeavesView { .. } => "leaves",
        End::Appliance { .. } => "appliance",
        End::Unknown { .. } => "?",
    }
}

/// What the words of the cells mean, in the order of the legend.
const LEGEND: [(&str, &str); 10] = [
    ("NAT", "NAT gateway, billed per GB"),
    ("gateway", "gateway endpoint, free"),
    ("interface", "interface endpoint"),
    ("internet", "internet gateway"),
    ("blackhole", "route to something gone"),
    ("blocked", "refused by group or ACL"),
    ("appliance", "instance or interface that forwards"),
    ("leaves", "goes where this scan cannot see"),
    ("none", "no way out"),
    ("?", "not to be told"),
];

fn write_legend<'a>(page: &mut Page, shown: impl Iterator<Item = &'a VpcMatrix<'a>>) {
    let mut used: BTreeSet<&str> = BTreeSet::new();
    let mut maybe_more = false;
    for cell in shown.flat_map(VpcMatrix::cells) {
        used.extend(cell.words.iter().copied());
        maybe_more |= cell.maybe_more;
    }
    let mut words: Vec<String> =
        LEGEND.iter().filter(|(word, _)| used.contains(word)).map(|(word, meaning)| format!("{word}: {meaning}")).collect();
    if maybe_more {
        words.push("~: other routes may take part of it elsewhere".to_owned());
    }
    if !words.is_empty() {
        page.paragraph(2, &words.join("; "), FAINT);
    }
}

impl VpcMatrix<'_> {
    fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.groups.keys().flat_map(|(v4, v6)| v4.iter().chain(v6))
    }

    fn nat_cells(&self) -> usize {
        self.cells().filter(|cell| cell.words.contains(&"NAT")).count()
    }

    /// Whether some path is worth showing: any but those straight to the internet or nowhere.
    fn is_telling(&self) -> bool {
        self.cells().any(|cell| cell.maybe_more || cell.words.iter().any(|word| !matches!(*word, "internet" | "none")))
    }

    fn write(&self, page: &mut Page, names: &Names, bundles: &mut Bundles) {
        page.line(2, &[Span::new(names.vpc(&self.vpc_id), STRONG), Span::new(format!("  {}", self.region), FAINT)]);
        let rows = self.rows(names, page.width() / 3);
        let label_columns = rows.iter().map(|(label, _)| text::width(label)).max().unwrap_or(0);
        let blocks = self.column_blocks(&rows, page.width().saturating_sub(4 + label_columns), bundles);
        for (number, columns) in blocks.iter().enumerate() {
            if number > 0 {
                page.gap();
            }
            write_block(page, columns, &rows, label_columns);
        }
        let hidden: usize = self.groups.values().skip(GROUPS_SHOWN).map(Vec::len).sum();
        if hidden > 0 {
            page.line(4, &[Span::new(format!("and {hidden} more subnets; --format json has all"), FAINT)]);
        }
    }

    /// Label and cells of each line: IPv4, and IPv6 beneath it where the subnets have it.
    fn rows(&self, names: &Names, label_columns: usize) -> Vec<(String, &Row)> {
        let mut rows = Vec::new();
        for ((v4, v6), subnets) in self.groups.iter().take(GROUPS_SHOWN) {
            let has_v4 = v4.iter().any(|cell| !cell.words.is_empty());
            let has_v6 = v6.iter().any(|cell| !cell.words.is_empty());
            let label = group_label(subnets, names, label_columns);
            match (has_v4, has_v6) {
                (true, true) => {
                    rows.push((label, v4));
                    rows.push(("  over IPv6".to_owned(), v6));
                }
                (false, true) => rows.push((format!("{label} IPv6"), v6)),
                (_, false) => rows.push((label, v4)),
            }
        }
        rows
    }

    /// The columns, in blocks that fit into `room`. Services that are reached alike share a column where not all fit.
    fn column_blocks(&self, rows: &[(String, &Row)], room: usize, bundles: &mut Bundles) -> Vec<Vec<Column>> {
        let single: Vec<Column> = (0..self.services.len()).map(|service| self.column(rows, &[service], bundles)).collect();
        let total: usize = single.iter().map(|column| column.width + SEPARATION).sum();
        let columns = if total <= room { single } else { self.bundled_columns(rows, bundles) };
        let mut blocks: Vec<Vec<Column>> = Vec::new();
        let mut used = usize::MAX;
        for column in columns {
            let next = column.width + SEPARATION;
            match blocks.last_mut() {
                Some(block) if used + next <= room => block.push(column),
                _ => {
                    used = 0;
                    blocks.push(vec![column]);
                }
            }
            used += next;
        }
        blocks
    }

    /// A column for each service that comes first, and one for all others that every row reaches alike.
    fn bundled_columns(&self, rows: &[(String, &Row)], bundles: &mut Bundles) -> Vec<Column> {
        let mut alike: Vec<(Vec<Cell>, Vec<usize>)> = Vec::new();
        for (index, service) in self.services.iter().enumerate() {
            let cells: Vec<Cell> = rows.iter().map(|(_, row)| row.get(index).cloned().unwrap_or_default()).collect();
            let others = service_rank(service) == OTHER_RANK;
            match alike.iter_mut().find(|(known, _)| others && *known == cells) {
                Some((_, services)) => services.push(index),
                // A service that stands alone is given no cells to be found by.
                None => alike.push((if others { cells } else { Vec::new() }, vec![index])),
            }
        }
        alike.iter().map(|(_, services)| self.column(rows, services, bundles)).collect()
    }

    fn column(&self, rows: &[(String, &Row)], services: &[usize], bundles: &mut Bundles) -> Column {
        let named: Vec<String> =
            services.iter().filter_map(|index| self.services.get(*index)).map(|name| text::safe(name).into_owned()).collect();
        let head = match named.as_slice() {
            [one] => one.clone(),
            many => format!("{} others [{}]", many.len(), bundles.label(many)),
        };
        let service = services.first().copied().unwrap_or(0);
        let cells = rows.iter().filter_map(|(_, row)| row.get(service)).map(|cell| text::width(&cell.text()));
        let width = cells.chain([text::width(&head)]).max().unwrap_or(0);
        Column { head, width, service }
    }
}

/// Writes some of the columns: their heads, and a line per row.
fn write_block(page: &mut Page, columns: &[Column], rows: &[(String, &Row)], label_columns: usize) {
    let mut head = vec![Span::plain(" ".repeat(label_columns))];
    for column in columns {
        head.push(Span::plain(" ".repeat(SEPARATION)));
        head.push(Span::new(text::pad(&column.head, column.width), FAINT));
    }
    page.line(4, &head);
    for (label, row) in rows {
        let mut line = vec![Span::plain(text::pad(label, label_columns))];
        for column in columns {
            let cell = row.get(column.service).cloned().unwrap_or_default();
            line.push(Span::plain(" ".repeat(SEPARATION)));
            line.push(Span::new(text::pad(&cell.text(), column.width), cell.style()));
        }
        page.line(4, &line);
    }
}

/// One column: a service, or several that every row reaches alike.
#[derive(Debug)]
struct Column {
    head: String,
    width: usize,
    /// Index of the service whose cells are shown.
    service: usize,
}

/// Services that share a column, told once for all VPCs.
#[derive(Debug, Default)]
struct Bundles(Vec<Vec<String>>);

impl Bundles {
    /// The number that stands for these services.
    fn label(&mut self, services: &[String]) -> usize {
        let known = self.0.iter().position(|known| known == services);
        known.unwrap_or_else(|| {
            self.0.push(services.to_vec());
            self.0.len() - 1
        }) + 1
    }

    fn write(&self, page: &mut Page) {
        for (index, services) in self.0.iter().enumerate() {
            let label = format!("  [{}] ", index + 1);
            let indent = text::width(&label);
            page.hanging(&[Span::new(label, FAINT)], indent, &services.join(", "), FAINT);
        }
    }
}

/// Names of the first subnets of a group, and how many more there are.
fn group_label(subnets: &[&str], names: &Names, columns: usize) -> String {
    let mut shown: Vec<String> = subnets
        .iter()
        .map(|id| {
            let name = names.subnet(id).and_then(|subnet| subnet.name.as_deref()).unwrap_or(id);
            text::clip(&text::safe(name), NAME_COLUMNS).into_owned()
        })
        .collect();
    shown.sort_unstable();
    let mut label = String::new();
    for (index, name) in shown.iter().enumerate() {
        let rest = shown.len() - index - 1;
        let more = if rest > 0 { format!(" +{rest}") } else { String::new() };
        let next = if index == 0 { name.clone() } else { format!("{label}, {name}") };
        if index > 0 && text::width(&next) + text::width(&more) > columns {
            return format!("{label} +{}", rest + 1);
        }
        label = next;
    }
    label
}
