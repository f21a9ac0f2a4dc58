import Hummingbird
package import Journal
import NIOPosix
import ServiceLifecycle

/// `GET /api/runs`, `/api/runs/{run_id}` and `/api/runs/{run_id}/events`.
struct RunsEndpoint: Sendable {
    static let limitMax = 1000
    private static let limitDefault = 100
    private static let waitSecondsMax = 60
    private static let pageBytesMax = 4 << 20

    let service: StreamService

    /// A page of the list of runs that `holder` may read, newest first.
    func list(_ target: RequestTarget, for holder: Holder) throws -> Response {
        let limit =
            try target.number("limit", in: 1...RunsEndpoint.limitMax) ?? RunsEndpoint.limitDefault
        let before = try target.parameter("before").map { text throws(Problem) in
            guard let id = EventID(text) else {
                throw Problem(400, "before must be the next of an earlier page")
            }
            return id.offset
        }
        // One more than asked for tells whether there is another page.
        let runs = service.journal.runs(
            limit: limit + 1, before: before, matching: target.parameter("q"),
            of: holder.visible(.everything))
        let shown = runs.prefix(limit)
        var object = JSONObject()
        object.add("runs", json: JSONObject.list(shown.map { $0.object(at: service.now()).json }))
        object.add("next", runs.count > limit ? shown.last?.firstID : nil)
        return Response(json: object.json)
    }

    /// One run.
    func show(_ run: RunID, for holder: Holder) throws -> Response {
        guard let info = service.journal.run(holder.visible(run)) else {
            throw Problem(404, "there is no run \(run)")
        }
        return Response(json: info.object(at: service.now()).json)
    }

    /// A page of a run's events; waits for the first where asked to.
    func events(_ run: RunID, _ target: RequestTarget, for holder: Holder) async throws -> Response
    {
        let run = holder.visible(run)
        let limit =
            try target.number("limit", in: 1...RunsEndpoint.limitMax) ?? RunsEndpoint.limitDefault
        let wait = try target.number("wait", in: 0...RunsEndpoint.waitSecondsMax) ?? 0
        var cursor = Cursor.start
        var requested: EventID?
        var reset: StreamOpening.Reset?
        if let text = target.parameter("after"), !text.isEmpty {
            guard let id = EventID(text) else { throw Problem(400, "after must be an event id") }
            requested = id
            switch service.journal.epochs.resolve(id, end: service.journal.end) {
            case .exact(let exact): cursor = exact
            case .ahead: reset = .ahead
            case .unknownEpoch: reset = .epoch
            }
        }
        var page = try await read(run, from: cursor)
        let deadline = ContinuousClock.now.advanced(by: .seconds(wait))
        while page.items.isEmpty, ContinuousClock.now < deadline, !Task.isCancelled {
            // Something of another run may end the wait as well: then it goes on.
            let cursor = page.cursor
            await cancelWhenGracefulShutdown {
                await service.arrivals.wait(for: run, after: cursor, until: deadline)
            }
            if Task.isShuttingDownGracefully { break }
            page = try await read(run, from: page.cursor)
        }
        var object = object(page, run, limit: limit, requested: requested)
        if let reset, let requested {
            object.add("reset", json: reset.object(requested: "\(requested)", epoch: epoch).json)
        }
        return Response(json: object.json)
    }

    private var epoch: Epoch? { service.journal.epochs.current }

    private func read(_ run: RunID, from cursor: Cursor) async throws -> ReadPage {
        let journal = service.journal
        return try await service.pool.runIfActive {
            var page = try journal.read(
                .run(run), from: cursor, bytesMax: RunsEndpoint.pageBytesMax)
            while page.items.isEmpty, !page.isAtEnd {
                page = try journal.read(
                    .run(run), from: page.cursor, bytesMax: RunsEndpoint.pageBytesMax)
            }
            return page
        }
    }

    private func object(_ page: ReadPage, _ run: RunID, limit: Int, requested: EventID?)
        -> JSONObject
    {
        var events: [[UInt8]] = []
        var gap: Gap?
        var cursor = page.cursor
        var seen = 0
        items: for item in page.items {
            switch item {
            case .record(let record):
                if events.count == limit { break items }
                var line: [UInt8] = []
                record.appendLine(epoch: epoch, to: &line)
                events.append(line)
                cursor = Cursor(after: record.offset)
            case .gap(let found):
                // A gap stands before a page's events; one behind them begins the next page.
                if !events.isEmpty || gap != nil { break items }
                gap = found
                cursor = found.reached
            }
            seen += 1
        }
        if seen == page.items.count { cursor = page.cursor }
        var object = JSONObject()
        object.add("events", json: JSONObject.list(events))
        object.add("next", EventID(epoch: epoch, offset: cursor.lastSeen))
        object.add("latest", service.journal.latestID(of: .run(run)))
        if let gap {
            object.add(
                "gap", json: SSEFrame.gapObject(gap, requested: requested, epoch: epoch).json)
        } else {
            object.add("gap", nil as String?)
        }
        return object
    }
}

extension JSONObject {
    /// A JSON array of values that are written already.
    package static func list(_ values: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(ascii: "[")]
        for (place, value) in values.enumerated() {
            if place > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += value
        }
        bytes.append(UInt8(ascii: "]"))
        return bytes
    }
}

extension RunInfo {
    /// The run as lists show it, as it stands at `now`.
    package func object(at now: Timestamp) -> JSONObject {
        var object = JSONObject()
        object.add("run_id", run.name)
        object.add("title", title)
        object.add("status", status(at: now).rawValue)
        object.add("events", events)
        object.add("first_id", firstID)
        object.add("last_id", lastID)
        object.add("first_at", firstAt)
        object.add("last_at", lastAt)
        object.add("agents", agents)
        object.add("threads", threads)
        object.add("bytes", bytes)
        object.add("pinned", isPinned)
        return object
    }
}
