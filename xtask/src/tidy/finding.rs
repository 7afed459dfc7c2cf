//! What a rule has found.

use std::fmt;

/// Whether a finding fails the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// Breaks a rule.
    Fault,
    /// Worth a look; breaks nothing.
    Warning,
}

/// One broken rule at one place. Prints as `file:line: what is wrong; what to do`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) weight: Weight,
    /// Below the root of the workspace.
    pub(super) file: String,
    /// From 1.
    pub(super) line: usize,
    pub(super) wrong: String,
    pub(super) todo: String,
}

impl Finding {
    pub(super) fn fault(
        file: impl Into<String>,
        line: usize,
        wrong: impl Into<String>,
        todo: impl Into<String>,
    ) -> Self {
        Self {
            weight: Weight::Fault,
            file: file.into(),
            line,
            wrong: wrong.into(),
            todo: todo.into(),
        }
    }

    pub(super) fn warning(
        file: impl Into<String>,
        line: usize,
        wrong: impl Into<String>,
        todo: impl Into<String>,
    ) -> Self {
        Self { weight: Weight::Warning, ..Self::fault(file, line, wrong, todo) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weight = match self.weight {
            Weight::Fault => "",
            Weight::Warning => "warning: ",
        };
        write!(f, "{}:{}: {weight}{}; {}", self.file, self.line, self.wrong, self.todo)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_like_a_compiler() {
        let finding = Finding::fault("a.rs", 3, "it is wrong", "mend it");
        assert_eq!(finding.to_string(), "a.rs:3: it is wrong; mend it");
        let finding = Finding::warning("a.rs", 3, "it is long", "split it");
        assert_eq!(finding.to_string(), "a.rs:3: warning: it is long; split it");
    }
}
