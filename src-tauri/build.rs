//! Reads `tauri.conf.json` and the capabilities, which lie beside the shell's code.

fn main() {
    let attributes =
        tauri_build::Attributes::new().capabilities_path_pattern("./src-tauri/capabilities/**/*");
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo::error=prepare the desktop app: {error:#}");
    }
}
