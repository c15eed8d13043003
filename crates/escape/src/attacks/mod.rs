//! The table: every attack, by family.

pub mod execution;
pub mod files;
pub mod identity;
pub mod kernel;
pub mod memory;
pub mod network;
pub mod open;
pub mod paths;
pub mod processes;

use crate::ground::Attack;

/// A family of attacks.
pub struct Family {
    /// What they have in common.
    pub name: &'static str,
    /// The attacks.
    pub attacks: &'static [Attack],
}

/// Everything that must not work.
pub const FAMILIES: [Family; 8] = [
    Family { name: "Running something", attacks: execution::ATTACKS },
    Family { name: "Processes", attacks: processes::ATTACKS },
    Family { name: "Network", attacks: network::ATTACKS },
    Family { name: "Memory", attacks: memory::ATTACKS },
    Family { name: "The kernel", attacks: kernel::ATTACKS },
    Family { name: "Files outside the workspace", attacks: files::ATTACKS },
    Family { name: "Paths that lead an honest bridge astray", attacks: paths::ATTACKS },
    Family { name: "Rights", attacks: identity::ATTACKS },
];

/// Every attack that must not work.
pub fn all() -> impl Iterator<Item = &'static Attack> {
    FAMILIES.iter().flat_map(|family| family.attacks)
}
