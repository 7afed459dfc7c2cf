//! Tables for people.

use std::borrow::Cow;

use comfy_table::{
    Cell, CellAlignment, ColumnConstraint, ContentArrangement, Width, presets::NOTHING,
};

use super::text::safe;

/// Columns of a UUID: an id is never broken over two lines, so that it can be
/// taken with a double click.
const ID_WIDTH: u16 = 36;

/// Columns of `2026-01-31 09:00:00Z`.
const TIME_WIDTH: u16 = 20;

/// Rows under headings. Every cell is made safe for the terminal.
#[derive(Debug)]
pub(crate) struct Table {
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows. A heading `ID` marks a column of ids.
    pub(crate) fn new(headings: &'static [&'static str]) -> Self {
        Self::with_headings(headings.iter().map(|heading| (*heading).to_owned()).collect())
    }

    /// A table whose headings only the server knows.
    pub(crate) fn with_headings(headings: Vec<String>) -> Self {
        Self { headings, rows: Vec::new() }
    }

    /// Adds a row, one cell a heading.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.push(cells.into());
    }

    /// Adds a row of a table whose headings only the server knows.
    pub(crate) fn push(&mut self, cells: Vec<String>) {
        debug_assert_eq!(cells.len(), self.headings.len(), "{:?}", self.headings);
        self.rows.push(cells);
    }

    /// Drawn to fit `width` columns with long cells wrapped, or, without a
    /// width, one line a row.
    pub(crate) fn render(&self, width: Option<u16>) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(NOTHING);
        match width {
            Some(width) => {
                table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
            }
            None => {
                table.set_content_arrangement(ContentArrangement::Disabled);
            }
        }
        table.set_header(self.headings.iter().map(|heading| safe(heading)));
        for row in &self.rows {
            table.add_row(row.iter().map(|cell| {
                let text = if cell.is_empty() { "-".into() } else { safe(cell) };
                let text = if width.is_some() { keep_times_together(text) } else { text };
                Cell::new(text).set_alignment(CellAlignment::Left)
            }));
        }
        for (index, heading) in self.headings.iter().enumerate() {
            if let Some(column) = table.column_mut(index) {
                let left = 0;
                let right = if index + 1 == self.headings.len() { 0 } else { 2 };
                column.set_padding((left, right));
                let whole = match heading.as_str() {
                    "ID" => Some(ID_WIDTH),
                    _ if self.rows.iter().any(|row| is_time(&row[index])) => Some(TIME_WIDTH),
                    _ => None,
                };
                if let (Some(whole), true) = (whole, width.is_some()) {
                    let whole = Width::Fixed(whole + right);
                    column.set_constraint(ColumnConstraint::LowerBoundary(whole));
                }
            }
        }
        let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
        lines.join("\n")
    }
}

/// Whether a cell is `2026-01-31 09:00:00Z (3 min ago)`.
fn is_time(cell: &str) -> bool {
    cell.split_once("Z (")
        .is_some_and(|(at, ago)| at.len() + 1 == usize::from(TIME_WIDTH) && ago.ends_with(')'))
}

/// A narrow column breaks a time before its bracket only.
fn keep_times_together(text: Cow<'_, str>) -> Cow<'_, str> {
    if !is_time(&text) {
        return text;
    }
    text.replace(' ', "\u{a0}").replace("Z\u{a0}(", "Z (").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Table {
        let mut table = Table::new(&["NAME", "REMARK", "ID"]);
        let id = "0193e4a0-7c1b-7000-8000-000000000000".to_owned();
        table.row(["web\n1".to_owned(), "a remark that is rather long ".repeat(3), id.clone()]);
        table.row(["db".to_owned(), String::new(), id]);
        table
    }

    #[test]
    fn plain_tables_have_one_line_a_row() {
        let text = sample().render(None);
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(text.contains("web\\n1"), "{text}");
        assert!(text.lines().nth(2).is_some_and(|line| line.contains(" - ")), "{text}");
        assert!(!text.contains('\x1b'));
    }

    #[test]
    fn a_time_is_broken_before_its_bracket_only() {
        let mut table = Table::new(&["NAME", "SINCE"]);
        table.row(["x".repeat(60), "2026-01-31 09:00:00Z (3 min ago)".to_owned()]);
        let text = table.render(Some(56)).replace('\u{a0}', " ");
        assert!(text.contains("2026-01-31 09:00:00Z\n"), "{text}");
        assert!(text.contains("(3 min ago)"), "{text}");
    }

    #[test]
    fn a_table_fits_its_terminal_and_keeps_ids_whole() {
        let text = sample().render(Some(72));
        assert!(text.lines().all(|line| line.chars().count() <= 72), "{text}");
        assert_eq!(text.matches("0193e4a0-7c1b-7000-8000-000000000000").count(), 2, "{text}");
    }
}
