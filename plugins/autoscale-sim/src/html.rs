//! One self-contained page: no script, no font and no picture from anywhere.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use crate::picture::{NodePicture, Picture};
use crate::render::{consequence, counted, owner};
use crate::report::{Head, PodGroup, PodsLeft};
use crate::scale_up::{GroupChange, ScaleUpPlan};

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8884;--faint:#888}\
body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem}\
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}\
p.time,.faint{color:var(--faint)}\
table{border-collapse:collapse;width:100%}\
th,td{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:top}\
th{font-weight:600;color:var(--faint);font-size:.85rem}\
.nodes{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:.5rem 1rem}\
.node{border:1px solid var(--line);border-radius:4px;padding:.4rem .5rem}\
.node.new{border:2px solid #2a7}\
.node b{font-weight:600;overflow-wrap:anywhere}\
.bar{display:flex;height:.8rem;background:#8882;border-radius:2px;overflow:hidden;margin:.15rem 0}\
.bar span{display:block;height:100%}\
.bar span.new{background-image:repeating-linear-gradient(45deg,#fff6 0 3px,#fff0 3px 6px)}\
.key{display:flex;flex-wrap:wrap;gap:.25rem 1rem;margin:.5rem 0}\
.key i{display:inline-block;width:.8rem;height:.8rem;border-radius:2px;margin-right:.35rem;vertical-align:-.1rem}\
.bad{color:#c33}.good{color:#2a7}";

/// The page of what the autoscaler would add now. Writing to a string can't fail.
#[must_use]
pub fn scale_up_page(report: &ScaleUpPlan, picture: &Picture) -> String {
    let mut page = String::new();
    let _ = write_page(&mut page, report, picture);
    page
}

fn write_page(page: &mut String, report: &ScaleUpPlan, picture: &Picture) -> fmt::Result {
    let first = report.outcomes.first();
    let none = Vec::new();
    let changes = first.map_or(&none, |own| &own.scale_ups);
    let title = if changes.is_empty() {
        "nothing to add".to_owned()
    } else {
        added(changes)
    };
    write!(
        page,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>autoscale-sim: {0}</title><style>{STYLE}</style></head><body><h1>{0}</h1>",
        Text(&title)
    )?;
    if first.is_some() {
        write!(
            page,
            "<p>{}.</p>",
            consequence(&report.outcomes[..1], report)
        )?;
    }
    write!(
        page,
        "<p class=\"time\">{} &middot; {} and {} read &middot; node groups: {} &middot; {}; expander {}</p>",
        report.head.time,
        counted(report.head.nodes, "node"),
        counted(report.head.pods, "pod"),
        Text(&report.autoscaler.node_groups_from),
        Text(&report.autoscaler.flags_from),
        Text(&report.autoscaler.expander.join(","))
    )?;
    write_decisions(page, report)?;
    if let Some(own) = first {
        write_left(page, &own.pods_left)?;
        write_pods(page, "Pods for a later loop", &own.pods_awaiting)?;
        write_pods(page, "Pods helped", &own.pods_helped)?;
    }
    write_head(page, &report.head, &report.incomplete)?;
    write_picture(page, picture)?;
    page.push_str("</body></html>\n");
    Ok(())
}

fn added(changes: &[GroupChange]) -> String {
    let all: Vec<String> = changes
        .iter()
        .map(|own| format!("+{} {}", own.add, own.group))
        .collect();
    all.join(", ")
}

fn write_decisions(page: &mut String, report: &ScaleUpPlan) -> fmt::Result {
    if report.decisions.len() > 1 {
        write!(
            page,
            "<h2>{} are possible</h2><p>The autoscaler leaves the choice to chance; all below shows the likeliest.</p>",
            counted(report.decisions.len(), "decision")
        )?;
    }
    page.push_str(
        "<table><tr><th>Group<th>Add<th>Now<th>After<th>Max<th>Pods helped<th>Chance</tr>",
    );
    for own in &report.decisions {
        let chance = own
            .likelihood
            .map_or(String::new(), |share| format!("{:.0}%", share * 100.0));
        let (least, most) = own.pods_helped;
        for change in &own.scale_ups {
            let max = change
                .max
                .map_or("unknown".to_owned(), |max| max.to_string());
            write!(
                page,
                "<tr><td>{}<td class=\"good\">+{}<td>{}<td>{}<td>{max}<td>{least} to {most}<td>{chance}</tr>",
                Text(&change.group),
                change.add,
                change.from,
                change.to,
            )?;
        }
        if own.scale_ups.is_empty() {
            write!(page, "<tr><td colspan=\"6\">nothing<td>{chance}</tr>")?;
        }
    }
    page.push_str("</table>");
    Ok(())
}

fn write_left(page: &mut String, left: &[PodsLeft]) -> fmt::Result {
    if left.is_empty() {
        return Ok(());
    }
    page.push_str("<h2>Pods that stay pending</h2><table><tr><th>Workload<th>Pods<th>Why</tr>");
    for own in left {
        write!(
            page,
            "<tr><td class=\"bad\">{}<td>{}<td>",
            Text(&owner(&own.pods)),
            own.pods.count
        )?;
        for (group, reasons) in own.rejected.iter().chain(&own.skipped) {
            write!(
                page,
                "<div>{}: {}</div>",
                Text(group),
                Text(&reasons.join(", "))
            )?;
        }
        write!(
            page,
            "{}</tr>",
            Text(own.message.as_deref().unwrap_or_default())
        )?;
    }
    page.push_str("</table>");
    Ok(())
}

fn write_pods(page: &mut String, title: &str, groups: &[PodGroup]) -> fmt::Result {
    if groups.is_empty() {
        return Ok(());
    }
    write!(page, "<h2>{title}</h2><table><tr><th>Workload<th>Pods</tr>")?;
    for own in groups {
        write!(page, "<tr><td>{}<td>{}</tr>", Text(&owner(own)), own.count)?;
    }
    page.push_str("</table>");
    Ok(())
}

fn write_head(page: &mut String, head: &Head, incomplete: &[String]) -> fmt::Result {
    for (title, all) in [
        ("Assumed", &head.assumed),
        ("Unknown", &head.unknown),
        ("There may be more outcomes", &incomplete.to_vec()),
    ] {
        if all.is_empty() {
            continue;
        }
        write!(page, "<h2>{title}</h2><ul>")?;
        for text in all {
            write!(page, "<li>{}</li>", Text(text))?;
        }
        page.push_str("</ul>");
    }
    Ok(())
}

fn write_picture(page: &mut String, picture: &Picture) -> fmt::Result {
    let colours = colours(picture);
    page.push_str("<h2>Nodes, before and after</h2><div class=\"key\">");
    for (workload, colour) in &colours {
        write!(
            page,
            "<span><i style=\"background:{colour}\"></i>{}</span>",
            Text(workload)
        )?;
    }
    page.push_str("</div><p class=\"faint\">Upper bar CPU, lower bar memory, as requested. Striped: pods that are bound then. Framed: new nodes.</p>");
    for group in &picture.groups {
        let name = if group.name.is_empty() {
            "in no group"
        } else {
            &group.name
        };
        write!(page, "<h2>{}</h2><div class=\"nodes\">", Text(name))?;
        for node in &group.nodes {
            write_node(page, node, &colours)?;
        }
        page.push_str("</div>");
    }
    if picture.left_out > 0 {
        write!(
            page,
            "<p class=\"faint\">{} are not drawn.</p>",
            counted(picture.left_out, "more node")
        )?;
    }
    Ok(())
}

fn write_node(
    page: &mut String,
    node: &NodePicture,
    colours: &BTreeMap<&str, String>,
) -> fmt::Result {
    let percent = |part: i64, whole: i64| part.saturating_mul(1000).checked_div(whole).unwrap_or(0);
    let tenths = |share: i64| format!("{}.{}%", share / 10, share % 10);
    let (before, after) = (node.before, node.after);
    let was = percent(before.requested_milli_cpu, before.allocatable_milli_cpu) / 10;
    let is = percent(after.requested_milli_cpu, after.allocatable_milli_cpu) / 10;
    let text = if node.is_new {
        format!("new, CPU {is}%")
    } else {
        format!("CPU {was}% → {is}%")
    };
    write!(
        page,
        "<div class=\"node{}\"><b>{}</b> <span class=\"faint\">{text}</span>",
        if node.is_new { " new" } else { "" },
        Text(&node.name)
    )?;
    for memory in [false, true] {
        page.push_str("<div class=\"bar\">");
        for part in &node.parts {
            let (own, whole) = if memory {
                (part.memory, after.allocatable_memory_bytes)
            } else {
                (part.milli_cpu, after.allocatable_milli_cpu)
            };
            for (pods, class) in [(part.pods - part.new_pods, ""), (part.new_pods, "new")] {
                let pods = i64::try_from(pods).unwrap_or(0);
                let all = i64::try_from(part.pods).unwrap_or(1).max(1);
                if pods > 0 {
                    write!(
                        page,
                        "<span class=\"{class}\" style=\"width:{};background-color:{}\" title=\"{} &times;{pods}\"></span>",
                        tenths(percent(own * pods / all, whole)),
                        colours
                            .get(part.workload.as_str())
                            .map(String::as_str)
                            .unwrap_or_default(),
                        Text(&part.workload)
                    )?;
                }
            }
        }
        page.push_str("</div>");
    }
    page.push_str("</div>");
    Ok(())
}

/// A colour for each workload, as far apart as their number allows.
fn colours(picture: &Picture) -> BTreeMap<&str, String> {
    let mut all: BTreeMap<&str, String> = BTreeMap::new();
    for node in picture.groups.iter().flat_map(|group| &group.nodes) {
        for part in &node.parts {
            all.insert(&part.workload, String::new());
        }
    }
    for (colour, number) in all.values_mut().zip(0_u32..) {
        // The golden angle keeps any first few apart.
        let hue = number * 137 % 360;
        *colour = format!("hsl({hue} 60% {}%)", 45 + number % 3 * 10);
    }
    all
}

/// Text in a page: what has a meaning in HTML is written as itself.
struct Text<'a>(&'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => to.write_str("&amp;")?,
                '<' => to.write_str("&lt;")?,
                '>' => to.write_str("&gt;")?,
                '"' => to.write_str("&quot;")?,
                '\'' => to.write_str("&#39;")?,
                other => to.write_char(other)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster_autoscaler::{Cluster, Options};
    use crate::picture::{GroupPicture, Part};
    use crate::report::Usage;
    use crate::scale_up::{Autoscaler, Decision, OutcomeReport};

    #[test]
    fn the_page_shows_all_and_lets_no_name_in_as_markup() {
        let cluster = Cluster::new(Options::default(), jiff::Timestamp::UNIX_EPOCH);
        let pods = PodGroup {
            namespace: "d".into(),
            owner: "<script>".into(),
            count: 2,
            ..PodGroup::default()
        };
        let left = PodsLeft {
            pods: pods.clone(),
            rejected: [("ng".to_owned(), vec!["Insufficient cpu".to_owned()])].into(),
            ..PodsLeft::default()
        };
        let change = GroupChange {
            group: "ng&co".into(),
            add: 3,
            from: 1,
            to: 4,
            max: None,
        };
        let report = ScaleUpPlan {
            head: Head {
                unknown: vec!["the maximum".into()],
                ..Head::new("ScaleUpPlan", &cluster)
            },
            autoscaler: Autoscaler::default(),
            decisions: vec![Decision {
                scale_ups: vec![change.clone()],
                outcomes: 1,
                likelihood: Some(0.4),
                pods_helped: (2, 2),
            }],
            outcomes: vec![OutcomeReport {
                result: "ScaleUpSuccessful",
                scale_ups: vec![change],
                pods_helped: vec![pods],
                pods_schedulable: Vec::new(),
                pods_awaiting: Vec::new(),
                pods_left: vec![left],
                options: Vec::new(),
            }],
            incomplete: Vec::new(),
            expendable: Vec::new(),
            daemon_set_pods: Vec::new(),
            not_considered: Vec::new(),
        };
        let half = Usage {
            requested_milli_cpu: 1000,
            allocatable_milli_cpu: 2000,
            ..Usage::default()
        };
        let part = Part {
            workload: "d/ReplicaSet/\"x\"".into(),
            pods: 2,
            new_pods: 1,
            milli_cpu: 1000,
            memory: 0,
        };
        let node = NodePicture {
            name: "n".into(),
            is_new: true,
            after: half,
            parts: vec![part],
            ..NodePicture::default()
        };
        let picture = Picture {
            groups: vec![GroupPicture {
                name: "ng".into(),
                nodes: vec![node],
            }],
            left_out: 3,
        };
        let page = scale_up_page(&report, &picture);
        for expected in [
            "<h1>+3 ng&amp;co</h1>",
            "2 pods helped, 2 pods stay pending",
            "&lt;script&gt;",
            "ng: Insufficient cpu",
            "<li>the maximum</li>",
            "width:25.0%",
            "d/ReplicaSet/&quot;x&quot;",
            "3 more nodes are not drawn",
            "<td>unknown<td>2 to 2<td>40%</tr>",
        ] {
            assert!(page.contains(expected), "no {expected} in {page}");
        }
        // Nothing is fetched from anywhere.
        for foreign in ["<script", "http", "src=", "@import", "url("] {
            assert!(!page.contains(foreign), "{foreign} in {page}");
        }
    }
}
