//! The settings in Japanese: what the programs print, cell by cell from a list.

use std::collections::HashMap;

use anyhow::{Result, bail};

/// Pairs of lines, English and Japanese, with an empty line between them.
const TEXTS: &str = include_str!("settings.ja.txt");

/// A page of settings in Japanese.
///
/// # Errors
/// Names what has no text yet.
pub(super) fn page(english: &str) -> Result<String> {
    let texts = texts(TEXTS);
    let mut missing = Vec::new();
    let mut cell = |cell: &str| match texts.get(cell) {
        _ if is_code(cell) => cell.to_owned(),
        Some(japanese) => (*japanese).to_owned(),
        None => {
            missing.push(cell.to_owned());
            String::new()
        }
    };
    let line = |line: &str| match cells(line) {
        Some(row) => {
            let cells: Vec<String> = row.map(&mut cell).collect();
            format!("| {} |", cells.join(" | "))
        }
        None => cell(line),
    };
    let lines: Vec<String> = english.lines().map(line).collect();
    if !missing.is_empty() {
        let missing = missing.join("\n");
        bail!("xtask/src/gen/settings.ja.txt has no Japanese text for:\n{missing}");
    }
    Ok(lines.join("\n") + "\n")
}

/// Fails when the list has a text that none of the English pages has any more.
///
/// # Errors
/// Names what no page has.
pub(super) fn all_used(english: &[String]) -> Result<()> {
    let mut unused = texts(TEXTS);
    for line in english.iter().flat_map(|page| page.lines()) {
        unused.remove(line);
        for cell in cells(line).into_iter().flatten() {
            unused.remove(cell);
        }
    }
    if !unused.is_empty() {
        let mut unused: Vec<&str> = unused.into_keys().collect();
        unused.sort_unstable();
        bail!("xtask/src/gen/settings.ja.txt has what no page has:\n{}", unused.join("\n"));
    }
    Ok(())
}

/// The cells of a row; `None`: the line is no row of a table.
fn cells(line: &str) -> Option<impl Iterator<Item = &str>> {
    let row = line.strip_prefix("| ")?.strip_suffix(" |")?;
    Some(row.split(" | ").map(str::trim))
}

fn texts(list: &str) -> HashMap<&str, &str> {
    list.split("\n\n").filter_map(|pair| pair.trim().split_once('\n')).collect()
}

/// Only code, numbers of requirements, digits and signs: the same in any language.
fn is_code(cell: &str) -> bool {
    let outside: String = cell.split('`').step_by(2).collect();
    let is_number =
        |word: &str| word.strip_prefix("A-").is_some_and(|it| it.parse::<u16>().is_ok());
    outside
        .split([' ', ',', '(', ')'])
        .all(|word| is_number(word) || word.chars().all(|c| "0123456789-–".contains(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_translated_cell_by_cell_and_a_text_that_is_missing_is_named() {
        let page =
            page("| Setting | Default |\n| --- | --- |\n| `drain_s` | `60` |\n\n").expect("known");
        assert_eq!(page, "| 設定 | 既定値 |\n| --- | --- |\n| `drain_s` | `60` |\n\n");
        let missing = super::page("| `drain_s` | Something new. |").expect_err("not known");
        assert!(missing.to_string().ends_with("for:\nSomething new."), "{missing}");
    }

    #[test]
    fn a_text_that_no_page_has_any_more_is_named() {
        let english: Vec<&str> = texts(TEXTS).into_keys().collect();
        all_used(&[english.join("\n")]).expect("all are used");
        let error = all_used(&[english[1..].join("\n")]).expect_err("one is not");
        assert!(error.to_string().ends_with(english[0]), "{error}");
    }

    #[test]
    fn no_text_is_kept_for_what_is_the_same_in_any_language() {
        let texts = texts(TEXTS);
        assert_eq!(
            texts.len(),
            TEXTS.split("\n\n").count(),
            "each stands there once, as two lines"
        );
        for (english, japanese) in texts {
            assert!(!is_code(english) && !japanese.is_empty(), "{english}");
        }
        assert!(
            is_code("`UserQuery`, `accountFilter` (A-067, A-068)") && !is_code("`off`: never.")
        );
    }
}
