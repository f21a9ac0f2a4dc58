package import Journal

/// A machine for a journal: files in memory, clocks that a test moves, randomness from a seed.
///
/// Nothing in it depends on real time, so that a seed repeats everything.
package struct TestWorld: Sendable {
    package let files = MemoryFileSystem()
    package let clock = ManualClock()
    private let generator: Locked<SplitMix64>
    private let keepsCatalog: Bool

    /// A machine whose randomness comes from `seed`; with `keepsCatalog`, its journals must be in
    /// directories that are real, too.
    package init(seed: UInt64 = 1, keepsCatalog: Bool = false) {
        self.keepsCatalog = keepsCatalog
        generator = Locked(SplitMix64(seed: seed ^ 0xA11CE))
    }

    /// What a journal is opened with.
    package var environment: Environment {
        Environment(
            fileSystem: keepsCatalog ? CatalogedFileSystem(files) : files,
            now: { [clock] in clock.now() },
            random: { [generator] in generator.withLock { $0.next() } },
            keepsCatalog: keepsCatalog, settlesWhenIdle: false)
    }

    /// Opens the journal in `directory` for writing.
    package func open(
        _ directory: String = "journal", _ options: Journal.Options = Journal.Options()
    ) throws(JournalError) -> Journal {
        try Journal(directory, options: options, environment: environment)
    }

    /// Opens the journal in `directory` for reading.
    package func view(_ directory: String = "journal") throws(JournalError) -> JournalView {
        try JournalView(directory, environment: environment)
    }
}
