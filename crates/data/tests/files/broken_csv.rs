//! CSV files: what is read, and what each kind of damage is called.

use crate::fixture::{Fixture, contents, gzip};

const TABLE: &[u8] = b"1,-2.5,0\n3e2,.5,1\n0,7,1\n";

#[test]
fn line_ends_marks_blank_lines_and_spaces_change_nothing() {
    let expected = (vec![1.0, -2.5, 300.0, 0.5, 0.0, 7.0], vec![0, 1, 1]);
    for text in [
        TABLE,
        b"1,-2.5,0\r\n3e2,.5,1\r\n0,7,1\r\n",
        b"\xef\xbb\xbf1,-2.5,0\n3e2,.5,1\n0,7,1\n",
        b"1,-2.5,0\n3e2,.5,1\n0,7,1",
        b"1,-2.5,0\n\n3e2,.5,1\n0,7,1\n\n  \r\n",
        b" 1, -2.5 ,0\n3e2,\t.5,1 \n0,7,1\n",
        &gzip(TABLE),
    ] {
        let dataset = Fixture::csv(text).open().unwrap();
        assert_eq!(contents(&dataset), expected, "{}", String::from_utf8_lossy(text));
    }
}

#[test]
fn skipped_lines_count_in_messages_but_are_not_read() {
    let mut fixture = Fixture::csv(b"a,b,\xff\n1,2,0\n3,4,1\n5,x,1\n");
    if let fireassay_spec::DataFormat::Csv { skip_lines, .. } = &mut fixture.card.format {
        *skip_lines = 1;
    }
    assert_eq!(fixture.message(), "`table`, line 4, column 2: `x` is not a finite number");
    fixture.write("table", b"\xef\xbb\xbfa,b,\xff\n1,2,0\n3,4,1\n5,6,1\n");
    assert_eq!(contents(&fixture.open().unwrap()).0, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
}

#[test]
fn values_are_normalised_per_feature_or_per_channel() {
    let mut fixture = Fixture::csv(TABLE);
    fixture.card.normalise.divisor = 2.0;
    fixture.card.normalise.mean = vec![0.5, 1.0];
    fixture.card.normalise.std = vec![1.0, 0.5];
    let (inputs, _) = contents(&fixture.open().unwrap());
    assert_eq!(inputs, [0.0, -4.5, 149.5, -1.5, -0.5, 5.0]);

    let mut fixture = Fixture::csv(b"1,2,3,4,0\n5,6,7,8,1\n9,10,11,12,0\n");
    fixture.card.shape = vec![2, 1, 2];
    fixture.card.normalise.mean = vec![0.0, 3.0];
    fixture.card.normalise.std = vec![1.0, 2.0];
    let (inputs, _) = contents(&fixture.open().unwrap());
    assert_eq!(inputs, [1.0, 2.0, 0.0, 0.5, 5.0, 6.0, 2.0, 2.5, 9.0, 10.0, 4.0, 4.5]);
}

#[test]
fn each_kind_of_damage_is_named_with_its_place() {
    let check = |text: &[u8], expected: &str| assert_eq!(Fixture::csv(text).message(), expected);
    let columns = |line, found| {
        format!("`table`, line {line}: {found} columns, expected 3 (the features and a label)")
    };
    let number = |line, column, text| {
        format!("`table`, line {line}, column {column}: `{text}` is not a finite number")
    };
    let label = |line, text| {
        format!("`table`, line {line}, column 3: label `{text}` is not one of the classes 0 to 1")
    };
    check(b"1,2,0\n3,4\n5,6,1\n", &columns(2, 2));
    check(b"1,2,0\n\n3,4,1,1\n5,6,1\n", &columns(3, 4));
    check(b"1,2,0\r3,4,1\r5,6,1\r", &columns(1, 7));
    check(b"1,2,0\r\n3,4,1\r\nx,6,1\r\n", &number(3, 1, "x"));
    check(b"1,NaN,0\n3,4,1\n5,6,1\n", &number(1, 2, "NaN"));
    check(b"1,2,0\n-inf,4,1\n5,6,1\n", &number(2, 1, "-inf"));
    check(b"1,2,0\n3,1e39,1\n5,6,1\n", &number(2, 2, "1e39"));
    check(b"1,2,0\n3,,1\n5,6,1\n", &number(2, 2, ""));
    check(b"1,\"2\",0\n3,4,1\n5,6,1\n", &number(1, 2, "\"2\""));
    check(b"1,\xff\xfe,0\n3,4,1\n5,6,1\n", &number(1, 2, "\u{fffd}\u{fffd}"));
    check(b"1,2,0\n3,4,\n5,6,1\n", &label(2, ""));
    check(b"1,2,0\n3,4,2.5\n5,6,1\n", &label(2, "2.5"));
    check(b"1,2,0\n3,4,1\n5,6,2\n", &label(3, "2"));
    check(b"1,2,0\n3,4,-1\n5,6,1\n", &label(2, "-1"));
    check(b"", "`table` has 0 rows of data, its card says 3");
    check(b"1,2,0\n3,4,1\n", "`table` has 2 rows of data, its card says 3");
    check(&TABLE.repeat(2), "`table` has 6 rows of data, its card says 3");
    let long = [b"1,2,0\n3,".as_slice(), &[b'9'; 60], b"x,1\n5,6,1\n"].concat();
    check(&long, &number(2, 2, &format!("{}…", "9".repeat(40))));
}

#[test]
fn a_small_file_that_inflates_without_end_is_stopped() {
    let fixture = Fixture::csv(&gzip(&[b' '; 1 << 20]));
    assert_eq!(fixture.message(), "`table` goes on after byte 768, where its data ends");
}

#[test]
fn a_table_cut_short_inside_gzip_is_named() {
    let whole = gzip(TABLE);
    let fixture = Fixture::csv(&whole[..whole.len() - 5]);
    assert_eq!(fixture.message(), "`table` is not a complete gzip file");
}
