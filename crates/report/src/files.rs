//! Every file of a report: the same results, the same files, byte for byte.

use crate::ReportError;
use crate::document::document;
use crate::format::csv::tables;
use crate::format::html::html_of;
use crate::format::json::json;
use crate::format::latex::latex_of;
use crate::format::markdown::markdown_of;
use crate::results::Results;

/// Folders that hold nothing but files of a report.
pub const FOLDERS: &[&str] = &["figures", "tables"];

/// Path below the experiment's folder, with `/`, and content.
pub fn files(results: &Results) -> Result<Vec<(String, String)>, ReportError> {
    // One document for all formats: sections compute, and figures are drawn, once.
    let document = document(results);
    let mut files = vec![
        ("report.md".to_owned(), markdown_of(&document)),
        ("report.html".to_owned(), html_of(&document)),
        ("report.tex".to_owned(), latex_of(&document)),
        ("results.json".to_owned(), json(results)?),
    ];
    let drawn = document.into_figures().into_iter();
    files.extend(drawn.map(|figure| (format!("figures/{}.svg", figure.name), figure.svg)));
    let tidy = tables(results)?.into_iter();
    files.extend(tidy.map(|(name, text)| (format!("tables/{name}"), text)));
    Ok(files)
}
