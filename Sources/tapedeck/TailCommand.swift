import ArgumentParser
import Glibc
import Journal
import Replay
import StreamServer

/// `tapedeck tail`: a run, and what is added to it.
struct TailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Follow a run: all of it, and then what is added, until interrupted.",
        discussion: """
            NDJSON, or a readable transcript where standard output is a terminal. A run that nobody \
            has heard of is waited for, and so is a server that is restarted.
            """)

    @OptionGroup var journal: JournalOptions

    @Argument(help: "The run.")
    var run: String

    @Flag(help: "Print NDJSON on a terminal, too.")
    var json = false

    @OptionGroup var filter: TranscriptFilter

    func run() async throws {
        let run = try RunID(argument: run)
        // Fails where there is no journal.
        _ = try JournalView(journal.directory)
        Interruption.endsTheProgram()
        let follower = RunFollower(
            directory: journal.directory, run: run,
            printer: EventPrinter(
                filter: filter,
                transcript: Terminal.isShown && !json ? Terminal.transcript : nil))
        do {
            try await follower.follow()
        } catch is OutputFile.ReaderGone {}
    }
}

/// Prints events as they come.
private struct EventPrinter {
    let filter: TranscriptFilter
    /// Nil for NDJSON.
    let transcript: Transcript?

    /// Prints the event of a line of NDJSON.
    func show(_ line: [UInt8]) throws {
        let envelope = try JSONScanner.envelope(in: line)
        let event = try Event(envelope, in: line)
        guard filter.admits(event.type, event.data) else { return }
        guard let transcript else {
            return try OutputFile.standard.write(line + [UInt8(ascii: "\n")])
        }
        let time = envelope.recordedAt.flatMap { Timestamp(rfc3339: $0.string(in: line)) } ?? .now
        let text = transcript.lines(event.type, event.data, at: time)
        try OutputFile.standard.write(Array(text.utf8))
    }

    /// Says what is missing.
    func tell(_ what: String) throws {
        guard let transcript else { return StandardError.write("tapedeck: \(what)\n") }
        try OutputFile.standard.write(Array(transcript.missing(what).utf8))
    }
}

/// When a file was last changed.
private struct FileMoment: Equatable {
    private let seconds: Int
    private let nanoseconds: Int

    /// The moment of the file at `path`; nil when there is none.
    init?(of path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
    }
}

/// Follows a run through the server that has its journal, whichever that is; while there is none,
/// reads what the journal has and waits for one.
private struct RunFollower {
    private static let pause = Duration.milliseconds(500)

    let directory: String
    let run: RunID
    let printer: EventPrinter

    /// Goes on until the output's reader goes away.
    ///
    /// - Throws: ``OutputFile/ReaderGone``, ``Failure``, and ``JournalError`` when the journal cannot
    ///   be read.
    func follow() async throws {
        var last: String?
        var seen: FileMoment?
        while true {
            if let client = try await ControlClient.connect(to: directory) {
                try await follow(client, &last)
            } else {
                // Whoever writes moves the durable mark.
                let now = FileMoment(of: "\(directory)/durable")
                if now == nil || now != seen { try readOn(&last) }
                seen = now
            }
            try await Task.sleep(for: RunFollower.pause)
        }
    }

    private func follow(_ client: ControlClient, _ last: inout String?) async throws {
        do throws(any Error) {
            var id = last
            defer { last = id }
            try await client.follow(run, after: last) { frame in
                if let data = try told(frame) { try printer.show(data) }
                // Only now: what was not printed is asked for again.
                id = frame.id ?? id
            }
        } catch {
            // The server is gone; the next one goes on from there.
            if error is OutputFile.ReaderGone || error is Failure { throw error }
        }
    }

    /// The line of a frame that has one; says what frames of the server itself say.
    private func told(_ frame: ControlClient.Frame) throws -> [UInt8]? {
        switch frame.event {
        case nil, "connected", "stream_live", "ping", "stream_bye", "stream_end":
            return nil
        case "stream_gap", "stream_reset":
            try printer.tell(
                "\(frame.event ?? ""): \(String(decoding: frame.data, as: UTF8.self))")
            return nil
        default:
            return frame.data
        }
    }

    /// Prints what the journal has by now.
    private func readOn(_ last: inout String?) throws {
        let view = try JournalView(directory)
        var cursor = Cursor.start
        if let id = last.flatMap({ EventID($0) }) {
            if case .exact(let exact) = view.epochs.resolve(id, end: view.end) {
                cursor = exact
            } else {
                try printer.tell("the journal is another one than before; the run follows anew")
            }
        }
        var isAtEnd = false
        while !isAtEnd {
            let page = try view.read(.run(run), from: cursor, bytesMax: 1 << 20)
            for item in page.items {
                switch item {
                case .record(let record):
                    var line: [UInt8] = []
                    record.appendLine(epoch: view.epochs.current, to: &line)
                    try printer.show(line)
                case .gap(let gap):
                    try printer.tell(gap.sentence)
                }
            }
            (cursor, isAtEnd) = (page.cursor, page.isAtEnd)
        }
        last = "\(view.id(cursor.lastSeen))"
    }
}
