//! The binary version of CIFAR-10 and CIFAR-100, as files or in their archive.

use std::ops::ControlFlow;

use fireassay_spec::{CifarLabel, DataFormat, ExampleCounts};

use super::listing::{Listing, is_test};
use super::{DraftError, Outline, numbered};
use crate::file::DataFile;
use crate::format::archive;

const RECORD: u64 = 3073;
const RECORD_OF_100: u64 = 3074;

/// A file of records: its path, and its length.
type Records = (String, u64);

/// Whether an archive holds records, and not images.
pub(super) fn is_archive(listing: &Listing) -> bool {
    members(listing).is_ok_and(|members| !members.is_empty())
}

pub(super) fn outline(listing: &Listing) -> Result<Outline, DraftError> {
    let (archive, files) = match listing.names().next() {
        Some(name) if listing.names().all(|name| !name.ends_with(".bin")) => {
            (Some(name.to_owned()), members(listing)?)
        }
        _ => (None, lengths(listing)?),
    };
    let fits = |record: u64| files.iter().all(|(_, len)| len.is_multiple_of(record));
    let (record, label, num_classes) = match (fits(RECORD), fits(RECORD_OF_100)) {
        (true, _) => (RECORD, CifarLabel::Only, 10),
        (false, true) => (RECORD_OF_100, CifarLabel::Fine, 100),
        (false, false) => {
            let problem = "its files are not all of records of 3073, or all of 3074 bytes";
            return Err(listing.unrecognised(problem));
        }
    };
    let (test, train): (Vec<Records>, Vec<Records>) =
        files.into_iter().partition(|(name, _)| is_test(name));
    if train.is_empty() {
        return Err(listing.unrecognised("all of its files are of test examples"));
    }
    let count =
        |files: &[Records]| files.iter().map(|(_, len)| (len / record) as usize).sum::<usize>();
    let mut notes =
        vec!["cifar files hold no names of classes; write them into `classes`".to_owned()];
    if label == CifarLabel::Fine {
        notes.push("`label = \"coarse\"` and 20 classes give the coarse ones".to_owned());
    }
    let examples = ExampleCounts { train: count(&train), test: count(&test) };
    let names = |files: Vec<Records>| files.into_iter().map(|(name, _)| name).collect();
    let format = DataFormat::Cifar { train: names(train), test: names(test), archive, label };
    Ok(Outline {
        folder: listing.folder.clone(),
        format,
        shape: vec![3, 32, 32],
        steps: None,
        classes: numbered(num_classes),
        examples,
        notes,
    })
}

fn lengths(listing: &Listing) -> Result<Vec<Records>, DraftError> {
    let length = |name: &str| {
        let path = listing.path(name);
        match path.metadata() {
            Ok(metadata) => Ok((name.to_owned(), metadata.len())),
            Err(source) => Err(DraftError::Read { path, source }),
        }
    };
    listing.names().map(length).collect()
}

/// The files of records in the only tar archive that there is.
fn members(listing: &Listing) -> Result<Vec<Records>, DraftError> {
    let names: Vec<&str> = listing.names().collect();
    let [name] = names[..] else { return Ok(Vec::new()) };
    let file = DataFile::of_bytes(listing.path(name), listing.read(name)?);
    if file.starts_with(b"PK") {
        return Ok(Vec::new());
    }
    let mut members = Vec::new();
    archive::each_in_tar(&file, &mut |member| {
        if member.name.ends_with(".bin") {
            members.push((member.name.to_owned(), member.size));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    members.sort_unstable();
    Ok(members)
}
