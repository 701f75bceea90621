//! The engine's state as numbers, for the operator.

use super::Engine;

impl Engine {
    /// Sets the gauges of what is held and what is under way. Whoever shows numbers calls it first.
    pub fn show_numbers(&self) {
        let inner = &self.inner;
        metrics::gauge!("cuulong_query_tasks").set(self.scan_tasks() as f64);
        metrics::gauge!("cuulong_query_memory_bytes").set(inner.pool.used() as f64);
        let held = |cache: &'static str, entries: usize| {
            metrics::gauge!("cuulong_cache_entries", "cache" => cache).set(entries as f64);
        };
        held("datastreams", inner.streams.lock().len());
        held("latest", inner.latest.len());
        let footers = inner.env.cache_manager.get_file_metadata_cache();
        let entries = footers.list_entries();
        held("sql_footers", entries.len());
        let bytes: usize = entries.values().map(|entry| entry.size_bytes).sum();
        metrics::gauge!("cuulong_cache_bytes", "cache" => "sql_footers").set(bytes as f64);
        for (cache, entries, bytes) in inner.lake.held() {
            held(cache, entries);
            metrics::gauge!("cuulong_cache_bytes", "cache" => cache).set(bytes as f64);
        }
    }

    /// How many tasks of statements and large reads there are now: none when all of them have
    /// ended, or have been cancelled and stopped working.
    pub fn scan_tasks(&self) -> usize {
        self.inner.threads.scan_tasks()
    }
}
