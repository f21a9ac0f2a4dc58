import Journal
import NIOCore

/// The hubs of all event loops.
///
/// Publications reach each by an inbox: one wake of the loop for whatever has come since the last.
final class HubGroup: Sendable {
    /// Publications that wait for a loop at most.
    ///
    /// Past that the oldest are dropped: the hub sees that some are missing, and its readers take
    /// them from the journal.
    private static let inboxMax = 256

    private struct Member: Sendable {
        let eventLoop: any EventLoop
        let hub: NIOLoopBound<Hub>
        let inbox = Locked<[Publication]>([])
    }

    private let members: [Member]
    private let streamCount = Locked(0)

    /// Hubs for the loops of `group` that show what `journal` publishes.
    static func start(on group: any EventLoopGroup, journal: Journal) async throws -> HubGroup {
        var members: [Member] = []
        let end = Cursor(next: journal.end)
        let epoch = journal.epochs.current
        for eventLoop in group.makeIterator() {
            let hub = try await eventLoop.submit {
                NIOLoopBound(
                    Hub(eventLoop: eventLoop, end: end, epoch: epoch), eventLoop: eventLoop)
            }.get()
            members.append(Member(eventLoop: eventLoop, hub: hub))
        }
        let hubs = HubGroup(members)
        journal.observe { hubs.offer($0) }
        // What was published before anyone listened is taken from the journal.
        for member in hubs.members {
            member.eventLoop.execute { member.hub.value.catchUp(to: Cursor(next: journal.end)) }
        }
        return hubs
    }

    private init(_ members: [Member]) {
        self.members = members
    }

    /// One of the event loops.
    var anyEventLoop: any EventLoop { members[0].eventLoop }

    /// How many streams and WebSockets are open.
    var streams: Int { streamCount.withLock { $0 } }

    /// Counts a stream or a WebSocket in or out.
    func count(_ change: Int) {
        streamCount.withLock { $0 += change }
    }

    /// The hub of the event loop that the caller runs on.
    func hub(on eventLoop: any EventLoop) -> Hub {
        for member in members where member.eventLoop === eventLoop { return member.hub.value }
        preconditionFailure("a stream runs on an event loop that has no hub")
    }

    private func offer(_ publication: Publication) {
        for member in members {
            let isFirst = member.inbox.withLock { inbox in
                inbox.append(publication)
                if inbox.count > HubGroup.inboxMax { inbox.removeFirst() }
                return inbox.count == 1
            }
            guard isFirst else { continue }
            member.eventLoop.execute {
                let publications = member.inbox.withLock { inbox in
                    defer { inbox = [] }
                    return inbox
                }
                member.hub.value.take(publications)
            }
        }
    }
}
