//! The `cuulong` command.

use std::process::ExitCode;

use clap::Parser;
use cuulong::cli::Cli;

/// Reads take and give back large blocks all the time, on many threads: the system's allocator goes to
/// the kernel for each, and threads wait for one another there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "there is no log yet")]
            {
                eprintln!("cuulong: the runtime does not start: {error}");
            }
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(cuulong::dispatch(cli, None))
}
