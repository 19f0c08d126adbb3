//! Prices from a CSV file: instance type, zone, capacity type, price for an hour.

use crate::karpenter::InstanceTypeSpec;

const ZONE: &str = "topology.kubernetes.io/zone";
const CAPACITY_TYPE: &str = "karpenter.sh/capacity-type";

/// One line of the file.
#[derive(Clone, Debug, PartialEq)]
struct Line {
    instance_type: String,
    zone: String,
    capacity_type: String,
    price: f64,
}

/// Puts the prices of a file in the place of the instance types' own. Later lines win. Returns the
/// instance types that the file names and that there are none of.
///
/// # Errors
/// A sentence that says which line is wrong, and how.
pub fn apply(text: &str, types: &mut [InstanceTypeSpec]) -> Result<Vec<String>, String> {
    let mut unknown = Vec::new();
    for (at, text) in text.lines().enumerate() {
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let line = read(text);
        let line = match line {
            Ok(line) => line,
            // The first line may name the columns.
            Err(_) if at == 0 => continue,
            Err(why) => return Err(format!("line {}: {why}", at + 1)),
        };
        let mut known = false;
        for own in types.iter_mut() {
            if line.instance_type != "*" && line.instance_type != own.name {
                continue;
            }
            known = true;
            for offering in &mut own.offerings {
                let is = |key: &str, wanted: &str| {
                    let mut all = offering.requirements.iter();
                    wanted == "*"
                        || all
                            .any(|own| own.key == key && own.values.iter().any(|own| own == wanted))
                };
                if is(ZONE, &line.zone) && is(CAPACITY_TYPE, &line.capacity_type) {
                    offering.price = line.price;
                }
            }
        }
        if !known && !unknown.contains(&line.instance_type) {
            unknown.push(line.instance_type);
        }
    }
    Ok(unknown)
}

fn read(text: &str) -> Result<Line, String> {
    let fields: Vec<&str> = text
        .split(',')
        .map(|field| field.trim().trim_matches('"'))
        .collect();
    let [instance_type, zone, capacity_type, price] = fields.as_slice() else {
        return Err(format!(
            "{} fields instead of 4: instance type, zone, capacity type, price",
            fields.len()
        ));
    };
    let price: f64 = price
        .parse()
        .ok()
        .filter(|price: &f64| price.is_finite() && *price >= 0.0)
        .ok_or_else(|| format!("\"{price}\" is no price"))?;
    let or_any = |field: &str| if field.is_empty() { "*" } else { field }.to_owned();
    Ok(Line {
        instance_type: or_any(instance_type),
        zone: or_any(zone),
        capacity_type: or_any(capacity_type),
        price,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::karpenter::read_instance_types;

    fn types() -> Vec<InstanceTypeSpec> {
        read_instance_types(
            r#"[{"name": "a", "architecture": "amd64", "operatingSystems": ["linux"],
                "resources": {"cpu": "1", "memory": "1Gi"}, "offerings": [
                {"Price": 1, "Requirements": [
                    {"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["spot"]},
                    {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["z1"]}]},
                {"Price": 2, "Requirements": [
                    {"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["on-demand"]},
                    {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["z1"]}]}]}]"#,
        )
        .unwrap()
    }

    #[test]
    fn prices_are_replaced_where_they_match() {
        let mut types = types();
        let text = "type,zone,capacity,price\n# all\na,*,*,0.5\na,z1,spot,0.25\na,z2,,9\nb,,,1\n";
        assert_eq!(apply(text, &mut types).unwrap(), ["b"]);
        let prices: Vec<f64> = types[0].offerings.iter().map(|own| own.price).collect();
        assert!((prices[0] - 0.25).abs() < 1e-9 && (prices[1] - 0.5).abs() < 1e-9);
    }

    #[test]
    fn mistakes_name_the_line() {
        for (text, expected) in [
            ("a,z,spot,1\na,z,spot", "line 2: 3 fields instead of 4"),
            ("a,z,spot,1\na,z,spot,free", "line 2: \"free\" is no price"),
            ("a,z,spot,1\na,z,spot,-1", "line 2: \"-1\" is no price"),
        ] {
            let error = apply(text, &mut types()).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
