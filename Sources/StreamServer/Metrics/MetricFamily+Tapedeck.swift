extension MetricFamily {
    /// Every family that the program shows.
    static let all =
        journal + scrub + upstream + [
            MetricFamily("tapedeck_build_info", .gauge, "1; the label names the version."),
            MetricFamily("tapedeck_streams", .gauge, "Open event streams."),
            MetricFamily("tapedeck_connections", .gauge, "Open connections from the network."),
            MetricFamily(
                "tapedeck_connections_limit", .gauge,
                "As many connections there may be: by the settings, or by the process's limit of "
                    + "open files."),
            MetricFamily(
                "tapedeck_connections_refused_total", .counter,
                "Connections turned away: too many in all or of one address, or a head too slow."),
            MetricFamily(
                "tapedeck_access_refused_total", .counter,
                "Requests turned away for what they showed, or did not show, of who sent them."),
        ]

    private static let journal = [
        MetricFamily("tapedeck_journal_commits_total", .counter, "Commits published."),
        MetricFamily("tapedeck_journal_records_total", .counter, "Records appended."),
        MetricFamily(
            "tapedeck_journal_data_bytes_total", .counter, "Bytes of data of the records appended."),
        MetricFamily(
            "tapedeck_journal_commit_seconds",
            .histogram(
                bounds: [
                    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
                ]),
            "From the arrival of a commit's first event to the commit's publication."),
        MetricFamily(
            "tapedeck_journal_end_offset", .gauge, "The offset that the next record gets."),
        MetricFamily(
            "tapedeck_journal_read_only", .gauge, "1 since the journal's disk failed, else 0."),
        MetricFamily(
            "tapedeck_journal_free_bytes", .gauge,
            "Bytes that can still be written to the journal's disk."),
    ]

    private static let scrub = [
        MetricFamily(
            "tapedeck_scrub_bytes_total", .counter, "Bytes of segments read by the scrub."),
        MetricFamily(
            "tapedeck_scrub_segments_total", .counter, "Segments checked by the scrub to their end."
        ),
        MetricFamily(
            "tapedeck_scrub_findings", .gauge,
            "Places where segments were damaged when the scrub checked them last."),
        MetricFamily(
            "tapedeck_scrub_last_pass_timestamp_seconds", .gauge,
            "When the scrub had checked every sealed segment last, since 1970; 0 before it has."),
    ]

    private static let upstream = [
        MetricFamily("tapedeck_upstream_connected", .gauge, "1 while the upstream is connected."),
        MetricFamily(
            "tapedeck_upstream_reconnects_total", .counter, "Connections after the first."),
        MetricFamily(
            "tapedeck_upstream_events_received_total", .counter,
            "Events received, live and in histories, whatever became of them."),
        MetricFamily(
            "tapedeck_upstream_events_recorded_total", .counter, "Events received and recorded."),
        MetricFamily(
            "tapedeck_upstream_events_duplicate_total", .counter,
            "Events received that had been recorded before."),
        MetricFamily(
            "tapedeck_upstream_events_filtered_total", .counter,
            "Events received that the filter leaves out."),
        MetricFamily(
            "tapedeck_upstream_events_malformed_total", .counter,
            "Events and frames received that made no sense and were left out."),
        MetricFamily(
            "tapedeck_upstream_events_too_large_total", .counter,
            "Messages received that were too large and were left out."),
        MetricFamily(
            "tapedeck_upstream_binary_events_ignored_total", .counter,
            "Binary events received, which are left out."),
        MetricFamily(
            "tapedeck_upstream_gaps_total", .counter,
            "Gaps recorded, by reason: events that no history filled."),
    ]
}
