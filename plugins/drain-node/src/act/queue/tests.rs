use super::backoff::{LONGEST_WAIT, SHORTEST_WAIT};
use super::*;
use crate::budget::tests::{budget, pod};
use crate::pod::{Deletion, Phase};

fn queue(pods: usize, budgets: Vec<Budget>) -> Queue {
    let mut queue = Queue::default();
    queue.budgets_listed(budgets);
    for number in 0..pods {
        let pod = pod(&format!("web-{number}"), "web");
        queue.add(pod, 0, How::Evict, Stage::Waiting, false);
    }
    queue
}

fn due(queue: &mut Queue, now: Instant) -> Vec<String> {
    let due = queue.due(now, |_| true);
    due.into_iter().map(|attempt| attempt.uid).collect()
}

fn leaving(name: &str) -> Pod {
    Pod {
        resource_version: "2".into(),
        deletion: Some(Deletion {
            deadline: jiff::Timestamp::UNIX_EPOCH,
            grace_seconds: 30,
        }),
        ..pod(name, "web")
    }
}

fn refused() -> Answer {
    Answer::Budget {
        message: "needs 2".into(),
        retry_after: None,
    }
}

#[test]
fn without_a_budget_all_go_at_once_but_never_too_many() {
    let mut queue = queue(100, Vec::new());
    let now = Instant::now();
    assert_eq!(due(&mut queue, now).len(), MOST_IN_FLIGHT);
    assert!(due(&mut queue, now).is_empty());
    queue.answered("web-0", Answer::Accepted, now);
    assert_eq!(due(&mut queue, now).len(), 1);
}

#[test]
fn a_budget_is_never_asked_for_more_than_it_has() {
    let mut queue = queue(5, vec![budget("web", 2, 5, 3, 5)]);
    let now = Instant::now();
    assert_eq!(due(&mut queue, now), ["web-0", "web-1"]);
    queue.answered("web-0", Answer::Accepted, now);
    // The answer of the second is still out, and the numbers show neither.
    assert!(due(&mut queue, now).is_empty());
    let one_shown = Budget {
        disrupted: vec!["web-0".into()],
        ..budget("web", 1, 5, 3, 5)
    };
    queue.budget_seen(one_shown);
    assert!(due(&mut queue, now).is_empty());
    queue.answered("web-1", Answer::Accepted, now);
    let both_shown = Budget {
        disrupted: vec!["web-0".into(), "web-1".into()],
        ..budget("web", 0, 5, 3, 5)
    };
    queue.budget_seen(both_shown);
    assert!(due(&mut queue, now).is_empty());
    // One is replaced.
    queue.seen(leaving("web-0"));
    queue.gone("web-0");
    queue.budget_seen(budget("web", 1, 4, 3, 5));
    assert_eq!(due(&mut queue, now), ["web-2"]);
}

#[test]
fn the_number_shown_before_the_answer_counts_once() {
    let mut queue = queue(3, vec![budget("web", 1, 3, 2, 3)]);
    let now = Instant::now();
    assert_eq!(due(&mut queue, now), ["web-0"]);
    let shown = Budget {
        disrupted: vec!["web-0".into()],
        ..budget("web", 0, 3, 2, 3)
    };
    queue.budget_seen(shown);
    queue.answered("web-0", Answer::Accepted, now);
    queue.budget_seen(budget("web", 1, 3, 2, 3));
    assert_eq!(due(&mut queue, now), ["web-1"]);
}

#[test]
fn a_refusal_waits_for_the_budget_to_change_or_for_the_fallback() {
    let mut queue = queue(2, vec![budget("web", 1, 3, 2, 3)]);
    let now = Instant::now();
    assert_eq!(due(&mut queue, now), ["web-0"]);
    assert_eq!(
        queue.answered("web-0", refused(), now),
        Some("needs 2".into())
    );
    assert!(due(&mut queue, now).is_empty());
    let wake = queue.next_wake(now).unwrap();
    assert!(wake > now + SHORTEST_WAIT && wake <= now + LONGEST_WAIT);
    assert_eq!(due(&mut queue, wake), ["web-0"]);
    assert_eq!(
        queue.answered("web-0", refused(), wake),
        None,
        "said already"
    );
    // A change makes it due at once.
    queue.budget_seen(budget("web", 1, 3, 2, 3));
    assert_eq!(due(&mut queue, wake), ["web-0"]);
    assert_eq!(queue.refusals, 2);
}

#[test]
fn retry_after_is_honoured_unless_the_budget_changes() {
    let mut queue = queue(1, vec![budget("web", 1, 3, 2, 3)]);
    let now = Instant::now();
    due(&mut queue, now);
    let later = Duration::from_secs(10);
    let answer = Answer::Budget {
        message: "still being processed".into(),
        retry_after: Some(later),
    };
    queue.answered("web-0", answer, now);
    assert!(due(&mut queue, now + LONGEST_WAIT).is_empty());
    assert_eq!(queue.next_wake(now), Some(now + later));
    assert_eq!(due(&mut queue, now + later), ["web-0"]);
}

#[test]
fn a_pod_that_changes_is_looked_at_anew() {
    let mut queue = queue(1, vec![budget("web", 0, 1, 1, 2)]);
    let now = Instant::now();
    assert!(due(&mut queue, now).is_empty());
    let finished = Pod {
        phase: Phase::Succeeded,
        resource_version: "2".into(),
        ..pod("web-0", "web")
    };
    queue.seen(finished);
    assert_eq!(due(&mut queue, now), ["web-0"]);
}

#[test]
fn budgets_that_come_and_go_are_seen() {
    let mut queue = queue(1, vec![budget("web", 0, 1, 1, 1)]);
    let now = Instant::now();
    assert!(due(&mut queue, now).is_empty());
    queue.budget_gone(&budget("web", 0, 1, 1, 1));
    assert_eq!(due(&mut queue, now), ["web-0"]);
    let trouble = Answer::Trouble {
        message: "503".into(),
    };
    queue.answered("web-0", trouble, now);
    queue.budget_seen(budget("web", 0, 1, 1, 1));
    assert!(due(&mut queue, now).is_empty());
    assert_eq!(queue.blocking()["ns/web"].1, 1);
}

#[test]
fn errors_that_may_pass_wait_longer_each_time() {
    let mut queue = queue(1, Vec::new());
    let mut now = Instant::now();
    let mut pauses = Vec::new();
    for _ in 0..8 {
        assert_eq!(due(&mut queue, now), ["web-0"]);
        let trouble = Answer::Trouble {
            message: "timeout".into(),
        };
        queue.answered("web-0", trouble, now);
        assert!(due(&mut queue, now).is_empty());
        let wake = queue.next_wake(now).unwrap();
        pauses.push(wake - now);
        now = wake;
    }
    assert!(pauses[0] <= Duration::from_millis(400), "{pauses:?}");
    assert!(
        pauses.iter().all(|pause| *pause <= LONGEST_WAIT),
        "{pauses:?}"
    );
    assert!(pauses[7] >= Duration::from_secs(2), "{pauses:?}");
}

#[test]
fn a_busy_server_is_left_alone_by_all() {
    let mut queue = queue(70, Vec::new());
    let now = Instant::now();
    due(&mut queue, now);
    let pressure = Answer::Pressure {
        message: "too many requests".into(),
        retry_after: Some(Duration::from_secs(3)),
    };
    queue.answered("web-0", pressure, now);
    assert!(due(&mut queue, now).is_empty());
    assert_eq!(queue.next_wake(now), Some(now + Duration::from_secs(3)));
    assert!(!due(&mut queue, now + Duration::from_secs(3)).is_empty());
}

#[test]
fn once_tries_each_and_leaves_what_is_refused() {
    let mut queue = queue(2, vec![budget("web", 1, 2, 1, 2)]);
    queue.once = true;
    let now = Instant::now();
    assert_eq!(due(&mut queue, now), ["web-0", "web-1"]);
    queue.answered("web-0", Answer::Accepted, now);
    queue.answered("web-1", refused(), now);
    assert_eq!(
        queue.entry("web-1").unwrap().stage,
        Stage::Left("needs 2".into())
    );
    queue.gone("web-0");
    assert!(queue.is_settled(0));
}

#[test]
fn the_deadline_turns_refused_evictions_into_deletions() {
    let mut queue = queue(1, vec![budget("web", 0, 1, 1, 1)]);
    let now = Instant::now();
    let deadline = now + Duration::from_secs(1);
    queue.delete_from = Some(deadline);
    assert!(due(&mut queue, now).is_empty());
    assert_eq!(queue.next_wake(now), Some(deadline));
    let attempts = queue.due(deadline, |_| true);
    assert_eq!(attempts[0].how, How::Delete);
}

#[test]
fn the_watch_may_be_quicker_than_the_answer() {
    let mut queue = queue(1, Vec::new());
    let now = Instant::now();
    due(&mut queue, now);
    queue.seen(leaving("web-0"));
    assert!(queue.gone("web-0").is_some());
    assert!(queue.gone("web-0").is_none());
    assert_eq!(queue.answered("web-0", refused(), now), None);
    assert!(queue.is_settled(0));
    // A pod that somebody else deletes is not evicted.
    let mut other = self::queue(1, Vec::new());
    other.seen(leaving("web-0"));
    assert!(due(&mut other, now).is_empty());
    assert_eq!(other.entry("web-0").unwrap().stage, Stage::Leaving);
}

#[test]
fn order_is_priority_then_leadership_then_name() {
    let mut queue = Queue::default();
    for (name, priority, leads) in [
        ("c", 0, true),
        ("b", 5, false),
        ("a", 0, true),
        ("d", 0, false),
    ] {
        let pod = Pod {
            priority,
            ..pod(name, "web")
        };
        queue.add(pod, 0, How::Evict, Stage::Waiting, leads);
    }
    assert_eq!(due(&mut queue, Instant::now()), ["d", "a", "c", "b"]);
}

#[test]
fn nodes_that_are_not_active_wait() {
    let mut queue = queue(1, Vec::new());
    queue.add(pod("other", "web"), 1, How::Evict, Stage::Waiting, false);
    let due = queue.due(Instant::now(), |node| node == 1);
    assert_eq!(due.len(), 1);
    assert_eq!(due[0].uid, "other");
    assert!(!queue.is_settled(0));
}
