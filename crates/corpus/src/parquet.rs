//! Parquet files, read as tables and as images.

use std::panic;
use std::sync::Once;

use fireassay_spec::{Alpha, Colour, DataFormat, Fit, Orientation};

use crate::{arrays, table};

const FILE: &str = "table";

pub(crate) fn check(bytes: &[u8]) -> String {
    leave_panics_of_the_decoder_alone();
    let files = [(FILE, bytes)];
    let open = |shape: Vec<usize>, format: &DataFormat, examples| {
        arrays::open_as_it_is(&arrays::card(&files, shape, examples, format.clone()), &files)
    };
    let spec = table::spec();
    let shape = vec![spec.num_features()];
    let format = DataFormat::Table(spec);
    let as_table = table::outcome(&|examples| open(shape.clone(), &format, examples));
    let images = DataFormat::ImageTable {
        train: vec![FILE.to_owned()],
        test: Vec::new(),
        image: "image".to_owned(),
        label: "label".to_owned(),
        group: None,
        colour: Colour::Grey,
        fit: Fit::Resize,
        alpha: Alpha::Drop,
        orientation: Orientation::Upright,
    };
    let as_images = table::outcome(&|examples| open(vec![1, 3, 4], &images, examples));
    format!("{as_table}; as images {as_images}")
}

/// The reader catches them and gives an error; the fuzzer would take each for a finding.
fn leave_panics_of_the_decoder_alone() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            // Slices of memory are a crate of their own.
            let is_of_decoder = |file: &str| file.contains("/parquet-") || file.contains("/bytes-");
            if !info.location().is_some_and(|place| is_of_decoder(place.file())) {
                before(info);
            }
        }));
    });
}
