//! Every file of a report: the same results, the same files, byte for byte.

use crate::ReportError;
use crate::draw::figures;
use crate::format::csv::tables;
use crate::format::html::html;
use crate::format::json::json;
use crate::format::latex::latex;
use crate::format::markdown::markdown;
use crate::results::Results;

/// Folders that hold nothing but files of a report.
pub const FOLDERS: &[&str] = &["figures", "tables"];

/// Path below the experiment's folder, with `/`, and content.
pub fn files(results: &Results) -> Result<Vec<(String, String)>, ReportError> {
    let mut files = vec![
        ("report.md".to_owned(), markdown(results)),
        ("report.html".to_owned(), html(results)),
        ("report.tex".to_owned(), latex(results)),
        ("results.json".to_owned(), json(results)?),
    ];
    let drawn = figures(results).into_iter();
    files.extend(drawn.map(|figure| (format!("figures/{}.svg", figure.name), figure.svg)));
    let tidy = tables(results)?.into_iter();
    files.extend(tidy.map(|(name, text)| (format!("tables/{name}"), text)));
    Ok(files)
}
