use proptest::prelude::*;

use super::*;

#[test]
fn published_prices_are_found() {
    let price = |region, name| on_demand(region, name).map(|price| price.0);
    assert_eq!(price("us-east-1", "m5.large"), Some(0.096));
    assert_eq!(price("eu-west-1", "m5.large"), Some(0.107));
    assert_eq!(price("us-east-1", "t3.medium"), Some(0.0416));
    assert_eq!(price("us-east-1", "t3.small"), Some(0.0208));
    assert_eq!(price("ap-northeast-1", "t3.small"), Some(0.0272));
}

#[test]
fn what_is_not_in_the_tables_is_absent() {
    assert_eq!(instance_type("m5.tiny"), None);
    assert_eq!(on_demand("us-east-1", "m5.tiny"), None);
    assert_eq!(on_demand("mars-north-1", "m5.large"), None);
    assert_eq!(on_demand("us-east-1", "mac1.metal"), None);
    assert_eq!(spot("us-east-1", "c8ib.metal-48xl"), None);
    assert_eq!(fargate("eu-west-1", Architecture::X86_64), None);
    assert_eq!(fargate("ap-northeast-1", Architecture::Arm64), None);
    assert_eq!(instance_type(""), None);
}

#[test]
fn every_row_is_packed_and_found_by_its_name() {
    let pairs = || {
        regions()
            .iter()
            .flat_map(|region| instance_types().map(move |known| (*region, known.name)))
    };
    assert_eq!(instance_types().count(), 1377);
    assert!(instance_types().all(|known| instance_type(known.name) == Some(known)));
    assert_eq!(regions().len(), 8);
    assert_eq!(
        pairs().filter(|(r, t)| on_demand(r, t).is_some()).count(),
        8033
    );
    assert_eq!(pairs().filter(|(r, t)| spot(r, t).is_some()).count(), 6379);
    assert_eq!(tables::FARGATE_MICRO_USD.len(), 3);
    assert_eq!(tables::FARGATE_SIZES.len(), 74);
}

/// Reads the tables again, as text, and compares them with what was packed.
#[test]
fn packed_tables_equal_their_source() {
    for line in include_str!("../../data/catalog/prices.csv")
        .lines()
        .skip(1)
    {
        let [region, name, usd] = line.split(',').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let price = on_demand(region, name).map(|price| price.0);
        assert_eq!(price, usd.parse().ok(), "{line}");
    }
    for line in include_str!("../../data/catalog/spot.csv").lines().skip(1) {
        let [region, name, savings, band] = line.split(',').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let offer = spot(region, name).map(|offer| {
            (
                offer.savings_percent.to_string(),
                offer.interruption_band.to_string(),
            )
        });
        assert_eq!(offer, Some((savings.into(), band.into())), "{line}");
    }
}

#[test]
fn an_instance_type_has_its_interfaces() {
    let m5 = instance_type("m5.large").unwrap();
    assert_eq!((m5.vcpu, m5.memory_mib, m5.gpus), (2, 8192, 0));
    assert_eq!(m5.architecture, Architecture::X86_64);
    assert_eq!((m5.max_enis, m5.branch_enis), (Some(3), Some(9)));
    assert_eq!(m5.task_interfaces(), Some(2));
    assert_eq!(m5.trunked_task_interfaces(), Some(10));

    for cannot_trunk in ["t2.micro", "t3.large", "t3a.large", "t4g.large"] {
        let known = instance_type(cannot_trunk).unwrap();
        assert!(known.task_interfaces().is_some());
        assert_eq!(known.trunked_task_interfaces(), None, "{cannot_trunk}");
    }
    let unknown = instance_type("hpc7a.96xlarge").unwrap();
    assert_eq!(unknown.task_interfaces(), None);
    assert_eq!(unknown.trunked_task_interfaces(), None);
}

#[test]
fn a_typo_finds_what_was_meant() {
    assert_eq!(nearest_instance_types("t3.smal")[0], "t3.small");
    assert_eq!(nearest_instance_types("m5.lrage")[0], "m5.large");
    assert_eq!(nearest_instance_types("M5.Large")[0], "m5.large");
    assert_eq!(nearest_instance_types("m5large")[0], "m5.large");
    assert_eq!(nearest_instance_types("c5.2xlrage")[0], "c5.2xlarge");
    assert_eq!(nearest_instance_types("no such machine"), [""; 0]);
    assert_eq!(nearest_regions("us-east1")[0], "us-east-1");
    assert_eq!(nearest_regions("eu-wset-1")[0], "eu-west-1");
    assert_eq!(nearest_regions("mars"), [""; 0]);
}

#[test]
fn a_band_is_worded_and_has_a_middle() {
    let middle = |interruption_band| {
        let offer = SpotOffer {
            savings_percent: 60,
            interruption_band,
        };
        (offer.label(), offer.monthly_interruption())
    };
    assert_eq!(middle(0), ("<5%", 0.025));
    assert_eq!(middle(1), ("5-10%", 0.075));
    assert_eq!(middle(2), ("10-15%", 0.125));
    assert_eq!(middle(3), ("15-20%", 0.175));
    assert_eq!(middle(4), (">20%", 0.25));
}

#[test]
fn fargate_sizes_round_up() {
    assert_eq!(fargate_size(256, 512), Some((256, 512)));
    assert_eq!(fargate_size(128, 100), Some((256, 512)));
    assert_eq!(fargate_size(256, 2049), Some((512, 3072)));
    assert_eq!(fargate_size(300, 512), Some((512, 1024)));
    assert_eq!(fargate_size(1024, 9000), Some((2048, 9216)));
    assert_eq!(fargate_size(4096, 30721), Some((8192, 32768)));
    assert_eq!(fargate_size(16384, 122_880), Some((16384, 122_880)));
    assert_eq!(fargate_size(16385, 512), None);
    assert_eq!(fargate_size(256, 122_881), None);
}

proptest! {
    #[test]
    fn no_larger_fargate_size_is_cheaper(cpu in 0..20_000u32, memory_mib in 0..130_000u32) {
        let rates = fargate("us-east-1", Architecture::X86_64).unwrap();
        let price = |(cpu, memory_mib): (u32, u32)| {
            f64::from(cpu) / 1024.0 * rates.usd_per_vcpu_hour.0
                + f64::from(memory_mib) / 1024.0 * rates.usd_per_gb_hour.0
        };
        let cheapest = tables::FARGATE_SIZES
            .iter()
            .copied()
            .filter(|size| size.0 >= cpu && size.1 >= memory_mib)
            .min_by(|a, b| price(*a).total_cmp(&price(*b)));
        prop_assert_eq!(fargate_size(cpu, memory_mib), cheapest);
    }

    #[test]
    fn any_text_may_be_looked_up(name in ".{0,40}") {
        prop_assert!(nearest_instance_types(&name).len() <= 3);
        prop_assert!(nearest_regions(&name).len() <= 3);
        prop_assert_eq!(on_demand(&name, &name), None);
    }
}
