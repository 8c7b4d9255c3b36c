//! What `prescale catalog [--region R] [TYPE…]` answers, from the catalog's tables alone: the
//! regions; the types with a price in a region; or the named types, in one region or in each.

use std::fmt;

use serde::Serialize;
use serde_json::json;

use crate::catalog::{self, Architecture, InstanceType};

/// What was asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Neither region nor type was named.
    Regions(Vec<Region>),
    /// Instance types in the region that was named.
    InRegion(Vec<Offer>),
    /// The instance types that were named, in every region.
    InEveryRegion(Vec<Offer>),
}

/// What the catalog knows of a region.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Region {
    /// Its name.
    pub region: &'static str,
    /// Instance types with an on-demand price.
    pub priced_types: usize,
    /// Instance types with a spot offer.
    pub spot_types: usize,
    /// Fargate on x86 \[USD/h\].
    pub fargate_x86_64_usd_per_vcpu_hour: Option<f64>,
    /// Fargate on x86 \[USD/h\].
    pub fargate_x86_64_usd_per_gb_hour: Option<f64>,
    /// Fargate on ARM \[USD/h\].
    pub fargate_arm64_usd_per_vcpu_hour: Option<f64>,
    /// Fargate on ARM \[USD/h\].
    pub fargate_arm64_usd_per_gb_hour: Option<f64>,
}

/// An instance type in a region.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Offer {
    /// The region.
    pub region: &'static str,
    /// The type's name.
    pub instance_type: &'static str,
    /// Its instruction set.
    pub architecture: Architecture,
    /// Virtual CPUs.
    pub vcpu: u32,
    /// Memory of the machine \[MiB\].
    pub memory_mib: u32,
    /// Graphics processors.
    pub gpus: u32,
    /// Tasks with an interface of their own.
    pub task_interfaces: Option<u32>,
    /// The same with trunking; absent if the type cannot trunk.
    pub trunked_task_interfaces: Option<u32>,
    /// On-demand price \[USD/h\].
    pub on_demand_usd_per_hour: Option<f64>,
    /// On-demand price of a month \[USD\].
    pub on_demand_usd_per_month: Option<f64>,
    /// Average spot saving \[%\].
    pub spot_savings_percent: Option<u32>,
    /// Share of spot hosts interrupted in a month, as a band.
    pub spot_interrupted_per_month: Option<&'static str>,
}

/// Every name that the catalog does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownNames(pub Vec<UnknownName>);

/// A name that the catalog does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownName {
    /// What it was meant to name.
    pub kind: Kind,
    /// As it was given.
    pub name: String,
    /// What it may mean, nearest first.
    pub nearest: Vec<&'static str>,
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A region.
    Region,
    /// An instance type.
    InstanceType,
}

impl std::error::Error for UnknownNames {}

impl fmt::Display for UnknownNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, unknown) in self.0.iter().enumerate() {
            let line_break = if index > 0 { "\n" } else { "" };
            write!(f, "{line_break}{unknown}")?;
        }
        Ok(())
    }
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Region => "region",
            Kind::InstanceType => "instance type",
        };
        write!(f, "the catalog has no {kind} \"{}\"", self.name)?;
        if !self.nearest.is_empty() {
            write!(f, "; nearest: {}", self.nearest.join(", "))?;
        }
        Ok(())
    }
}

/// Looks up what was asked for.
///
/// # Errors
/// Every unknown name, with its nearest known ones.
pub fn answer(region: Option<&str>, types: &[String]) -> Result<Answer, UnknownNames> {
    let mut unknown = Vec::new();
    let regions = match region.map(|name| (name, catalog::regions().binary_search(&name))) {
        None => catalog::regions(),
        Some((_, Ok(index))) => &catalog::regions()[index..=index],
        Some((name, Err(_))) => {
            unknown.push(UnknownName {
                kind: Kind::Region,
                name: name.to_owned(),
                nearest: catalog::nearest_regions(name),
            });
            &[]
        }
    };
    let mut known = Vec::new();
    for name in types {
        match catalog::instance_type(name) {
            Some(instance) => known.push(instance),
            None => unknown.push(UnknownName {
                kind: Kind::InstanceType,
                name: name.clone(),
                nearest: catalog::nearest_instance_types(name),
            }),
        }
    }
    if !unknown.is_empty() {
        return Err(UnknownNames(unknown));
    }
    let offers_of_known = || {
        known
            .iter()
            .flat_map(|instance| regions.iter().map(|region| offer(region, instance)))
            .collect()
    };
    Ok(match (region, types) {
        (None, []) => Answer::Regions(regions.iter().map(|region| summary(region)).collect()),
        (None, _) => Answer::InEveryRegion(offers_of_known()),
        (Some(_), []) => Answer::InRegion(
            regions
                .iter()
                .flat_map(|region| offers_in(region))
                .filter(|offer| offer.on_demand_usd_per_hour.is_some())
                .collect(),
        ),
        (Some(_), _) => Answer::InRegion(offers_of_known()),
    })
}

/// The answer as a table of at most 80 columns.
#[must_use]
pub fn text(answer: &Answer) -> String {
    match answer {
        Answer::Regions(regions) => regions_text(regions),
        Answer::InRegion(offers) => {
            table(offers, "type", |offer| offer.instance_type) + OFFERS_NOTE
        }
        Answer::InEveryRegion(offers) => {
            let tables: Vec<String> = offers
                .chunk_by(|a, b| a.instance_type == b.instance_type)
                .map(|offers| {
                    let title = offers.first().map_or("", |offer| offer.instance_type);
                    format!(
                        "{title}\n{}\n",
                        table(offers, "region", |offer| offer.region)
                    )
                })
                .collect();
            tables.concat() + OFFERS_NOTE
        }
    }
}

/// The answer as CSV, one row per region or offer.
///
/// # Errors
/// A row that cannot be written.
pub fn csv(answer: &Answer) -> Result<String, csv::Error> {
    match answer {
        Answer::Regions(regions) => csv_rows(regions),
        Answer::InRegion(offers) | Answer::InEveryRegion(offers) => csv_rows(offers),
    }
}

/// The answer as JSON; what the catalog does not know is null.
#[must_use]
pub fn json(answer: &Answer) -> String {
    let document = match answer {
        Answer::Regions(regions) => json!({ "schema_version": 1, "regions": regions }),
        Answer::InRegion(offers) | Answer::InEveryRegion(offers) => {
            json!({ "schema_version": 1, "offers": offers })
        }
    };
    format!("{document:#}\n")
}

const OFFERS_NOTE: &str = "\
tasks: with an interface of their own (awsvpc); trunked: so, with trunking;
saving, a month: of spot, and the share of its hosts interrupted in a month;
–: none, or not in the catalog.
";

fn summary(region: &'static str) -> Region {
    let x86_64 = catalog::fargate(region, Architecture::X86_64);
    let arm64 = catalog::fargate(region, Architecture::Arm64);
    Region {
        region,
        priced_types: offers_in(region)
            .filter(|offer| offer.on_demand_usd_per_hour.is_some())
            .count(),
        spot_types: offers_in(region)
            .filter(|offer| offer.spot_savings_percent.is_some())
            .count(),
        fargate_x86_64_usd_per_vcpu_hour: x86_64.map(|rates| rates.usd_per_vcpu_hour.0),
        fargate_x86_64_usd_per_gb_hour: x86_64.map(|rates| rates.usd_per_gb_hour.0),
        fargate_arm64_usd_per_vcpu_hour: arm64.map(|rates| rates.usd_per_vcpu_hour.0),
        fargate_arm64_usd_per_gb_hour: arm64.map(|rates| rates.usd_per_gb_hour.0),
    }
}

fn offers_in(region: &'static str) -> impl Iterator<Item = Offer> {
    catalog::instance_types().map(move |instance| offer(region, &instance))
}

fn offer(region: &'static str, instance: &InstanceType) -> Offer {
    let on_demand = catalog::on_demand(region, instance.name);
    let spot = catalog::spot(region, instance.name);
    Offer {
        region,
        instance_type: instance.name,
        architecture: instance.architecture,
        vcpu: instance.vcpu,
        memory_mib: instance.memory_mib,
        gpus: instance.gpus,
        task_interfaces: instance.task_interfaces(),
        trunked_task_interfaces: instance.trunked_task_interfaces(),
        on_demand_usd_per_hour: on_demand.map(|price| price.0),
        on_demand_usd_per_month: on_demand.map(|price| price.for_month().0),
        spot_savings_percent: spot.map(|spot| spot.savings_percent),
        spot_interrupted_per_month: spot.map(|spot| spot.label()),
    }
}

fn regions_text(regions: &[Region]) -> String {
    let heading = "                   instance types   Fargate x86_64, USD/h   Fargate arm64, USD/h\n\
                   region            priced    spot       vCPU          GB       vCPU          GB\n";
    let lines: Vec<String> = regions.iter().map(region_line).collect();
    let note = "–: not in the catalog; give it as [prices] in the scenario.\n";
    format!("{heading}{}{note}", lines.concat())
}

fn region_line(region: &Region) -> String {
    format!(
        "{:<16}{:>8}{:>8}{:>11}{:>12}{:>11}{:>12}\n",
        region.region,
        region.priced_types,
        region.spot_types,
        cell(region.fargate_x86_64_usd_per_vcpu_hour),
        cell(region.fargate_x86_64_usd_per_gb_hour),
        cell(region.fargate_arm64_usd_per_vcpu_hour),
        cell(region.fargate_arm64_usd_per_gb_hour),
    )
}

fn table(offers: &[Offer], heading: &str, name: fn(&Offer) -> &str) -> String {
    let lines: Vec<String> = offers
        .iter()
        .map(|offer| offer_line(name(offer), offer))
        .collect();
    format!(
        "{heading:<19} vCPU    GiB tasks trunked     USD/h USD/month saving a month\n{}",
        lines.concat()
    )
}

fn offer_line(name: &str, offer: &Offer) -> String {
    format!(
        "{name:<19}{:>5}{:>7}{:>6}{:>8}{:>10}{:>10}{:>7}{:>8}\n",
        offer.vcpu,
        (f64::from(offer.memory_mib) / 1024.0 * 100.0).round() / 100.0,
        cell(offer.task_interfaces),
        cell(offer.trunked_task_interfaces),
        cell(offer.on_demand_usd_per_hour.map(|usd| format!("{usd:.4}"))),
        cell(offer.on_demand_usd_per_month.map(|usd| format!("{usd:.2}"))),
        cell(
            offer
                .spot_savings_percent
                .map(|percent| format!("{percent}%"))
        ),
        cell(offer.spot_interrupted_per_month),
    )
}

fn cell(value: Option<impl fmt::Display>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| value.to_string())
}

fn csv_rows(rows: &[impl Serialize]) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(csv::IntoInnerError::into_error)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(region: Option<&str>, types: &[&str]) -> Result<Answer, UnknownNames> {
        let types: Vec<String> = types.iter().map(ToString::to_string).collect();
        answer(region, &types)
    }

    fn shown(region: Option<&str>, types: &[&str]) -> String {
        text(&ask(region, types).unwrap())
    }

    #[test]
    fn types_in_a_region() {
        insta::assert_snapshot!(
            shown(Some("us-east-1"), &["m5.large", "t3.medium", "hpc7a.96xlarge", "mac1.metal"]),
            @r"
            type                vCPU    GiB tasks trunked     USD/h USD/month saving a month
            m5.large               2      8     2      10    0.0960     70.08    66%  15-20%
            t3.medium              2      4     2       –    0.0416     30.37    56%     <5%
            hpc7a.96xlarge       192    768     –       –         –         –      –       –
            mac1.metal            12     32     7      12         –         –      –       –
            tasks: with an interface of their own (awsvpc); trunked: so, with trunking;
            saving, a month: of spot, and the share of its hosts interrupted in a month;
            –: none, or not in the catalog.
            "
        );
    }

    #[test]
    fn a_type_in_every_region() {
        insta::assert_snapshot!(shown(None, &["m5.large", "t2.nano"]), @r"
            m5.large
            region              vCPU    GiB tasks trunked     USD/h USD/month saving a month
            ap-northeast-1         2      8     2      10    0.1240     90.52    66%    >20%
            ap-southeast-1         2      8     2      10    0.1200     87.60    60%    >20%
            ap-southeast-2         2      8     2      10    0.1200     87.60    65%  15-20%
            eu-central-1           2      8     2      10    0.1150     83.95    64%    >20%
            eu-west-1              2      8     2      10    0.1070     78.11    57%   5-10%
            us-east-1              2      8     2      10    0.0960     70.08    66%  15-20%
            us-east-2              2      8     2      10    0.0960     70.08    62%  15-20%
            us-west-2              2      8     2      10    0.0960     70.08    62%  10-15%

            t2.nano
            region              vCPU    GiB tasks trunked     USD/h USD/month saving a month
            ap-northeast-1         1    0.5     1       –    0.0076      5.55      –       –
            ap-southeast-1         1    0.5     1       –    0.0073      5.33      –       –
            ap-southeast-2         1    0.5     1       –    0.0073      5.33      –       –
            eu-central-1           1    0.5     1       –    0.0067      4.89      –       –
            eu-west-1              1    0.5     1       –    0.0063      4.60      –       –
            us-east-1              1    0.5     1       –    0.0058      4.23      –       –
            us-east-2              1    0.5     1       –    0.0058      4.23      –       –
            us-west-2              1    0.5     1       –    0.0058      4.23      –       –

            tasks: with an interface of their own (awsvpc); trunked: so, with trunking;
            saving, a month: of spot, and the share of its hosts interrupted in a month;
            –: none, or not in the catalog.
            ");
    }

    #[test]
    fn regions_with_their_counts() {
        insta::assert_snapshot!(shown(None, &[]), @r"
                               instance types   Fargate x86_64, USD/h   Fargate arm64, USD/h
            region            priced    spot       vCPU          GB       vCPU          GB
            ap-northeast-1       980     821    0.05056     0.00553          –           –
            ap-southeast-1       792     653          –           –          –           –
            ap-southeast-2       865     698          –           –          –           –
            eu-central-1        1010     821          –           –          –           –
            eu-west-1            870     787          –           –          –           –
            us-east-1           1323     890    0.04048    0.004445    0.03238     0.00356
            us-east-2           1040     820          –           –          –           –
            us-west-2           1153     889          –           –          –           –
            –: not in the catalog; give it as [prices] in the scenario.
            ");
    }

    #[test]
    fn a_region_shows_what_has_a_price_there_within_80_columns() {
        assert_eq!(shown(Some("eu-west-1"), &[]).lines().count(), 1 + 870 + 3);
        for region in catalog::regions() {
            let all = shown(Some(region), &[]);
            assert!(
                all.lines().all(|line| line.chars().count() <= 80),
                "{region}"
            );
        }
    }

    #[test]
    fn every_unknown_name_is_reported() {
        let unknown = ask(Some("us-east1"), &["m5.lrage", "m5.large", "warp drive"]).unwrap_err();
        insta::assert_snapshot!(unknown, @r#"
            the catalog has no region "us-east1"; nearest: us-east-1, us-east-2
            the catalog has no instance type "m5.lrage"; nearest: m5.large, m5.xlarge, m5d.large
            the catalog has no instance type "warp drive"
            "#);
    }

    #[test]
    fn an_unknown_price_is_empty_in_csv_and_null_in_json() {
        let answer = ask(Some("us-east-1"), &["m5.large", "mac1.metal"]).unwrap();
        insta::assert_snapshot!(csv(&answer).unwrap(), @r"
            region,instance_type,architecture,vcpu,memory_mib,gpus,task_interfaces,trunked_task_interfaces,on_demand_usd_per_hour,on_demand_usd_per_month,spot_savings_percent,spot_interrupted_per_month
            us-east-1,m5.large,x86_64,2,8192,0,2,10,0.096,70.08,66,15-20%
            us-east-1,mac1.metal,x86_64,12,32768,0,7,12,,,,
            ");
        insta::assert_snapshot!(json(&answer), @r#"
            {
              "schema_version": 1,
              "offers": [
                {
                  "region": "us-east-1",
                  "instance_type": "m5.large",
                  "architecture": "x86_64",
                  "vcpu": 2,
                  "memory_mib": 8192,
                  "gpus": 0,
                  "task_interfaces": 2,
                  "trunked_task_interfaces": 10,
                  "on_demand_usd_per_hour": 0.096,
                  "on_demand_usd_per_month": 70.08,
                  "spot_savings_percent": 66,
                  "spot_interrupted_per_month": "15-20%"
                },
                {
                  "region": "us-east-1",
                  "instance_type": "mac1.metal",
                  "architecture": "x86_64",
                  "vcpu": 12,
                  "memory_mib": 32768,
                  "gpus": 0,
                  "task_interfaces": 7,
                  "trunked_task_interfaces": 12,
                  "on_demand_usd_per_hour": null,
                  "on_demand_usd_per_month": null,
                  "spot_savings_percent": null,
                  "spot_interrupted_per_month": null
                }
              ]
            }
            "#);
    }

    #[test]
    fn regions_have_one_csv_row_each() {
        let answer = ask(None, &[]).unwrap();
        let rows = csv(&answer).unwrap();
        assert_eq!(rows.lines().count(), 1 + 8);
        assert!(rows.contains("us-east-1,1323,890,0.04048,0.004445,0.03238,0.00356"));
        assert!(rows.contains("eu-west-1,870,787,,,,"));
        assert!(json(&answer).contains("\"fargate_arm64_usd_per_gb_hour\": null"));
    }
}
