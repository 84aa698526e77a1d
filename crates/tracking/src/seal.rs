//! Seals: a hash inside each JSON file of a run, by which a later edit is found out.

use serde_json::Value;

/// The key of the seal, beside the content.
const KEY: &str = "seal";
/// Hex digits of a seal: enough against accidents, which is all that it is for.
const DIGITS: usize = 16;

/// What opening a document finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seal {
    /// The content is what was sealed.
    Intact,
    /// The content is not what was sealed.
    Broken,
    /// There is none.
    Missing,
}

/// Adds the seal to a document and sorts its keys.
pub(crate) fn close(document: &mut Value) {
    let seal = seal_of(document);
    if let Some(fields) = document.as_object_mut() {
        fields.insert(KEY.into(), seal.into());
    }
    document.sort_all_objects();
}

/// Takes the seal out of a document and compares.
pub(crate) fn open(document: &mut Value) -> Seal {
    match document.as_object_mut().and_then(|fields| fields.remove(KEY)) {
        None => Seal::Missing,
        Some(found) if found == seal_of(document) => Seal::Intact,
        Some(_) => Seal::Broken,
    }
}

/// blake3 of the one text that stands for a value: JSON without spaces, keys sorted.
pub(crate) fn canonical_hash(value: &Value) -> String {
    hash_sorted(&mut value.clone())
}

/// In place: a survey of many runs would spend a good part of its time on copies.
fn seal_of(document: &mut Value) -> String {
    let mut hash = hash_sorted(document);
    hash.truncate(DIGITS);
    hash
}

fn hash_sorted(value: &mut Value) -> String {
    // A dependency elsewhere may have switched on insertion order for the whole build.
    value.sort_all_objects();
    blake3::hash(value.to_string().as_bytes()).to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn closed(mut document: Value) -> Value {
        close(&mut document);
        document
    }

    #[test]
    fn a_seal_is_the_start_of_the_hash_of_the_rest() {
        let document = closed(json!({ "b": [1, 0.5], "a": null }));
        let hash = blake3::hash(br#"{"a":null,"b":[1,0.5]}"#).to_hex();
        assert_eq!(document["seal"], json!(hash.as_str()[..16]));
        assert_eq!(document.as_object().unwrap().len(), 3);
    }

    #[test]
    fn the_content_comes_back_and_every_change_of_it_shows() {
        let content = json!({ "a": 1, "b": { "c": "x" } });
        let check = |edit: &dyn Fn(&mut Value), expected| {
            let mut document = closed(content.clone());
            edit(&mut document);
            assert_eq!(open(&mut document), expected, "{document}");
            document
        };
        assert_eq!(check(&|_| (), Seal::Intact), content);
        check(&|document| document["a"] = json!(2), Seal::Broken);
        check(&|document| document["a"] = json!(1.0), Seal::Broken);
        check(&|document| document["b"]["c"] = json!("y"), Seal::Broken);
        check(&|document| document["d"] = json!(null), Seal::Broken);
        check(&|document| document["seal"] = json!("0123456789abcdef"), Seal::Broken);
        check(&|document| document["seal"] = json!(7), Seal::Broken);
        check(&|document| drop(document.as_object_mut().unwrap().remove("b")), Seal::Broken);
        check(&|document| drop(document.as_object_mut().unwrap().remove("seal")), Seal::Missing);
    }
}
