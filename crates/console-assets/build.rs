//! A new build of the console makes a new server: cargo does not see by itself
//! that files have come or gone.

fn main() {
    println!("cargo:rerun-if-changed=../../console/dist");
}
