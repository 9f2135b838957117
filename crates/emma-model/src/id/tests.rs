use super::*;
use proptest::prelude::*;

fn record_ids() -> impl Strategy<Value = RecordId> {
    let place = prop_oneof![
        (any::<u64>(), any::<u64>()).prop_map(|(offset, length)| Place::Span { offset, length }),
        (".{0,8}", any::<i64>()).prop_map(|(table, row)| Place::Row { table, row }),
    ];
    prop_oneof![
        (any::<[u8; 32]>(), proptest::collection::vec(any::<u32>(), 0..4), place).prop_map(
            |(exhibit, member, place)| RecordId::Sealed {
                exhibit: ExhibitId(Digest(exhibit)),
                member: MemberPath(member),
                place,
            }
        ),
        (".{0,8}", any::<u64>(), any::<u32>())
            .prop_map(|(source, sequence, index)| { RecordId::Live { source, sequence, index } }),
    ]
}

/// Ids of one exhibit that often share a prefix.
fn close_ids() -> impl Strategy<Value = RecordId> {
    let place = prop_oneof![
        (0u64..3, 0u64..3).prop_map(|(offset, length)| Place::Span { offset, length }),
        ("[a\0]{0,2}", -2i64..2).prop_map(|(table, row)| Place::Row { table, row }),
    ];
    (proptest::collection::vec(0u32..3, 0..3), place).prop_map(|(member, place)| {
        let exhibit = ExhibitId(Digest::of(b"e"));
        RecordId::Sealed { exhibit, member: MemberPath(member), place }
    })
}

proptest! {
    #[test]
    fn ids_that_share_a_prefix_order_as_their_canonical_bytes(a in close_ids(), b in close_ids()) {
        prop_assert_eq!(a.cmp(&b), a.canonical().cmp(&b.canonical()));
    }

    #[test]
    fn record_ids_survive_text_and_canonical_bytes(id in record_ids()) {
        prop_assert_eq!(id.to_string().parse::<RecordId>(), Ok(id.clone()));
        prop_assert_eq!(RecordId::from_canonical(&id.canonical()), Some(id));
    }

    #[test]
    fn ids_order_as_their_canonical_bytes(a in record_ids(), b in record_ids()) {
        prop_assert_eq!(a.cmp(&b), a.canonical().cmp(&b.canonical()));
    }

    #[test]
    fn spans_order_as_their_canonical_bytes(a in any::<(u64, u64)>(), b in any::<(u64, u64)>()) {
        let exhibit = ExhibitId(Digest::of(b"e"));
        let id = |(o, l)| RecordId::span(exhibit, MemberPath::default(), o, l);
        prop_assert_eq!(a.cmp(&b), id(a).canonical().cmp(&id(b).canonical()));
    }

    #[test]
    fn members_order_as_their_canonical_bytes(
        a in proptest::collection::vec(any::<u32>(), 0..4),
        b in proptest::collection::vec(any::<u32>(), 0..4),
    ) {
        let exhibit = ExhibitId(Digest::of(b"e"));
        let id = |path: &Vec<u32>| RecordId::span(exhibit, MemberPath(path.clone()), 0, 1);
        prop_assert_eq!(id(&a).cmp(&id(&b)), id(&a).canonical().cmp(&id(&b).canonical()));
    }

    #[test]
    fn network_ids_order_as_their_canonical_bytes(
        a in ("[ab]{0,2}", proptest::option::of("[ab]{0,2}"), "[ab]{0,3}"),
        b in ("[ab]{0,2}", proptest::option::of("[ab]{0,2}"), "[ab]{0,3}"),
    ) {
        let id = |(network, conversation, id): (String, Option<String>, String)| {
            MessageId::Network(NetworkId { network, conversation, id })
        };
        let (a, b) = (id(a), id(b));
        prop_assert_eq!(a.cmp(&b), a.canonical().cmp(&b.canonical()));
    }

    #[test]
    fn network_ids_survive_text(
        network in ".{0,6}",
        conversation in proptest::option::of(".{0,6}"),
        id in ".{0,6}",
    ) {
        let id = NetworkId { network, conversation, id };
        prop_assert_eq!(id.to_string().parse::<NetworkId>(), Ok(id));
    }

    #[test]
    fn no_text_makes_id_parsing_panic(text in ".{0,100}") {
        let _ = text.parse::<MessageId>();
    }
}

#[test]
fn an_exhibit_id_depends_on_each_of_its_three_parts() {
    let base = ExhibitId::derive("irc", b"train/a.txt", Digest::of(b"x"));
    assert_ne!(base, ExhibitId::derive("irc2", b"train/a.txt", Digest::of(b"x")));
    assert_ne!(base, ExhibitId::derive("irc", b"train/b.txt", Digest::of(b"x")));
    assert_ne!(base, ExhibitId::derive("irc", b"train/a.txt", Digest::of(b"y")));
    assert_ne!(
        ExhibitId::derive("ab", b"c", Digest::of(b"x")),
        ExhibitId::derive("a", b"bc", Digest::of(b"x")),
        "the border between source and path counts"
    );
}
