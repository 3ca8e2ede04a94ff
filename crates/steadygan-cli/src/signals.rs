//! Ctrl-C and the signals that ask a program to end.

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::iterator::Signals;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The signals that ask a program to save and end: Ctrl-C, `kill`, and a terminal that is closed.
#[cfg(unix)]
const STOP: [i32; 3] = [SIGINT, SIGTERM, signal_hook::consts::SIGHUP];
#[cfg(not(unix))]
const STOP: [i32; 2] = [SIGINT, SIGTERM];

/// A flag that Ctrl-C, SIGTERM and SIGHUP set. A second signal ends the program at once. A signal that was ignored when
/// the program started stays ignored, as `nohup` and a shell's background jobs ask for.
pub(crate) fn stop_flag() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let ignored = ignored_signals();
    for signal in STOP.into_iter().filter(|signal| !is_in(ignored, *signal)) {
        // Registered first, so that the signal that sets the flag does not end the program. It fails only for signals
        // that cannot be caught.
        let _ = flag::register_conditional_shutdown(signal, steadygan_run::EXIT_INTERRUPTED.into(), Arc::clone(&stop));
        let _ = flag::register(signal, Arc::clone(&stop));
    }
    stop
}

/// Has Ctrl-C, SIGTERM and SIGHUP end the program at once, without the temporary files of what it was writing. A signal
/// that was ignored when the program started stays ignored.
pub(crate) fn end_when_interrupted() {
    let ignored = ignored_signals();
    let caught = STOP.into_iter().filter(|signal| !is_in(ignored, *signal));
    // It fails only for signals that cannot be caught.
    let Ok(mut signals) = Signals::new(caught) else { return };
    std::thread::spawn(move || {
        if signals.forever().next().is_some() {
            let _no_more = steadygan_run::remove_own_temporaries();
            std::process::exit(steadygan_run::EXIT_INTERRUPTED.into());
        }
    });
}

/// Has a file that grows beyond the limit of the system (`ulimit -f`) be an error of the write, instead of the signal that
/// ends a program without a word.
pub(crate) fn report_large_files() {
    #[cfg(unix)]
    // It fails only for signals that cannot be caught.
    let _ = flag::register(signal_hook::consts::SIGXFSZ, Arc::new(AtomicBool::new(false)));
}

/// The set of signals that are ignored now, which before the first handler are those that were ignored at the start.
/// Linux tells it; elsewhere the set is empty.
fn ignored_signals() -> u64 {
    std::fs::read_to_string("/proc/self/status").map_or(0, |status| ignored_in(&status))
}

/// The set in the line `SigIgn:` of a process's status: bit n − 1 is signal n (proc_pid_status(5)).
fn ignored_in(status: &str) -> u64 {
    let set = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    set.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).unwrap_or(0)
}

fn is_in(set: u64, signal: i32) -> bool {
    set >> (signal - 1) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SIGHUP is 1, SIGINT 2, SIGPIPE 13 and SIGTERM 15.
    #[test]
    fn ignored_signals_are_a_set_of_bits() {
        let set =
            ignored_in("Name:\tx\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\nSigCgt:\t0000000000004002\n");
        assert_eq!([1, 2, 13, 15].map(|signal| is_in(set, signal)), [true, false, true, false]);
        assert_eq!(ignored_in("Name:\tx\n"), 0);
        assert_eq!(ignored_in("SigIgn:\tnonsense\n"), 0);
    }
}
