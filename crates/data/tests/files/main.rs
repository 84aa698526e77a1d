//! Dataset files that are broken or odd, each in a folder of its own.

#[cfg(test)]
mod archives;
#[cfg(test)]
mod arrays;
#[cfg(test)]
mod bounds;
mod broken_card;
mod broken_csv;
mod broken_idx;
#[cfg(test)]
mod broken_images;
#[cfg(test)]
mod cifar;
#[cfg(test)]
mod draft;
#[cfg(test)]
mod draft_parquet;
#[cfg(test)]
mod draft_sequences;
#[cfg(test)]
mod draft_tables;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod image_tables;
#[cfg(test)]
mod inspect;
#[cfg(test)]
mod kept;
#[cfg(test)]
mod odd_texts;
#[cfg(test)]
mod pictures;
#[cfg(test)]
mod round_trips;
#[cfg(test)]
mod sequences;
#[cfg(test)]
mod sheets;
#[cfg(test)]
mod tables;
