//! Writes `docs/escape.md` from the table, so that the page says what the tests prove.

use std::fmt::Write;

use crate::Layer;
use crate::attacks::{FAMILIES, all, open};
use crate::ground::Attack;

const BEGINNING: &str = "\
<!-- Written from crates/escape; write it anew with: ANCHORHOLD_UPDATE=1 cargo test -p anchorhold-escape --test document -->
# What a compromised bridge can try

The bridge is the one program in an agent's cell. Suppose somebody has taken it over and makes any system call they
like: this is what we know they could try, and what stops it. `cargo test -p anchorhold-escape` tries all of it on a
real engine, in the product's own container, behind the product's own locks, in three ways:

- **With every layer** no attack works.
- **Without any layer**, in a container whose every wall was taken away, every attack works. That is the control: a
  refusal counts for something only where the same attack was seen to work. What is marked † is not in every kernel;
  where the kernel says so itself, there is no control on that machine.
- **With one layer alone**, all others taken away, once for each: every layer in the last column stops its attack by
  itself. So the layers do not lean on each other, and one that fails is no way out where another is named.

The engine's own filter of system calls is one of the layers that are tried, and named nowhere: it differs from engine
to engine, and nothing here counts on it. Landlock is counted from its sixth version on (Linux 6.12); with an older one
the bridge's filter still holds whatever is named beside it. What would harm the machine if it worked is aimed at
nothing: getting past the kernel's check of rights counts as success. Where a layer stops an attack by accident of how
it is tried, as when a process with fewer rights may not look into one with more, it is not counted.

The opposite directions, a hostile host and a bridge that attacks its host over the pipe, are in
`crates/bridge/tests/bridge/hostile.rs` and `crates/sandbox/tests/hostile.rs`.

## The layers

| Layer | Whose | Meaning |
|---|---|---|
";

const SELDOM: &str = "
## Refused, and no control to compare with

The kernel on which this was last measured has none of these, so that nothing shows what stops them. The tests see to it
that the reason is still the kernel's own, or else that the attack works without any layer.

| Attack | Would give | What the kernel says |
|---|---|---|
";

const OPEN: &str = "
## What it can do besides editing files

Known, and kept honest by a test that it still works. Two things more need no test: it can keep one processor busy, and
it can fill the workspace with what nobody asked for, which the review before every push is for.

| What | What it gives |
|---|---|
";

/// The page.
#[must_use]
pub fn page() -> String {
    let mut page = BEGINNING.to_owned();
    for layer in Layer::ALL {
        let whose = if layer.is_the_bridges() { "the bridge's" } else { "the container's" };
        row(&mut page, &[layer.name(), whose, layer.meaning()]);
    }
    for family in FAMILIES {
        let _ = write!(
            page,
            "\n## {}\n\n| Attack | Would give | Stopped by each of |\n|---|---|---|\n",
            family.name
        );
        for attack in family.attacks.iter().filter(|attack| !attack.seldom) {
            row(&mut page, &[&name(attack), attack.gives, &layers(attack)]);
        }
    }
    page.push_str(SELDOM);
    for attack in all().filter(|attack| attack.seldom) {
        row(&mut page, &[attack.name, attack.gives, &reasons(attack)]);
    }
    page.push_str(OPEN);
    for attack in open::ATTACKS {
        row(&mut page, &[attack.name, attack.gives]);
    }
    page
}

fn reasons(attack: &Attack) -> String {
    let words = |errno: &i32| {
        let error = std::io::Error::from_raw_os_error(*errno).to_string();
        error.split(" (os error").next().unwrap_or_default().to_owned()
    };
    attack.absent.iter().map(words).collect::<Vec<_>>().join(", or: ")
}

fn row(page: &mut String, cells: &[&str]) {
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}

fn name(attack: &Attack) -> String {
    let mark = if attack.absent.is_empty() { "" } else { " †" };
    format!("{}{mark}", attack.name)
}

fn layers(attack: &Attack) -> String {
    attack.stopped_by.iter().map(|layer| layer.name()).collect::<Vec<_>>().join(", ")
}
