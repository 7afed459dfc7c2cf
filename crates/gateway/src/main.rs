//! The gateway's program.

use std::process::ExitCode;

/// It gives memory back when a storm is over. Elsewhere it would have to know
/// the size of a page when it is built: arm64 has several.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    sekisho_gateway::command::main(&sekisho_gateway::data_plane::start)
}
