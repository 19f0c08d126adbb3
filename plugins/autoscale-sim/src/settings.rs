//! `--set`: one thing changed, for a what-if.

use crate::cluster_autoscaler::Options;
use crate::cluster_autoscaler::options::Effect;
use crate::node_groups::KnownGroup;

/// What `--set` changes.
#[derive(Clone, Debug, PartialEq)]
pub enum Setting {
    /// A flag of the autoscaler.
    Flag(String, String),
    /// The least size of a group.
    Min(String, i64),
    /// The most nodes of a group.
    Max(String, i64),
    /// The size a group was asked to have.
    Target(String, i64),
    /// The price of a group's node for an hour.
    Price(String, f64),
    /// What the cloud takes a core of a pod to be worth for an hour.
    CorePrice(f64),
    /// The same for a GiB of memory.
    GibPrice(f64),
}

impl Setting {
    /// Reads `expander=priority`, `max.GROUP=20`, `min.GROUP=1`, `target.GROUP=3`, `price.GROUP=0.5`.
    ///
    /// # Errors
    /// A sentence when it is none of these.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| format!("\"{text}\" is not of the form NAME=VALUE"))?;
        let price = || -> Result<f64, String> {
            let read = value.parse().ok();
            read.filter(|price: &f64| price.is_finite() && *price >= 0.0)
                .ok_or_else(|| format!("\"{value}\" is no price"))
        };
        match name {
            "core-price" => return Ok(Self::CorePrice(price()?)),
            "gib-price" => return Ok(Self::GibPrice(price()?)),
            _ => {}
        }
        let Some((what, group)) = name.split_once('.') else {
            let mut scratch = Options::default();
            return match scratch.set(name, value)? {
                Effect::Set => Ok(Self::Flag(name.to_owned(), value.to_owned())),
                Effect::Unknown => Err(format!(
                    "\"{name}\" is no flag of Cluster Autoscaler that changes its decisions; \
                     groups are changed by max.GROUP, min.GROUP, target.GROUP and price.GROUP, \
                     and core-price and gib-price are what pods are worth"
                )),
            };
        };
        let group = group.to_owned();
        if what == "price" {
            return Ok(Self::Price(group, price()?));
        }
        let count: i64 = value
            .parse()
            .ok()
            .filter(|count| *count >= 0)
            .ok_or_else(|| format!("\"{value}\" is no number of nodes"))?;
        match what {
            "max" => Ok(Self::Max(group, count)),
            "min" => Ok(Self::Min(group, count)),
            "target" => Ok(Self::Target(group, count)),
            _ => Err(format!(
                "\"{name}\": of a group, max, min, target and price can be set"
            )),
        }
    }
}

/// Sets flags.
///
/// # Errors
/// When a value is none for its flag.
pub fn apply_flags(settings: &[Setting], options: &mut Options) -> Result<(), String> {
    for setting in settings {
        if let Setting::Flag(name, value) = setting {
            options.set(name, value)?;
        }
    }
    Ok(())
}

/// The prices of a core and of a GiB for an hour, as far as they are set.
#[must_use]
pub fn unit_prices(settings: &[Setting]) -> (Option<f64>, Option<f64>) {
    let mut found = (None, None);
    for setting in settings {
        match setting {
            Setting::CorePrice(price) => found.0 = Some(*price),
            Setting::GibPrice(price) => found.1 = Some(*price),
            _ => {}
        }
    }
    found
}

/// Changes groups.
///
/// # Errors
/// When there is no group of that name.
pub fn apply_to_groups(settings: &[Setting], groups: &mut [KnownGroup]) -> Result<(), String> {
    let names: Vec<String> = groups.iter().map(|group| group.name.clone()).collect();
    for setting in settings {
        let (Setting::Min(name, _)
        | Setting::Max(name, _)
        | Setting::Target(name, _)
        | Setting::Price(name, _)) = setting
        else {
            continue;
        };
        let group = groups
            .iter_mut()
            .find(|group| group.name == *name)
            .ok_or_else(|| {
                let known: Vec<&str> = names.iter().map(String::as_str).collect();
                format!(
                    "there is no node group \"{name}\"; there are: {}",
                    crate::node_groups::listed(&known)
                )
            })?;
        match setting {
            Setting::Min(_, count) => group.min = Some(*count),
            Setting::Max(_, count) => group.max = Some(*count),
            Setting::Target(_, count) => group.target = Some(*count),
            Setting::Price(_, price) => group.price = Some(*price),
            Setting::Flag(..) | Setting::CorePrice(_) | Setting::GibPrice(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_and_applied() {
        let settings: Vec<Setting> = [
            "expander=priority",
            "max.ng-a=20",
            "min.a.b=1",
            "price.ng-a=0.5",
        ]
        .iter()
        .map(|text| Setting::parse(text).unwrap())
        .collect();
        assert_eq!(settings[2], Setting::Min("a.b".into(), 1));
        let mut options = Options::default();
        apply_flags(&settings, &mut options).unwrap();
        assert_eq!(options.expander, ["priority"]);
        let group = |name: &str| KnownGroup {
            name: name.into(),
            ..KnownGroup::default()
        };
        let mut groups = vec![group("ng-a"), group("a.b")];
        apply_to_groups(&settings, &mut groups).unwrap();
        assert_eq!((groups[0].max, groups[0].price), (Some(20), Some(0.5)));
        assert_eq!(groups[1].min, Some(1));
        assert_eq!(unit_prices(&settings), (None, None));
        let prices = ["core-price=0.03", "gib-price=0.004"].map(|own| Setting::parse(own).unwrap());
        assert_eq!(unit_prices(&prices), (Some(0.03), Some(0.004)));
        let error = apply_to_groups(&settings, &mut groups[..1]).unwrap_err();
        assert_eq!(error, "there is no node group \"a.b\"; there are: ng-a");
    }

    #[test]
    fn mistakes_are_named() {
        for (text, expected) in [
            ("expander", "is not of the form NAME=VALUE"),
            (
                "verbosity=4",
                "is no flag of Cluster Autoscaler that changes",
            ),
            ("max.a=many", "\"many\" is no number of nodes"),
            ("max.a=-1", "\"-1\" is no number of nodes"),
            ("size.a=1", "max, min, target and price"),
            ("core-price=cheap", "\"cheap\" is no price"),
            ("price.a=-1", "\"-1\" is no price"),
            ("max-nodes-total=x", "is not a number"),
        ] {
            let error = Setting::parse(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
