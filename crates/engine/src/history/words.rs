//! Words in a conversation that neither the model wrote nor a tool returned.

use crate::context::{cut_middle, shorter};
use anchorhold_domain::InstructionId;

/// The mark of what the program says, which the user did not.
const HOST: &str = "[Anchorhold]";

/// Something that the model is told.
#[derive(Clone, Debug)]
pub(super) struct Said {
    /// Its event.
    pub(super) seq: u32,
    by: By,
    text: String,
    /// How much of the text is sent, in bytes, where it was cut.
    most: Option<usize>,
    attached: Attached,
}

/// Who says it.
#[derive(Clone, Debug)]
enum By {
    /// The user, by an instruction.
    Instruction(InstructionId),
    /// The user, by an answer to this question. It stands in the result of a call, as long as that is there.
    Answer(String),
    /// The program.
    Host,
}

/// The text of files that goes with an instruction.
#[derive(Clone, Debug)]
enum Attached {
    None,
    Text { files: Vec<String>, text: String },
    Cut { files: Vec<String> },
}

impl Said {
    pub(super) fn instruction(
        seq: u32,
        id: InstructionId,
        text: &str,
        files: &[String],
        attached: Option<String>,
    ) -> Self {
        let attached = match attached.filter(|text| !text.is_empty()) {
            Some(text) => Attached::Text { files: files.to_vec(), text },
            None => Attached::None,
        };
        Self { seq, by: By::Instruction(id), text: text.to_owned(), most: None, attached }
    }

    pub(super) fn answer(seq: u32, question: String, text: &str) -> Self {
        Self { seq, by: By::Answer(question), text: text.to_owned(), most: None, attached: Attached::None }
    }

    pub(super) fn host(seq: u32, text: &str) -> Self {
        let text = format!("{HOST} {text}");
        Self { seq, by: By::Host, text, most: None, attached: Attached::None }
    }

    /// Whether it is the user's, which no summary stands for.
    pub(super) fn is_users(&self) -> bool {
        match self.by {
            By::Instruction(_) | By::Answer(_) => true,
            By::Host => false,
        }
    }

    /// The instruction that it is, if it is one.
    pub(super) fn id(&self) -> Option<String> {
        match self.by {
            By::Instruction(id) => Some(id.to_string()),
            By::Answer(_) | By::Host => None,
        }
    }

    /// The size of the words as they are sent, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.most.unwrap_or(self.text.len()).min(self.text.len())
    }

    /// The size of the files' text that goes with it.
    pub(super) fn attached(&self) -> usize {
        match &self.attached {
            Attached::Text { text, .. } => text.len(),
            Attached::None | Attached::Cut { .. } => 0,
        }
    }

    /// Makes it smaller: the files' text goes first, then the middle of the words.
    pub(super) fn shorten(&mut self) {
        if self.attached() > 0 {
            self.drop_attached();
        } else {
            self.most = Some(shorter(self.bytes()));
        }
    }

    /// Leaves out the files' text.
    pub(super) fn drop_attached(&mut self) {
        if let Attached::Text { files, .. } = &mut self.attached {
            self.attached = Attached::Cut { files: std::mem::take(files) };
        }
    }

    /// What is sent.
    pub(super) fn text(&self) -> String {
        let words = match self.most {
            Some(most) => cut_middle(&self.text, most),
            None => self.text.clone(),
        };
        let words = match &self.by {
            By::Instruction(_) | By::Host => words,
            By::Answer(question) => format!("{HOST} You asked: {question}\nThe user answered:\n{words}"),
        };
        match &self.attached {
            Attached::None => words,
            Attached::Text { text, .. } => format!("{words}\n\n{text}"),
            Attached::Cut { files } => format!(
                "{words}\n\n{HOST} The text of files that went with this was cut to make room; read what you \
                 need of it again: {}",
                files.join(", ")
            ),
        }
    }
}
