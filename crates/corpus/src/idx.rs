//! IDX: the bytes are a file of labels and behind it one of images. Accepted means exactly as many
//! of each as the headers say.

use fireassay_data::DataError;
use fireassay_spec::DataFormat;

use crate::{arrays, told};

/// Of a file of labels: magic number and count.
const LABELS_HEADER: usize = 8;
const FILES: [&str; 2] = ["labels", "images"];

pub(crate) fn check(bytes: &[u8]) -> String {
    let count = word(bytes, 4);
    let (labels, images) = bytes.split_at((LABELS_HEADER.saturating_add(count)).min(bytes.len()));
    let shape = vec![1, word(images, 8), word(images, 12)];
    let open = |count| {
        let [labels_name, images_name] = FILES;
        let format = DataFormat::Idx {
            train_images: images_name.to_owned(),
            train_labels: labels_name.to_owned(),
            test_images: None,
            test_labels: None,
        };
        let files = [(labels_name, labels), (images_name, images)];
        arrays::open(&arrays::card(&files, shape.clone(), count, format), &files)
    };
    match open(count) {
        Err(error) => told(&error),
        Ok(dataset) => {
            assert_eq!((dataset.len(), dataset.len()), (word(bytes, 4), word(images, 4)));
            assert_eq!(images.len(), 16 + dataset.len() * dataset.item_len());
            let more = open(count + 1);
            assert!(matches!(more, Err(DataError::Dimensions { .. })));
            format!("accepted, {count} examples of {:?}", dataset.shape())
        }
    }
}

/// The big-endian number at a place; 0 beyond the end.
fn word(bytes: &[u8], at: usize) -> usize {
    let word = bytes.get(at..).and_then(<[u8]>::first_chunk);
    word.map_or(0, |word| u32::from_be_bytes(*word) as usize)
}
