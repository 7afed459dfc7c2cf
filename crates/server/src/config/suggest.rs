//! What was probably meant.

/// The known word nearest to a typing error, if one is near.
pub fn nearest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let found = found.to_lowercase();
    known
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(&found, &word.to_lowercase()), word))
        .filter(|(distance, word)| *distance <= (word.chars().count() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        assert_eq!(nearest("listen.apii", ["listen.api", "listen.agents"]), Some("listen.api"));
        assert_eq!(nearest("dispaly", ["display", "name"]), Some("display"));
        assert_eq!(nearest("colour", ["display", "name"]), None);
    }
}
