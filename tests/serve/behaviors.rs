//! `serve` plays behaviors: what is configured on each, and the ones that the router does not run on.

use crossfade::route::{Behavior, BehaviorPattern, Behaviors, Definition};
use crossfade::serve::{ServeSettings, ServedBehavior};

use crate::harness::{Running, mirror, site, tabled, tabled_with};

/// The bucket under `/assets`, the new CMS alone under `/alone`, the old site elsewhere.
fn several() -> Definition {
    let behavior = |configured, is_routed| Behavior { configured, is_routed, ..Behavior::default() };
    let by_pattern = vec![
        (BehaviorPattern::new("/assets/*"), behavior(2, true)),
        (BehaviorPattern::new("/alone/*"), behavior(1, false)),
        (BehaviorPattern::new("/viewer/*"), behavior(0, false)),
    ];
    Definition { behaviors: Behaviors { by_pattern, default: behavior(0, true) }, ..site() }
}

fn served(path_pattern: Option<&str>, configured: &str, not_routed: bool) -> Option<ServedBehavior> {
    let path_pattern = path_pattern.map(str::to_owned);
    Some(ServedBehavior { path_pattern, configured_origin: configured.to_owned(), not_routed })
}

#[tokio::test]
async fn each_path_has_its_behavior() {
    let running = Running::by(tabled(several()), ServeSettings::default()).await;
    let rows = [
        ("/assets/a.css", 200, "site", "assets", served(Some("/assets/*"), "site", false)),
        ("/", 200, "legacy", "-", served(None, "legacy", false)),
        ("/cms/a", 200, "cms", "cms", served(None, "legacy", false)),
        ("/assets/%2e%2e/cms/a", 308, "-", "-", served(None, "legacy", false)),
        ("/alone/x", 200, "cms", "-", served(Some("/alone/*"), "cms", true)),
        ("/alone/..;/x", 200, "cms", "-", served(Some("/alone/*"), "cms", true)),
        ("//alone/..;/x", 400, "-", "-", served(Some("/alone/*"), "cms", true)),
        ("/alone//x", 200, "cms", "-", served(Some("/alone/*"), "cms", true)),
    ];
    for (number, (target, status, origin, route, behavior)) in rows.into_iter().enumerate() {
        let answer = running.get(target, "").await;
        let choice = (answer.status, answer.header("x-crossfade-origin"), answer.header("x-crossfade-route"));
        assert_eq!(choice, (status, origin, route), "{target}");
        assert_eq!(answer.header("location"), if status == 308 { "/cms/a" } else { "" }, "{target}");
        assert_eq!(running.exchange(number).await.behavior, behavior, "{target}");
    }
}

#[tokio::test]
async fn past_the_router_a_request_is_what_cloudfront_alone_sends() {
    let port = mirror().await;
    let maps = ["cms", "legacy"].map(|id| format!("{id}={port}"));
    let running = Running::by(tabled_with(several(), &maps), ServeSettings::default()).await;
    let lines = "X-Debug: 1\r\nX-Origin-Verify: forged\r\nX-Crossfade-Host: forged.example.com\r\n";
    let text = running.get("/alone/%2e/x?b=%20&c", lines).await.text();
    assert!(text.starts_with("GET /base/alone/%2e/x?b=%20&c\n"), "{text}");
    for line in ["host: cms.example.com\n", "x-debug: 1\n", "x-origin-verify: hush\n"] {
        assert!(text.contains(line), "{line}: {text}");
    }
    // Neither the gate nor a route was there.
    assert!(!text.contains("x-from") && !text.contains("verify: forged"), "{text}");
    let text = running.get("/viewer/x", lines).await.text();
    assert!(text.contains("host: www.example.com\n"), "{text}");
}
