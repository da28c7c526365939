//! What the kernel knows about this process, as the metrics every Prometheus library exports.

use std::time::{SystemTime, UNIX_EPOCH};

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Counter, Gauge, Opts};

/// Reads `/proc/self` at each scrape.
pub(crate) struct ProcessCollector {
    cpu: Counter,
    open_files: Gauge,
    max_files: Gauge,
    resident: Gauge,
    virtual_memory: Gauge,
    threads: Gauge,
    start: Gauge,
}

/// Clock ticks a second in `/proc`; the kernel shows the same number on every architecture we run on.
const TICKS: f64 = 100.0;

impl ProcessCollector {
    pub(crate) fn new() -> Result<Self, prometheus::Error> {
        let gauge = |name: &str, help: &str| Gauge::with_opts(Opts::new(name, help));
        let start = gauge(
            "process_start_time_seconds",
            "Start time of the process since the Unix epoch in seconds.",
        )?;
        start.set(
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0.0, |time| time.as_secs_f64()),
        );
        Ok(Self {
            cpu: Counter::with_opts(Opts::new(
                "process_cpu_seconds_total",
                "Total user and system CPU time spent in seconds.",
            ))?,
            open_files: gauge("process_open_fds", "Number of open file descriptors.")?,
            max_files: gauge(
                "process_max_fds",
                "Maximum number of open file descriptors.",
            )?,
            resident: gauge(
                "process_resident_memory_bytes",
                "Resident memory size in bytes.",
            )?,
            virtual_memory: gauge(
                "process_virtual_memory_bytes",
                "Virtual memory size in bytes.",
            )?,
            threads: gauge("process_threads", "Number of OS threads in the process.")?,
            start,
        })
    }

    fn read(&self) {
        if let Ok(stat) = std::fs::read_to_string("/proc/self/stat") {
            // The second field is the program's name in parentheses and may hold spaces.
            let fields: Vec<f64> = stat
                .rsplit(')')
                .next()
                .unwrap_or("")
                .split_whitespace()
                .skip(1)
                .filter_map(|field| field.parse().ok())
                .collect();
            // Fields 14 and 15 of proc_pid_stat(5); the first kept one is field 4.
            let field = |number: usize| fields.get(number - 4).copied().unwrap_or(0.0);
            let cpu = (field(14) + field(15)) / TICKS;
            self.cpu.inc_by((cpu - self.cpu.get()).max(0.0));
        }
        if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
            let value = |name: &str| {
                let line = status.lines().find_map(|line| line.strip_prefix(name))?;
                line.split_whitespace().next()?.parse::<f64>().ok()
            };
            let kilobytes = |name| value(name).unwrap_or(0.0) * 1024.0;
            self.resident.set(kilobytes("VmRSS:"));
            self.virtual_memory.set(kilobytes("VmSize:"));
            self.threads.set(value("Threads:").unwrap_or(0.0));
        }
        if let Ok(entries) = std::fs::read_dir("/proc/self/fd") {
            self.open_files.set(entries.count() as f64);
        }
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        self.max_files
            .set(limit.map_or(f64::INFINITY, |n| n as f64));
    }

    fn parts(&self) -> [&dyn Collector; 7] {
        [
            &self.cpu,
            &self.open_files,
            &self.max_files,
            &self.resident,
            &self.virtual_memory,
            &self.threads,
            &self.start,
        ]
    }
}

impl Collector for ProcessCollector {
    fn desc(&self) -> Vec<&Desc> {
        self.parts().into_iter().flat_map(Collector::desc).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.read();
        self.parts()
            .into_iter()
            .flat_map(Collector::collect)
            .collect()
    }
}
