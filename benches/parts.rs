//! The parts of an analysis by themselves, measured by criterion: the paths of one VPC, the bill of a region, an audit of both.
//!
//! `cargo bench --bench parts`.
#![expect(dead_code, unused_imports, reason = "shares the test support, of which it uses a part")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use natless::analyze::{Audit, Settings, assess};
use natless::network::Network;
use support::accounts::{Size, generated_account, tidy_account};

const ONE_VPC: Size = Size { regions: 1, vpcs: 1, subnets: 20, groups: 5, rules: 40, buckets: 10 };
const FIFTY_VPCS: Size = Size { vpcs: 50, ..ONE_VPC };

fn parts(criterion: &mut Criterion) {
    let (settings, one, fifty) = (Settings::default(), generated_account(7, ONE_VPC), generated_account(7, FIFTY_VPCS));
    let tidy = tidy_account();
    for (name, inventory) in [("1 VPC", &one), ("50 VPCs", &fifty)] {
        criterion.bench_function(&format!("index, {name}"), |bencher| bencher.iter(|| Network::new(black_box(inventory))));
        let network = Network::new(inventory);
        criterion.bench_function(&format!("path matrix, {name}"), |bencher| bencher.iter(|| black_box(&network).paths()));
        criterion.bench_function(&format!("paths, bill and policies, {name}"), |bencher| {
            bencher.iter(|| Audit::new(black_box(inventory), &settings).paths.len());
        });
    }
    criterion.bench_function("whole assessment, tidy account", |bencher| bencher.iter(|| assess(black_box(&tidy), &settings)));
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = parts
}
criterion_main!(benches);
