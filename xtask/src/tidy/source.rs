//! Rules about Rust code: where `unsafe` may stand, and that every test runs.

use super::finding::Finding;

/// The homes of `unsafe`: in the products, and in the tests, where a simulated
/// disk is given to SQLite as C functions.
const UNSAFE_HOMES: [&str; 2] = ["crates/platform/", "tests/sim/src/lossy/"];

/// Checks one source file.
pub(super) fn check(file: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let code = code_only(text);
    for (index, line) in code.lines().enumerate() {
        let home = UNSAFE_HOMES.iter().any(|home| file.starts_with(home));
        if !home && has_word(line, "unsafe") {
            findings.push(Finding::fault(
                file,
                index + 1,
                "`unsafe` outside crates/platform",
                "use a safe wrapper, or put one there with a SAFETY sentence",
            ));
        }
        if line.contains("#[ignore") || (line.contains("cfg_attr(") && has_word(line, "ignore")) {
            findings.push(Finding::fault(
                file,
                index + 1,
                "a test that does not run",
                "make it run everywhere, or remove it",
            ));
        }
    }
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_start();
        let fence = line
            .strip_prefix("///")
            .or_else(|| line.strip_prefix("//!"))
            .and_then(|comment| comment.trim_start().strip_prefix("```"));
        if fence.is_some_and(|words| words.split(',').any(|word| word.trim() == "ignore")) {
            findings.push(Finding::fault(
                file,
                index + 1,
                "an example that is never compiled",
                "make it compile, or mark it `text`",
            ));
        }
    }
    findings
}

fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let part_of_name = |char: char| char.is_alphanumeric() || char == '_';
        !line[..at].ends_with(part_of_name) && !line[at + word.len()..].starts_with(part_of_name)
    })
}

/// The text with comments and the insides of literals blanked out; lines stay
/// where they are.
fn code_only(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = skipped(&chars, at);
        if end == at {
            code.push(chars[at]);
            at += 1;
        } else {
            code.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    code
}

/// Where the comment or literal that begins at `at` ends; `at` if none does.
fn skipped(chars: &[char], at: usize) -> usize {
    let next = chars.get(at + 1).copied();
    match chars[at] {
        '/' if next == Some('/') => until(chars, at, &['\n']),
        '/' if next == Some('*') => block_comment(chars, at),
        '"' => string(chars, at),
        'r' if !follows_name(chars, at) => raw_string(chars, at).unwrap_or(at),
        '\'' => character(chars, at).unwrap_or(at),
        _ => at,
    }
}

fn until(chars: &[char], at: usize, end: &[char]) -> usize {
    chars[at..].iter().position(|char| end.contains(char)).map_or(chars.len(), |n| at + n)
}

fn block_comment(chars: &[char], at: usize) -> usize {
    let mut depth = 0_usize;
    let mut i = at;
    while i < chars.len() {
        match (chars[i], chars.get(i + 1)) {
            ('/', Some('*')) => {
                depth += 1;
                i += 2;
            }
            ('*', Some('/')) => {
                depth -= 1;
                i += 2;
                if depth == 0 {
                    return i;
                }
            }
            _ => i += 1,
        }
    }
    chars.len()
}

fn string(chars: &[char], at: usize) -> usize {
    let mut i = at + 1;
    while i < chars.len() {
        match chars[i] {
            '\\' => i += 2,
            '"' => return i + 1,
            _ => i += 1,
        }
    }
    chars.len()
}

/// `r"…"`, `r#"…"#`, and so on; not a raw name such as `r#gen`.
fn raw_string(chars: &[char], at: usize) -> Option<usize> {
    let hashes = chars[at + 1..].iter().take_while(|char| **char == '#').count();
    let start = at + 1 + hashes;
    if chars.get(start) != Some(&'"') {
        return None;
    }
    let mut i = start + 1;
    while i < chars.len() {
        let closes = chars[i] == '"'
            && chars[i + 1..].iter().take(hashes).filter(|char| **char == '#').count() == hashes;
        if closes {
            return Some(i + 1 + hashes);
        }
        i += 1;
    }
    Some(chars.len())
}

/// `'x'` or `'\…'`; not a lifetime.
fn character(chars: &[char], at: usize) -> Option<usize> {
    if chars.get(at + 1) == Some(&'\\') {
        return Some((until(chars, at + 3, &['\'', '\n']) + 1).min(chars.len()));
    }
    (chars.get(at + 2) == Some(&'\'')).then_some(at + 3)
}

fn follows_name(chars: &[char], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|index| chars[index]) else { return false };
    let prefix_of_literal = matches!(before, 'b' | 'c') && !follows_name(chars, at - 1);
    (before.is_alphanumeric() || before == '_') && !prefix_of_literal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrongs(file: &str, text: &str) -> Vec<(usize, String)> {
        check(file, text).into_iter().map(|finding| (finding.line, finding.wrong)).collect()
    }

    #[test]
    fn unsafe_code_lives_in_platform_only() {
        let text = "fn a() {\n    unsafe { b() }\n}\n";
        assert_eq!(
            wrongs("crates/agent/src/a.rs", text),
            [(2, "`unsafe` outside crates/platform".to_owned())]
        );
        assert_eq!(wrongs("crates/platform/src/a.rs", text), []);
    }

    #[test]
    fn the_word_in_a_comment_a_literal_or_a_name_is_not_code() {
        let text = "// unsafe\n/* unsafe /* unsafe */ unsafe */\n/// unsafe\n\
             const A: &str = \"unsafe \\\" unsafe\";\nconst B: &str = r#\"unsafe \" unsafe\"#;\n\
             const C: char = '\"'; fn unsafe_code<'a>(r#unsafe_x: &'a [u8]) { br\"unsafe\"; '\\''; }\n";
        assert_eq!(wrongs("crates/agent/src/a.rs", text), []);
    }

    #[test]
    fn code_after_a_literal_is_seen() {
        for text in
            ["(\"\", unsafe {})", "('\"', unsafe {})", "('\\'', unsafe {})", "r#\"\"#; unsafe {}"]
        {
            assert_eq!(wrongs("a.rs", text).len(), 1, "{text}");
        }
    }

    #[test]
    fn a_test_that_does_not_run_is_a_fault() {
        for text in [
            "#[ignore]\nfn t() {}",
            "#[ignore = \"slow\"]\nfn t() {}",
            "#[cfg_attr(unix, ignore)]\nfn t() {}",
            "/// ```ignore\n/// x\n/// ```\nfn t() {}",
            "//! ```rust,ignore\n",
        ] {
            assert_eq!(wrongs("a.rs", text).len(), 1, "{text}");
        }
        assert_eq!(wrongs("a.rs", "/// Those who ignore\n/// ```\nfn t() {}"), []);
    }
}
