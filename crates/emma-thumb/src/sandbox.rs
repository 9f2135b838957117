//! What this process may do from here on: read, write, ask for memory, end.

#[cfg(target_os = "linux")]
pub use linux::enter;

/// Where there is no sandbox there are no thumbnails.
#[cfg(not(target_os = "linux"))]
pub fn enter() -> Result<(), String> {
    Err("only Linux has the one it knows".into())
}

#[cfg(target_os = "linux")]
mod linux {
    use rustix::process::{Resource, Rlimit, setrlimit};
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};
    use std::collections::BTreeMap;

    /// Address space, in bytes: four times what a decoder may ask for.
    const MEMORY_BYTES_MAX: u64 = 1 << 30;
    /// Processor time of the whole process, in seconds.
    const SECONDS_MAX: u64 = 20;

    /// The calls that decoding needs; any other ends the process.
    const CALLS: [i64; 20] = [
        libc::SYS_read,
        libc::SYS_write,
        libc::SYS_writev,
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_brk,
        libc::SYS_mmap,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_madvise,
        libc::SYS_mprotect,
        libc::SYS_futex,
        libc::SYS_clock_gettime,
        libc::SYS_getrandom,
        libc::SYS_sigaltstack,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sched_getaffinity,
        libc::SYS_restart_syscall,
    ];

    /// Shuts the process in. There is no way back.
    pub fn enter() -> Result<(), String> {
        let said = |error: &dyn std::fmt::Display| error.to_string();
        for (resource, most) in [
            (Resource::As, MEMORY_BYTES_MAX),
            (Resource::Cpu, SECONDS_MAX),
            (Resource::Fsize, 0),
            (Resource::Core, 0),
        ] {
            let limit = Rlimit { current: Some(most), maximum: Some(most) };
            setrlimit(resource, limit).map_err(|error| said(&error))?;
        }
        let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(|error| said(&error))?;
        let rules = CALLS.iter().map(|call| (*call, Vec::new())).collect::<BTreeMap<_, _>>();
        let (others, allowed) = (SeccompAction::KillProcess, SeccompAction::Allow);
        let filter = SeccompFilter::new(rules, others, allowed, arch);
        let filter = filter.map_err(|error| said(&error))?;
        let program: BpfProgram = filter.try_into().map_err(|error| said(&error))?;
        seccompiler::apply_filter(&program).map_err(|error| said(&error))
    }
}
