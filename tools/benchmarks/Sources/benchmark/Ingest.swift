import Dispatch
import Journal
import Synchronization

/// What becomes of the body of a request: its lines are scanned and made into drafts, as the server
/// does it, and the drafts recorded as one atomic submission.
enum Ingest {
    /// The drafts of a body of NDJSON.
    static func drafts(of body: [UInt8]) throws(JournalError) -> [Draft] {
        var drafts: [Draft] = []
        var names = NameCache()
        for line in JSONScanner.documents(in: body) {
            do throws(JSONError) {
                let envelope = try JSONScanner.envelope(in: body, range: line)
                let event = try makeEvent(envelope, body, &names)
                let run = event.fields.runID.flatMap { names.run($0, in: event.data) }
                drafts.append(Draft(event, run: run))
            } catch {
                throw JournalError(.invalidEvent, "\(error)")
            }
        }
        return drafts
    }

    private static func makeEvent(
        _ envelope: EventEnvelope, _ body: [UInt8], _ names: inout NameCache
    ) throws(JSONError) -> Event {
        do throws(JournalError) {
            let event = try Event(envelope, in: body, names: &names)
            if !event.type.isReserved { return event }
        } catch {}
        throw JSONError(position: 0, problem: .notAnObject)
    }

    /// Records all bodies of a load: `clients` requests are under way at any time, each answered
    /// once it is durable, and scanned by so many threads.
    ///
    /// Drafts go to the run `run`, if there is one, whatever they say themselves: so a load can be
    /// recorded again without being taken for a duplicate.
    static func run(
        _ load: Load, into journal: Journal, clients: Int, threads: Int, run: RunID? = nil
    ) throws {
        let idle = DispatchSemaphore(value: 0)
        for _ in 0..<clients { idle.signal() }
        let next = Atomic(0)
        let failures = Mutex<[any Error]>([])
        DispatchQueue.concurrentPerform(iterations: threads) { _ in
            while true {
                let number = next.add(1, ordering: .relaxed).oldValue
                guard number < load.bodies.count else { return }
                idle.wait()
                do {
                    var drafts = try drafts(of: load.bodies[number])
                    if let run { drafts = drafts.map { Draft($0.event, run: run) } }
                    journal.submit(drafts) { result in
                        if case .failure(let error) = result {
                            failures.withLock { $0.append(error) }
                        }
                        idle.signal()
                    }
                } catch {
                    failures.withLock { $0.append(error) }
                    idle.signal()
                }
            }
        }
        for _ in 0..<clients { idle.wait() }
        for _ in 0..<clients { idle.signal() }
        if let error = failures.withLock({ $0.first }) { throw error }
    }
}
