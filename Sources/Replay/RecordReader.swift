import Dispatch
import Journal

/// Reads a source on a queue of its own, since reading from disk blocks.
struct RecordReader<Source: RecordSource>: Sendable {
    private let source: Source
    private let selection: Selection
    private let pageBytesMax: Int
    private let queue = DispatchQueue(label: "tapedeck.replay.reader")

    init(_ source: Source, selection: Selection, pageBytesMax: Int) {
        self.source = source
        self.selection = selection
        self.pageBytesMax = pageBytesMax
    }

    /// The next page from `cursor` on that has items, or the last one.
    ///
    /// Reads on over pages without items, so that where a run is sparse it is this that takes long,
    /// ahead of time, and not the wait for the next record.
    ///
    /// - Throws: ``JournalError`` from the source; `CancellationError`.
    func page(from cursor: Cursor) async throws -> ReadPage {
        var page = try await read(from: cursor)
        while page.items.isEmpty, !page.isAtEnd {
            try Task.checkCancellation()
            page = try await read(from: page.cursor)
        }
        return page
    }

    private func read(from cursor: Cursor) async throws(JournalError) -> ReadPage {
        try await withCheckedContinuation { continuation in
            queue.async {
                continuation.resume(
                    returning: Result { () throws(JournalError) in
                        try source.read(selection, from: cursor, bytesMax: pageBytesMax)
                    })
            }
        }.get()
    }
}
