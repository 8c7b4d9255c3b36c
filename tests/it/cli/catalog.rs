use super::{assert_narrow, prescale};

#[test]
fn a_type_in_a_region() {
    let run = prescale(&[
        "catalog",
        "--region",
        "ap-northeast-1",
        "t3.small",
        "m5.large",
    ]);
    assert_narrow(&run);
    insta::assert_snapshot!(run);
}

#[test]
fn an_unknown_type_has_nearest_names() {
    insta::assert_snapshot!(prescale(&["catalog", "t3.smal"]));
}
