//! `FilesCard`: a card of files that lie beside it, or come by a fetch.

use crate::{DatasetCard, FileCard, WeightsCard};

/// A [`DatasetCard`] or a [`WeightsCard`]: what is fetched, whatever it is for.
pub trait FilesCard {
    /// Name of the folder.
    fn name(&self) -> &str;
    /// Every file, with what it must hash to.
    fn files(&self) -> &[FileCard];
    /// Where they came from, for people.
    fn source(&self) -> &str;

    /// Whether the files may be absent until they are fetched: the card states how long they are.
    fn comes_by_fetch(&self) -> bool {
        self.files().iter().all(|file| file.bytes.is_some())
    }
}

impl FilesCard for DatasetCard {
    fn name(&self) -> &str {
        &self.name
    }

    fn files(&self) -> &[FileCard] {
        &self.files
    }

    fn source(&self) -> &str {
        &self.source
    }
}

impl FilesCard for WeightsCard {
    fn name(&self) -> &str {
        &self.name
    }

    fn files(&self) -> &[FileCard] {
        &self.files
    }

    fn source(&self) -> &str {
        &self.source
    }
}
