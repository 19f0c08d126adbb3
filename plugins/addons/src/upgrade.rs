//! Before an upgrade of Kubernetes: which add-ons must move first, and which with it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::compatibility::{Judgement, Minor, Verdict};
use crate::version::{Version, newest};

/// When an add-on is to move; in the order in which one goes about it.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum When {
    /// No version is supported on the new Kubernetes, and the installed one is not to run there.
    Blocked,
    /// To a version that is supported on both, before Kubernetes moves.
    Before,
    /// To a version that is only supported on the new one, together with Kubernetes.
    With,
    /// The installed version is untested there, and so is every other.
    Untested,
    /// Nobody says anything.
    Unknown,
    /// It can stay as it is.
    Stays,
}

/// What to do about one add-on.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Move {
    /// When.
    pub when: When,
    /// To which version.
    pub to: Option<String>,
    /// What holds for the installed version on the new Kubernetes.
    pub verdict: Verdict,
    /// The rule behind it.
    pub reason: String,
}

/// Plans one add-on's part.
pub fn plan(
    tags: Option<&[Version]>,
    installed: Option<&Version>,
    now: Minor,
    target: Minor,
    judge: &dyn Fn(&Version, Minor) -> Judgement,
) -> Move {
    let Some(version) = installed else {
        return Move {
            when: When::Unknown,
            to: None,
            verdict: Verdict::Unknown,
            reason: "the installed version is not known".into(),
        };
    };
    let there = judge(version, target);
    let supported = |version: &Version, on: Minor| judge(version, on).verdict == Verdict::Supported;
    let tags = tags.unwrap_or_default();
    let newer = |version: &Version, known: &Version| version.order(known).is_gt();
    let both = |one: &Version| newer(one, version) && supported(one, now) && supported(one, target);
    let only_there = |one: &Version| newer(one, version) && supported(one, target);
    let (when, to) = match there.verdict {
        Verdict::Supported => (When::Stays, None),
        Verdict::Unknown => (When::Unknown, None),
        verdict => match (
            newest(tags, installed, both),
            newest(tags, installed, only_there),
        ) {
            (Some(bridge), _) => (When::Before, Some(bridge)),
            (None, Some(next)) => (When::With, Some(next)),
            (None, None) if verdict == Verdict::Unsupported => (When::Blocked, None),
            (None, None) => (When::Untested, None),
        },
    };
    Move {
        when,
        to: to.map(|version| version.text.clone()),
        verdict: there.verdict,
        reason: there.reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use crate::compatibility::Published;
    use crate::version::{parse, versions};

    #[test]
    fn what_fits_both_moves_before_and_what_fits_only_the_new_one_with_it() {
        let catalogue = Catalogue::load(None, &[]).unwrap();
        let now = "1.35".parse().unwrap();
        let target = "1.36".parse().unwrap();
        for (addon, installed, tags, when, to) in [
            // 1.20 is for 1.32 to 1.35, 1.21 for 1.33 to 1.36.
            (
                "cert-manager",
                "v1.20.3",
                "v1.20.3 v1.21.0 v1.21.1 v1.22.0",
                When::Before,
                Some("v1.21.1"),
            ),
            ("cert-manager", "v1.21.0", "v1.21.1", When::Stays, None),
            ("cert-manager", "v1.20.3", "v1.20.3", When::Untested, None),
            ("cert-manager", "v1.99.0", "v1.99.1", When::Unknown, None),
            (
                "cluster-autoscaler",
                "v1.35.0",
                "v1.35.1 v1.36.0 v1.37.0",
                When::With,
                Some("v1.36.0"),
            ),
            (
                "coredns",
                "v1.13.1",
                "v1.13.1 v1.14.2 v1.14.3",
                When::With,
                Some("v1.14.2"),
            ),
            (
                "kube-proxy",
                "v1.35.0",
                "v1.35.1 v1.36.0",
                When::Stays,
                None,
            ),
            ("kube-proxy", "v1.32.0", "v1.32.1", When::Blocked, None),
            (
                "kube-scheduler",
                "v1.34.0",
                "v1.34.1 v1.35.3 v1.36.1",
                When::Before,
                Some("v1.35.3"),
            ),
            ("metrics-server", "v0.8.0", "v0.9.0", When::Stays, None),
            ("flannel", "v0.27.0", "v0.27.4", When::Unknown, None),
        ] {
            let addon = catalogue.get(addon).unwrap();
            let judge = |version: &Version, on: Minor| {
                crate::compatibility::judge(Some(addon), &Published::new(), version, on)
            };
            let tags: Vec<String> = tags.split(' ').map(str::to_owned).collect();
            let tags = versions(&tags);
            let installed = parse(installed).version();
            let plan = plan(Some(&tags), installed.as_ref(), now, target, &judge);
            assert_eq!(
                (plan.when, plan.to.as_deref()),
                (when, to),
                "{} {installed:?}",
                addon.name
            );
        }
    }
}
