//! Archives of images; what is no archive is put into one, as a picture of the first class.

use fireassay_data::DataError;
use fireassay_spec::{Alpha, Colour, DataFormat, Fit, ImagesPlace, Orientation};

use crate::{arrays, told};

const FILE: &str = "set";
/// More examples than that are not looked for.
const MOST: usize = 4;
/// Where a tar archive says that it is one.
const TAR_MAGIC: (usize, &[u8]) = (257, b"ustar");

pub(crate) fn check(bytes: &[u8]) -> String {
    let is_archive = arrays::is_compressed(bytes)
        || bytes.starts_with(b"PK")
        || bytes.get(TAR_MAGIC.0..).is_some_and(|rest| rest.starts_with(TAR_MAGIC.1));
    if is_archive {
        open(bytes, None)
    } else {
        format!("as a picture, {}", open(&archive_of(bytes), None))
    }
}

/// What comes of the first number of examples that is not too few or too many.
pub(crate) fn open(bytes: &[u8], group_before: Option<&str>) -> String {
    let files = [(FILE, bytes)];
    let open = |examples| {
        let format = DataFormat::Images {
            train: ImagesPlace { from: FILE.to_owned(), prefix: String::new() },
            test: None,
            colour: Colour::Rgb,
            fit: Fit::CenterCrop,
            alpha: Alpha::White,
            orientation: Orientation::Upright,
            group_before: group_before.map(str::to_owned),
        };
        arrays::open_as_it_is(&arrays::card(&files, vec![3, 4, 5], examples, format), &files)
    };
    let mut outcome = String::new();
    for examples in 1..=MOST {
        match open(examples) {
            Ok(dataset) => {
                for other in (1..=MOST).filter(|&other| other != examples) {
                    assert!(!matches!(open(other), Ok(_) | Err(DataError::Card { .. })));
                }
                let groups = dataset.groups().map(<[u32]>::len);
                assert_eq!(groups, group_before.map(|_| dataset.len()));
                return format!("accepted, {} examples", dataset.len());
            }
            Err(error @ DataError::Examples { .. }) => outcome = told(&error),
            Err(error) => return told(&error),
        }
    }
    outcome
}

/// A tar archive of one file, made by hand: the bytes of a picture are to be mutated, not a wrapper.
fn archive_of(picture: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.set_size(picture.len() as u64);
    header.set_mode(0o644);
    let mut archive = tar::Builder::new(Vec::new());
    archive.append_data(&mut header, "0/picture.png", picture).expect("memory can be written to");
    archive.into_inner().expect("memory can be written to")
}
