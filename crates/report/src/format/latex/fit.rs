//! `Layout`: how a table fits the page: smaller type, wrapped text, or in parts.

use super::width::{SIZES, Size, widest_word, width};
use crate::table::{Align, Column, Table};

/// Width of the text in points, a little less than the page has.
const PAGE: f64 = 480.0;

/// A wrapped column is not narrower than this, if its text is wider.
const NARROWEST: f64 = 40.0;

/// A table on paper.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    pub size: Size,
    /// Columns that stand beside each other. Every part has the first column.
    pub parts: Vec<Vec<Place>>,
}

/// A column in its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    pub column: usize,
    /// In points.
    pub width: f64,
    /// Longer text is wrapped.
    pub wraps: bool,
}

/// The most readable layout that the page holds.
pub(super) fn layout(table: &Table) -> Layout {
    let all: Vec<usize> = (0..table.columns.len()).collect();
    let sized: Vec<Sized> = SIZES.iter().map(|&size| (size, needs(table, size))).collect();
    for wrap in [Wrap::Nothing, Wrap::Words] {
        for (size, needs) in &sized {
            let room = Room { page: PAGE, gap: size.gap, wrap };
            if let Some(places) = placed(needs, &all, room) {
                return Layout { size: *size, parts: vec![places] };
            }
        }
    }
    in_parts(&sized)
}

/// A size of type, and what each column asks for in it.
type Sized = (Size, Vec<Need>);

/// Which columns may be wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrap {
    Nothing,
    Words,
    Everything,
}

/// Where columns are put.
#[derive(Clone, Copy, Debug)]
struct Room {
    page: f64,
    /// Between two columns.
    gap: f64,
    wrap: Wrap,
}

/// What a column asks for, in points.
#[derive(Clone, Copy, Debug)]
struct Need {
    natural: f64,
    least: f64,
    align: Align,
}

fn needs(table: &Table, size: Size) -> Vec<Need> {
    let need = |(i, column): (usize, &Column)| {
        let cells = || table.rows.iter().filter_map(|row| row.get(i));
        let most = |of: fn(&str, Size) -> f64| cells().map(|c| of(c, size)).fold(0.0, f64::max);
        let head = widest_word(&column.title, size);
        let natural = most(width).max(head);
        let least = most(widest_word).max(head).max(natural.min(NARROWEST));
        Need { natural, least, align: column.align }
    };
    table.columns.iter().enumerate().map(need).collect()
}

/// These columns beside each other, if there is room.
fn placed(needs: &[Need], columns: &[usize], room: Room) -> Option<Vec<Place>> {
    let flexible = |need: &Need| match (room.wrap, need.align) {
        (Wrap::Nothing, _) | (Wrap::Words, Align::Right) => false,
        (Wrap::Words, Align::Left) | (Wrap::Everything, _) => true,
    };
    let width_under = |cap: f64, need: &Need| {
        if flexible(need) { need.natural.min(need.least.max(cap)) } else { need.natural }
    };
    let gaps = room.gap * columns.len().saturating_sub(1) as f64;
    let total = |cap: f64| columns.iter().map(|&c| width_under(cap, &needs[c])).sum::<f64>() + gaps;
    if total(0.0) > room.page {
        return None;
    }
    // The widest columns give way first: all are cut at the same width.
    let (mut low, mut high) = (0.0, room.page);
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if total(middle) <= room.page { low = middle } else { high = middle }
    }
    let place = |&column: &usize| {
        let need = &needs[column];
        let width = width_under(low, need);
        Place { column, width, wraps: width < need.natural }
    };
    Some(columns.iter().map(place).collect())
}

/// In the fewest parts, as large as that allows, none much wider than another.
fn in_parts(sized: &[Sized]) -> Layout {
    const STEP: f64 = 5.0; // points
    let under = |(size, needs): &Sized, page: f64| {
        split(needs, Room { page, gap: size.gap, wrap: Wrap::Words })
    };
    let tried = sized.iter().filter_map(|sized| Some((sized, under(sized, PAGE)?)));
    // The first of several minima: the largest type.
    let Some((best, mut parts)) = tried.min_by_key(|(_, parts)| parts.len()) else {
        return squeezed(sized);
    };
    let mut page = PAGE - STEP;
    while let Some(narrower) = under(best, page).filter(|found| found.len() == parts.len()) {
        parts = narrower;
        page -= STEP;
    }
    Layout { size: best.0, parts }
}

/// As many columns beside the first as fit, then the next ones; none if two do not fit.
fn split(needs: &[Need], room: Room) -> Option<Vec<Vec<Place>>> {
    let mut parts: Vec<Vec<usize>> = Vec::new();
    for column in 1..needs.len() {
        let longer = parts.last().map(|part| [part.as_slice(), &[column]].concat());
        match longer.filter(|longer| placed(needs, longer, room).is_some()) {
            Some(longer) => {
                parts.pop();
                parts.push(longer);
            }
            None => parts.push(vec![0, column]),
        }
    }
    let placed: Option<Vec<_>> = parts.iter().map(|part| placed(needs, part, room)).collect();
    placed.filter(|parts| !parts.is_empty())
}

/// In the smallest type, two columns a part, wrapped to half the page whatever they hold.
fn squeezed(sized: &[Sized]) -> Layout {
    let Some((size, needs)) = sized.last() else { return Layout { size: SIZES[0], parts: vec![] } };
    let room = Room { page: PAGE, gap: size.gap, wrap: Wrap::Everything };
    let half = 0.5 * (PAGE - size.gap);
    let forced = |columns: &[usize]| {
        let place = |&column: &usize| Place { column, width: half, wraps: true };
        columns.iter().map(place).collect()
    };
    let part = |columns: &[usize]| placed(needs, columns, room).unwrap_or_else(|| forced(columns));
    let parts = match needs.len() {
        0 | 1 => vec![part(&(0..needs.len()).collect::<Vec<_>>())],
        columns => (1..columns).map(|column| part(&[0, column])).collect(),
    };
    Layout { size: *size, parts }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: usize, align: Align, cell: &str) -> Table {
        let mut table = Table::new(&vec![("head", align); columns]);
        table.rows.push(vec![cell.into(); columns]);
        table
    }

    fn total(layout: &Layout, part: usize) -> f64 {
        let places = &layout.parts[part];
        let gaps = layout.size.gap * (places.len() - 1) as f64;
        places.iter().map(|place| place.width).sum::<f64>() + gaps
    }

    #[test]
    fn a_small_table_keeps_its_natural_widths() {
        let layout = layout(&table(3, Align::Right, "91.20"));
        assert_eq!((layout.size.command, layout.parts.len()), ("small", 1));
        assert!(layout.parts[0].iter().all(|place| !place.wraps));
    }

    #[test]
    fn long_text_is_wrapped_and_short_text_beside_it_is_not() {
        let mut table = table(3, Align::Left, "norm=none");
        table.rows[0][2] = "a long message ".repeat(20);
        let layout = layout(&table);
        let wraps: Vec<bool> = layout.parts[0].iter().map(|place| place.wraps).collect();
        assert_eq!(wraps, [false, false, true]);
        assert!((PAGE - 1.0..=PAGE).contains(&total(&layout, 0)));
    }

    #[test]
    fn many_numbers_come_in_parts_of_about_one_width() {
        let layout = layout(&table(21, Align::Right, "0.3100 (0.0000)"));
        assert_eq!(layout.parts.len(), 4);
        let beside = layout.parts.iter().flat_map(|part| &part[1..]);
        assert_eq!(
            beside.map(|place| place.column).collect::<Vec<_>>(),
            (1..21).collect::<Vec<_>>()
        );
        for (i, part) in layout.parts.iter().enumerate() {
            assert!(part[0].column == 0 && part.len() == 6 && total(&layout, i) <= PAGE);
        }
    }

    #[test]
    fn what_no_page_holds_is_squeezed_in() {
        let layout = layout(&table(3, Align::Right, &"W".repeat(500)));
        assert_eq!(layout.parts.len(), 2);
        assert!(total(&layout, 1) <= PAGE && layout.parts[1][0].wraps);
        let lone = super::layout(&table(1, Align::Right, &"W".repeat(500)));
        assert_eq!(lone.parts.len(), 1);
        assert_eq!(super::layout(&Table::default()).parts, [vec![]]);
    }
}
