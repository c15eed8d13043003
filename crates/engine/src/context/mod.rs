//! How much a conversation holds, how much it may hold, and what is to be done where that is too much.
//!
//! Nothing here reads or writes: it is told what the conversation consists of and answers with the next
//! step. What a step does to the conversation is [`crate::history`]'s, and when it is taken is
//! the run's.

mod budget;
mod estimate;
mod plan;
mod summary;

pub(crate) use budget::{Budget, learn};
pub(crate) use estimate::Estimate;
pub(crate) use plan::{Outline, Part, Past, Step, Words, next_step, shorter};
pub(crate) use summary::{NOTES, bounded, mechanical, request};

/// Cuts a text in the middle so that it has about `most` bytes, saying how much is gone.
pub(crate) fn cut_middle(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let head = text.floor_char_boundary(most / 2);
    let tail = text.ceil_char_boundary(text.len() - most / 2);
    format!(
        "{}\n[Anchorhold: {} of this text were cut here to make room]\n{}",
        text.get(..head).unwrap_or_default(),
        amount(tail - head),
        text.get(tail..).unwrap_or_default()
    )
}

/// A number of bytes in words.
pub(crate) fn amount(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        _ => format!("{} KB", bytes.div_ceil(1024)),
    }
}

#[cfg(test)]
mod tests {
    use super::{amount, cut_middle};

    #[test]
    fn a_text_is_cut_in_the_middle_at_characters_and_says_how_much_is_gone() {
        assert_eq!(cut_middle("short", 5), "short");
        let cut = cut_middle(&"é".repeat(2000), 101);
        assert_eq!(
            cut,
            format!(
                "{}\n[Anchorhold: 4 KB of this text were cut here to make room]\n{}",
                "é".repeat(25),
                "é".repeat(25)
            )
        );
        assert_eq!((amount(1023), amount(1025)), ("1023 bytes".to_owned(), "2 KB".to_owned()));
    }
}
