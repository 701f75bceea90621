//! The `cuulong` command.

use std::process::ExitCode;

use clap::Parser;
use cuulong::cli::Cli;

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
