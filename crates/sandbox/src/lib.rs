//! The cell: containers, volumes and the host's end of the bridge.
