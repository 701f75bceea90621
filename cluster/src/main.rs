//! The `cuulong` command of a program that is built with the cluster.

use std::process::ExitCode;

use clap::Parser;
use cuulong::cli::Cli;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // Plans are trees, read and written by recursion.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK_BYTES).build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "there is no log yet")]
            {
                eprintln!("cuulong: the runtime does not start: {error}");
            }
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(cuulong::dispatch(cli, Some(cluster::part())))
}

const STACK_BYTES: usize = 32 << 20;
