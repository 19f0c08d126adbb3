//! Host ports, their addresses and protocols.

use serde_json::{Value, json};

use super::super::random::Random;
use super::cluster::Draft;
use super::push;

pub fn ports(d: &mut Draft) {
    for i in 0..d.pods.len() {
        if d.random.chance(70) {
            let mut pod = std::mem::take(&mut d.pods[i]);
            give(&mut d.random, &mut pod);
            d.pods[i] = pod;
        }
    }
    let mut pod = std::mem::take(&mut d.pod);
    give(&mut d.random, &mut pod);
    d.pod = pod;
}

fn give(r: &mut Random, pod: &mut Value) {
    for _ in 0..r.between(1, 2) {
        let port = port(r);
        if r.chance(85) {
            if let Some(main) = pod["spec"]["containers"].get_mut(0) {
                push(main, &["ports"], port);
            }
        } else {
            let mut init =
                json!({"name": format!("init-{}", r.below(1000)), "image": "x", "ports": [port]});
            if r.chance(60) {
                init["restartPolicy"] = json!("Always");
            }
            push(pod, &["spec", "initContainers"], init);
        }
    }
    if r.chance(10) {
        pod["spec"]["hostNetwork"] = json!(true);
    }
}

fn port(r: &mut Random) -> Value {
    let number = [80, 443, 8080][r.below(3)];
    let mut port = json!({"containerPort": number});
    if r.chance(90) {
        port["hostPort"] = json!(number);
    }
    if r.chance(70) {
        port["protocol"] = json!(r.pick(&["TCP", "TCP", "UDP", "SCTP"]));
    }
    if r.chance(50) {
        port["hostIP"] = json!(r.pick(&["0.0.0.0", "127.0.0.1", "10.0.0.1", "::", "::1", ""]));
    }
    port
}
