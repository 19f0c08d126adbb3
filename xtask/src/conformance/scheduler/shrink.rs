//! Makes a failing case small: takes objects and fields away while it still fails.

use serde_json::Value;

use super::case::Case;

/// The smallest case that `fails`, within a number of tries.
pub fn shrink(mut case: Case, mut tries: usize, mut fails: impl FnMut(&Case) -> bool) -> Case {
    let mut test = |case: &Case| {
        tries = tries.saturating_sub(1);
        tries > 0 && fails(case)
    };
    loop {
        let before = weight(&case);
        objects(&mut case, &mut test);
        let mut pod = case.pod.clone();
        prune(&mut pod, &mut |pod| {
            test(&Case {
                pod: pod.clone(),
                ..case.clone()
            })
        });
        case.pod = pod;
        for at in 0..case.objects.len() {
            let mut object = case.objects[at].clone();
            prune(&mut object, &mut |object| {
                let mut smaller = case.clone();
                smaller.objects[at] = object.clone();
                test(&smaller)
            });
            case.objects[at] = object;
        }
        if weight(&case) == before {
            return case;
        }
    }
}

fn weight(case: &Case) -> usize {
    case.pod.to_string().len()
        + case
            .objects
            .iter()
            .map(|o| o.to_string().len())
            .sum::<usize>()
}

/// Half of the objects at once, then a quarter, down to single ones.
fn objects(case: &mut Case, test: &mut impl FnMut(&Case) -> bool) {
    let mut size = case.objects.len().div_ceil(2).max(1);
    loop {
        let mut at = 0;
        while at < case.objects.len() {
            let mut smaller = case.clone();
            let end = (at + size).min(smaller.objects.len());
            smaller.objects.drain(at..end);
            if test(&smaller) {
                *case = smaller;
            } else {
                at += size;
            }
        }
        if size == 1 {
            return;
        }
        size = size.div_ceil(2);
    }
}

fn prune(whole: &mut Value, test: &mut impl FnMut(&Value) -> bool) {
    let mut path = Vec::new();
    descend(whole, &mut path, test);
}

fn descend(whole: &mut Value, path: &mut Vec<String>, test: &mut impl FnMut(&Value) -> bool) {
    let keys: Vec<String> = match at(whole, path) {
        Some(Value::Object(map)) => map.keys().cloned().collect(),
        Some(Value::Array(list)) => (0..list.len()).rev().map(|i| i.to_string()).collect(),
        _ => return,
    };
    for key in keys {
        if !identifies(path, &key) {
            let mut smaller = whole.clone();
            remove(&mut smaller, path, &key);
            if test(&smaller) {
                *whole = smaller;
                continue;
            }
        }
        path.push(key);
        descend(whole, path, test);
        path.pop();
    }
}

/// An object without these would be none.
fn identifies(path: &[String], key: &str) -> bool {
    match path {
        [] => matches!(key, "kind" | "apiVersion" | "metadata"),
        [metadata] => metadata == "metadata" && matches!(key, "name" | "namespace"),
        _ => false,
    }
}

fn at<'a>(whole: &'a mut Value, path: &[String]) -> Option<&'a mut Value> {
    path.iter().try_fold(whole, |at, key| match at {
        Value::Object(map) => map.get_mut(key),
        Value::Array(list) => list.get_mut(key.parse::<usize>().ok()?),
        _ => None,
    })
}

fn remove(whole: &mut Value, path: &[String], key: &str) {
    match at(whole, path) {
        Some(Value::Object(map)) => drop(map.remove(key)),
        Some(Value::Array(list)) => {
            if let Ok(index) = key.parse::<usize>()
                && index < list.len()
            {
                list.remove(index);
            }
        }
        _ => {}
    }
}
