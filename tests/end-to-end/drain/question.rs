//! A drain in a terminal: the question before it, and what one sees of it.

use serde_json::json;

use super::pool::Pool;
use crate::terminal::{CTRL_C, ENTER, Terminal};

/// Up to the question.
fn asked(pool: &Pool, args: &[&str]) -> Terminal {
    let mut terminal = Terminal::start(&pool.command(args), "");
    terminal.wait_for("Drain 1 node? [y/N]");
    terminal
}

#[test]
fn nothing_is_changed_before_somebody_says_yes() {
    let pool = Pool::new("asked", 2);
    pool.workload("Deployment", "web", 3, &json!({}));
    pool.budget("web", "web", &json!({"maxUnavailable": 1}));
    let node = pool.node(0);
    for (keys, code, words) in [
        ("n", 1, "error: not confirmed; nothing was changed"),
        (ENTER, 1, "error: not confirmed; nothing was changed"),
        (
            CTRL_C,
            130,
            "error: interrupted at the question; nothing was changed",
        ),
    ] {
        let mut terminal = asked(&pool, &[&node]);
        terminal.types(keys);
        let (ended, seen) = terminal.end();
        assert_eq!(ended, code, "{seen:#?}");
        assert!(seen.iter().any(|line| line.contains(words)), "{seen:#?}");
        assert!(!pool.is_cordoned(0));
        assert_eq!(pool.pods_on(0).len(), 3);
        let leaving = |pod: &serde_json::Value| pod["metadata"]["deletionTimestamp"].is_string();
        assert!(!pool.pods("app=web").iter().any(leaving));
    }

    let mut terminal = asked(&pool, &[&node]);
    terminal.types("y");
    // While it works, a line for the node and the pods it waits for.
    terminal.wait_for("of 3 pods gone");
    terminal.wait_for("waiting for disruption budget asked/web");
    let (code, seen) = terminal.end();
    assert_eq!(code, 0, "{seen:#?}");
    let with = |words: &str| seen.iter().filter(|line| line.contains(words)).count();
    assert_eq!(with("node/asked-0 cordoned"), 1, "{seen:#?}");
    assert_eq!(with("node/asked-0 drained ("), 1, "{seen:#?}");
    assert_eq!(with("pods gone"), 0, "the progress is gone: {seen:#?}");
    assert!(pool.pods_on(0).is_empty());
}

#[test]
fn ctrl_c_in_a_terminal_tells_what_is_left_and_how_to_undo_it() {
    let pool = Pool::new("stopped", 2);
    pool.workload("Deployment", "web", 2, &json!({}));
    pool.budget("web", "web", &json!({"maxUnavailable": 0}));
    let node = pool.node(0);
    let mut terminal = Terminal::start(&pool.command(&[&node, "--proceed-anyway", "--yes"]), "");
    terminal.wait_for("2 pods waiting for disruption budget stopped/web");
    terminal.types(CTRL_C);
    let (code, seen) = terminal.end();
    assert_eq!(code, 130, "{seen:#?}");
    let with = |words: &str| seen.iter().filter(|line| line.contains(words)).count();
    assert_eq!(
        with("There are pending nodes to be drained:"),
        1,
        "{seen:#?}"
    );
    let cordoned = pool.is_cordoned(0);
    assert_eq!(
        with("kubectl drain-node undo stopped-0") == 1,
        cordoned,
        "{seen:#?}"
    );
    assert_eq!(pool.pods_on(0).len(), 2);
}
