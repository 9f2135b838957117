//! Every kind of query, view, mask and version agrees with the naive scan.

use crate::case::{BEGIN, Draft, MINUTE, Part, drafts, open, rows};
use crate::naive;
use emma_index::{Hit, Order, Query, Searcher};
use emma_lake::view::View;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn parts() -> impl Strategy<Value = Vec<Part>> {
    let message = prop_oneof![
        4 => prop::collection::vec(drafts(), 1..2),
        1 => prop::collection::vec(drafts(), 2..4),
    ];
    let segment = prop::collection::vec((message, prop::bool::weighted(0.1)), 0..40);
    prop::collection::vec(segment, 1..4).prop_map(|segments| {
        let mut parts = Vec::new();
        for messages in segments {
            let (drafts, masked): (Vec<Vec<Draft>>, Vec<bool>) = messages.into_iter().unzip();
            let rows = rows(&drafts);
            // A message is masked with all its versions.
            let ids: Vec<_> = rows.iter().map(|row| row.id.clone()).collect();
            let distinct: BTreeSet<_> = ids.iter().cloned().collect();
            let hidden: BTreeSet<_> =
                distinct.into_iter().zip(masked).filter(|(_, m)| *m).map(|(id, _)| id).collect();
            let masked = (0..rows.len() as u32).filter(|r| hidden.contains(&ids[*r as usize]));
            parts.push(Part { masked: masked.collect(), rows });
        }
        parts
    })
}

fn views() -> impl Strategy<Value = View> {
    let some = |names: &'static [&'static str]| {
        let names: Vec<&str> = names.to_vec();
        let count = names.len();
        let set = prop::sample::subsequence(names, 0..=count);
        prop::option::of(set.prop_map(|set| set.into_iter().map(String::from).collect()))
    };
    let period = (0i64..30, 0i64..30)
        .prop_map(|(from, length)| (BEGIN + from * MINUTE, BEGIN + (from + length) * MINUTE));
    let limits = (
        some(&["feed", "partner", "nobody"]),
        some(&["ann", "bob", "nobody"]),
        some(&["NL", "XX"]),
        prop::option::of(period),
    );
    let limited = limits.prop_map(|(sources, handles, territory, period)| View {
        sources,
        handles,
        territory,
        period,
    });
    prop_oneof![1 => Just(View::default()), 3 => limited]
}

fn queries() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "tea",
        "чай",
        "heron",
        "up",
        "missing",
        "he*",
        "t?a",
        "*ro*",
        "heron~",
        "tea~2",
        "/t.a|up/",
        "东",
        "東京",
        "💊",
        "don't",
        "\"pick up\"",
        "\"up pick\"",
        "\"tea tea\"",
        "\"pick missing\"",
        "\"pick up\"~2",
        "\"tea up cold\"~3",
        "\"he* up\"",
        "\"tea h*\"~1",
        "a w/2 tea",
        "(tea OR \"pick up\") w/3 heron",
        "tea w/1 tea",
        "up w/2 he* w/4 (cold OR missing)",
        "from:ann",
        "from:\"ann\"",
        "to:grey*",
        "with:bob",
        "with:*n*",
        "in:\"#tea\"",
        "in:#TEA",
        "after:2020-04-01T00:10",
        "before:2020-04-01T00:20",
        "on:2020-04-01T00:05",
        "on:2020-04-01T00:03..2020-04-01T00:30",
        "kind:notice",
        "state:conflicting",
        "has:text",
        "has:time",
        "has:reply",
        "has:recipient",
        "source:partner",
        "*",
    ]);
    leaf.prop_map(String::from).prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|all| all.join(" ")),
            prop::collection::vec(inner.clone(), 2..4)
                .prop_map(|any| format!("({})", any.join(" OR "))),
            inner.clone().prop_map(|one| format!("-({one})")),
            inner.prop_map(|one| format!("NOT ({one})")),
        ]
    })
}

fn plain(hits: &[Hit]) -> Vec<(u32, u32, Vec<u32>)> {
    hits.iter().map(|hit| (hit.segment, hit.row, hit.also.clone())).collect()
}

fn check(searcher: &Searcher, parts: &[Part], text: &str, view: &View) {
    let query = Query::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let expect = naive::search(parts, &query, view);
    let total = searcher.count(&query, view).unwrap();
    assert_eq!(total.messages, expect.hits.len() as u64, "total of {text}");
    assert_eq!(total.withheld, expect.withheld, "withheld from {text}");
    let all = searcher.search(&query, view, Order::Newest, 0, usize::MAX).unwrap();
    assert_eq!(plain(&all.hits), expect.hits, "hits of {text}");
    assert_eq!(all.total, total);
    let page = searcher.search(&query, view, Order::Newest, 3, 4).unwrap();
    let wanted: Vec<_> = expect.hits.iter().skip(3).take(4).cloned().collect();
    assert_eq!(plain(&page.hits), wanted, "a page of {text}");
    assert_eq!(searcher.newest(&query, view, 5).unwrap()[..], all.hits[..all.hits.len().min(5)]);
    let mut streamed = Vec::new();
    let mut give = |hit| {
        streamed.push(hit);
        Ok(())
    };
    searcher.for_each(&query, view, &mut give).unwrap();
    assert_eq!(streamed, all.hits);
    check_best(searcher, &query, view, &all.hits);
}

fn check_best(searcher: &Searcher, query: &Query, view: &View, all: &[Hit]) {
    let best = searcher.search(query, view, Order::Best, 0, usize::MAX).unwrap().hits;
    assert!(best.is_sorted_by(|a, b| a.score >= b.score), "best first: {}", query.text);
    let set = |hits: &[Hit]| plain(hits).into_iter().collect::<BTreeSet<_>>();
    assert_eq!(set(&best), set(all), "best first finds the same: {}", query.text);
    let page = searcher.search(query, view, Order::Best, 2, 3).unwrap().hits;
    assert_eq!(page[..], best[best.len().min(2)..best.len().min(5)], "a page: {}", query.text);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn searches_agree_with_a_scan(
        parts in parts(),
        asked in prop::collection::vec((queries(), views()), 12),
    ) {
        let (_case, searcher) = open(&parts);
        for (text, view) in &asked {
            check(&searcher, &parts, text, view);
        }
    }

    #[test]
    fn no_query_makes_a_search_panic(
        parts in parts(),
        texts in prop::collection::vec(
            "([a-cА-Я東💊]|[\"()/*?~:.-]|from:|in:|has:text| |OR |NOT |w/3 |tea|he|2020){0,16}", 40
        ),
    ) {
        let (_case, searcher) = open(&parts);
        for text in &texts {
            if let Ok(query) = Query::parse(text) {
                searcher.search(&query, &View::default(), Order::Best, 0, 5).unwrap();
                searcher.newest(&query, &View::default(), 5).unwrap();
            }
        }
    }
}

/// Enough rows for many windows and pieces, with versions across their borders.
#[test]
fn many_windows_agree_with_a_scan() {
    let base = Draft {
        text: None,
        from: None,
        to: Vec::new(),
        room: None,
        time: None,
        kind: emma_model::RecordKind::Message,
        state: emma_lake::row::State::Single,
        territory: None,
        sources: vec!["feed".into()],
        reply: false,
    };
    let mut messages = Vec::new();
    for n in 0..150_000u64 {
        let versions = if n % 1_000 == 7 { 3 } else { 1 };
        let draft = |version: u64| Draft {
            text: Some(match (n + version) % 7 {
                0 => "tea pick up".into(),
                1 => "up pick tea".into(),
                2 => format!("heron {}", n % 50),
                3 if n % 1_001 == 3 => "rare tea".into(),
                _ => "cold".into(),
            }),
            from: (n % 3 == 0).then(|| format!("h{}", n % 90)),
            time: (n < 149_000).then_some((BEGIN + n as i64, BEGIN + n as i64)),
            ..base.clone()
        };
        messages.push((0..versions).map(draft).collect::<Vec<_>>());
    }
    let rows = rows(&messages);
    let masked =
        (0..rows.len() as u32).filter(|row| row % 11 == 0 && rows[*row as usize].versions == 1);
    let parts = [Part { masked: masked.collect(), rows: rows.clone() }];
    let (case, one) = open(&parts);
    let snapshot = crate::case::snapshot(case.path(), &parts);
    let two = Searcher::open(case.path(), &snapshot).unwrap().with_threads(2);
    let view = View {
        handles: Some(["h3", "h30"].map(String::from).into()),
        period: Some((BEGIN + 100, BEGIN + 120_000)),
        ..View::default()
    };
    for text in [
        "tea",
        "rare",
        "rare -cold",
        "\"pick up\"",
        "-tea",
        "tea pick OR heron 4*",
        "cold from:h3",
        "\"he* 1?\" after:2020-04-01",
        "has:time tea w/2 up",
    ] {
        let query = Query::parse(text).unwrap();
        for view in [&View::default(), &view] {
            let expect = naive::search(&parts, &query, view);
            for searcher in [&one, &two] {
                let found = searcher.search(&query, view, Order::Newest, 0, usize::MAX).unwrap();
                assert_eq!(found.total.messages, expect.hits.len() as u64, "{text}");
                assert_eq!(found.total.withheld, expect.withheld, "{text}");
                assert!(plain(&found.hits) == expect.hits, "hits of {text}");
            }
        }
    }
}
