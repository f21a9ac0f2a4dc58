import Journal
import Logging
import TestSupport

@testable import StreamServer

/// A healer over a registry and a journal, in time that passes when it waits.
struct HealerBench {
    let time = FakeTime()
    let database: RegistryDatabase
    let journal: Journal
    let healer: RegistryHealer

    init(
        _ journal: Journal, _ database: RegistryDatabase, path: String? = nil,
        filter: TypeFilter = .agentChat
    ) {
        self.journal = journal
        self.database = database
        healer = RegistryHealer(
            path: path ?? database.path, journal: journal, filter: filter,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, clock: time.clock)
    }

    /// Records what an upstream says, as a recorder does.
    @discardableResult
    func hear(_ drafts: Draft...) async throws -> Receipt {
        try await journal.append(await healer.heal(drafts), atomically: false)
    }

    /// Lets the background work until there is nothing left for it within `duration`.
    func work(for duration: Duration = .seconds(10)) async {
        let end = time.passed + duration
        while time.passed < end {
            if await !healer.tick() { time.advance(.milliseconds(250)) }
        }
    }

    /// The records of a run.
    func records(_ run: String) throws -> [Record] {
        try journal.readAll(.run(try runID(run))).records
    }

    /// What is recorded of a run: type, and what is of interest of the data.
    func recorded(_ run: String) throws -> [String] {
        try records(run).map { record in
            let fields = try JSONScanner.data(in: record.data).fields
            let name = fields.messageID ?? fields.threadID
            let content = fields.content.map { "=" + $0.string(in: record.data) } ?? ""
            let type = record.type.name.replacing("agent_chat_", with: "")
            return "\(type) \(name.map { $0.string(in: record.data) } ?? "")\(content)"
        }
    }
}

/// Runs `body` with a bench over a new journal and an empty registry.
func withBench(
    _ mode: RegistryDatabase.Mode = .rollback, _ body: (HealerBench) async throws -> Void
) async throws {
    try await withJournal { journal in
        try await body(HealerBench(journal, try RegistryDatabase(mode)))
    }
}

/// A message as an upstream sends it: cut, without a run, stamped.
func heard(
    _ id: String, thread: String, _ content: String, stamp: String = "s", run: String? = nil
) throws -> Draft {
    var object = JSONObject()
    object.add("message_id", id)
    object.add("thread_id", thread)
    if let run { object.add("run_id", run) }
    object.add("content", cut(content))
    object.add("timestamp", stamp)
    return try upstreamDraft(.messageSent, object)
}

/// The creation of a thread as an upstream sends it.
func heardThread(_ id: String, run: String, stamp: String = "s") throws -> Draft {
    var object = JSONObject()
    object.add("thread_id", id)
    object.add("run_id", run)
    object.add("timestamp", stamp)
    return try upstreamDraft(.threadCreated, object)
}

/// The end of a thread as an upstream sends it.
func heardEnd(_ id: String, status: String = "completed", stamp: String = "s") throws -> Draft {
    var object = JSONObject()
    object.add("thread_id", id)
    object.add("status", status)
    object.add("timestamp", stamp)
    return try upstreamDraft(.threadClosed, object)
}

private func upstreamDraft(_ type: EventType, _ object: JSONObject) throws -> Draft {
    Draft(
        try Event(type: type, data: object.json), key: Checksum.hash64(object.json, seed: 4))
}
