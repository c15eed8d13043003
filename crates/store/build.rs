//! Rebuilds when the queries' descriptions change, which the compiler cannot see by itself.

fn main() {
    println!("cargo:rerun-if-changed=.sqlx");
}
