//! Taints of effect `NoSchedule` and `NoExecute` must be tolerated.
//!
//! Follows kubernetes/kubernetes
//! `pkg/scheduler/framework/plugins/tainttoleration/taint_toleration.go`.

use crate::cycle::Fail;
use crate::needs::TAINT;
use crate::verdict::Plugin;

pub(crate) const REASON: &str = "node(s) had untolerated taint(s)";

pub(crate) fn filter(broken: u8) -> Option<Fail> {
    (broken & TAINT != 0).then(|| Fail::unresolvable(Plugin::TaintToleration, REASON))
}
