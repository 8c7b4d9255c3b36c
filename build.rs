//! Checks the tables of `data/catalog` and packs them as sorted constants for `src/catalog.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::path::Path;
use std::{env, fs};

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A row of `instances.csv`. Its debug form is the Rust source of the constant.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "read through the debug form")]
struct InstanceType {
    #[serde(rename(deserialize = "instance_type"))]
    name: String,
    vcpu: u32,
    memory_mib: u32,
    architecture: Architecture,
    max_enis: Option<u32>,
    branch_enis: Option<u32>,
    gpus: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
enum Architecture {
    #[serde(rename = "x86_64")]
    X86_64,
    #[serde(rename = "arm64")]
    Arm64,
}

#[derive(Deserialize)]
struct Price {
    region: String,
    instance_type: String,
    usd_per_hour: String,
}

#[derive(Deserialize)]
struct Spot {
    region: String,
    instance_type: String,
    savings_percent: u16,
    interruption_band: u16,
}

#[derive(Deserialize)]
struct Fargate {
    region: String,
    architecture: Architecture,
    usd_per_vcpu_hour: String,
    usd_per_gb_hour: String,
}

#[derive(Deserialize)]
struct FargateSize {
    cpu: u32,
    memory_mib: u32,
}

/// A table by its key, so that it is sorted and every key occurs once.
type Table<Key, Value> = BTreeMap<Key, Value>;
type RegionAndType = (String, String);

fn main() -> Result<(), String> {
    println!("cargo::rerun-if-changed=data/catalog");

    let instances = table("instances.csv", |row: InstanceType| {
        Ok((row.name.clone(), row))
    })?;
    let prices = table("prices.csv", |row: Price| {
        Ok((
            known_type(&instances, row.region, row.instance_type)?,
            micro_usd(&row.usd_per_hour)?,
        ))
    })?;
    let spot = table("spot.csv", |row: Spot| {
        let key = known_type(&instances, row.region, row.instance_type)?;
        if !prices.contains_key(&key) {
            return Err(format!("{} has no price in {}", key.1, key.0));
        }
        Ok((key, spot_code(row.savings_percent, row.interruption_band)?))
    })?;
    let regions: BTreeSet<&str> = prices.keys().map(|(region, _)| region.as_str()).collect();
    let fargate = table("fargate.csv", |row: Fargate| {
        if !regions.contains(row.region.as_str()) {
            return Err(format!("region {} has no row in prices.csv", row.region));
        }
        let rates = (
            micro_usd(&row.usd_per_vcpu_hour)?,
            micro_usd(&row.usd_per_gb_hour)?,
        );
        Ok(((row.region, row.architecture), rates))
    })?;
    let sizes = table("fargate_sizes.csv", |row: FargateSize| {
        Ok(((row.cpu, row.memory_mib), ()))
    })?;

    let source = [
        constant("INSTANCE_TYPES", "InstanceType", instances.values()),
        constant("REGIONS", "&str", &regions),
        constant(
            "ON_DEMAND_MICRO_USD",
            &format!("[u32; {}]", instances.len()),
            columns(&regions, &instances, &prices),
        ),
        constant(
            "SPOT_CODES",
            &format!("[u16; {}]", instances.len()),
            columns(&regions, &instances, &spot),
        ),
        constant("FARGATE_MICRO_USD", "FargateRow", &fargate),
        constant("FARGATE_SIZES", "(u32, u32)", sizes.keys()),
    ]
    .concat();
    let directory = env::var("OUT_DIR").map_err(|error| format!("OUT_DIR: {error}"))?;
    fs::write(Path::new(&directory).join("catalog.rs"), source)
        .map_err(|error| format!("{directory}/catalog.rs: {error}"))
}

/// Reads a table; `entry` checks a row and splits it into key and value.
fn table<Row: DeserializeOwned, Key: Ord, Value>(
    file: &str,
    entry: impl Fn(Row) -> Result<(Key, Value), String>,
) -> Result<Table<Key, Value>, String> {
    let path = format!("data/catalog/{file}");
    let mut reader = csv::Reader::from_path(&path).map_err(|error| format!("{path}: {error}"))?;
    let mut table = Table::new();
    for (index, row) in reader.deserialize().enumerate() {
        let at_line = |problem: &dyn Display| format!("{path}, line {}: {problem}", index + 2);
        let row = row.map_err(|error| format!("{path}: {error}"))?;
        let (key, value) = entry(row).map_err(|problem| at_line(&problem))?;
        if table.insert(key, value).is_some() {
            return Err(at_line(&"its key is there already"));
        }
    }
    Ok(table)
}

fn known_type(
    instances: &Table<String, InstanceType>,
    region: String,
    instance_type: String,
) -> Result<RegionAndType, String> {
    if instances.contains_key(&instance_type) {
        Ok((region, instance_type))
    } else {
        Err(format!("{instance_type} has no row in instances.csv"))
    }
}

/// A decimal number of dollars in millionths, exactly; never zero, which stands for "no price".
fn micro_usd(usd: &str) -> Result<u32, String> {
    let (whole, fraction) = usd.split_once('.').unwrap_or((usd, ""));
    format!("{whole}{fraction:0<6}")
        .parse()
        .ok()
        .filter(|&micro| micro > 0 && fraction.len() <= 6)
        .ok_or_else(|| {
            format!("a price above 0 with at most six decimals is expected, not {usd:?}")
        })
}

/// Saving and band in one number; never zero, which stands for "no offer".
fn spot_code(savings_percent: u16, interruption_band: u16) -> Result<u16, String> {
    if savings_percent > 100 || interruption_band > 4 {
        return Err(format!(
            "a saving up to 100 and a band up to 4 are expected, \
             not {savings_percent} and {interruption_band}"
        ));
    }
    Ok(1 + 5 * savings_percent + interruption_band)
}

/// One column per region, one place per instance type; zero where the table has no row.
fn columns<Value: Copy + Default>(
    regions: &BTreeSet<&str>,
    instances: &Table<String, InstanceType>,
    table: &Table<RegionAndType, Value>,
) -> Vec<Vec<Value>> {
    let value = |region: &str, name: &String| {
        let key = (region.to_owned(), name.clone());
        table.get(&key).copied().unwrap_or_default()
    };
    regions
        .iter()
        .map(|region| instances.keys().map(|name| value(region, name)).collect())
        .collect()
}

/// The source of a constant array, from items whose debug form is their source.
fn constant<Item: std::fmt::Debug>(
    name: &str,
    item_type: &str,
    items: impl IntoIterator<Item = Item>,
) -> String {
    let items: Vec<Item> = items.into_iter().collect();
    format!(
        "pub static {name}: [{item_type}; {}] = {items:?};\n",
        items.len()
    )
}
