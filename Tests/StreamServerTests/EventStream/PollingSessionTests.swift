import Journal
import NIOCore
import Testing

@testable import StreamServer

@Suite("A polling session")
struct PollingSessionTests {
    private func polling(_ service: StreamService) throws -> PollingSession {
        let session = PollingSession(
            service.eventStream.makeSession(.known(.everything), at: .uptimeNanoseconds(0)),
            owner: nil)
        try session.receive([Array("40".utf8)], service.eventStream)
        return session
    }

    private func append(_ count: Int, _ service: StreamService) async throws {
        for number in 0..<count {
            try await service.journal.append(#"{"n":\#(number),"timestamp":0}"#, run: "r")
        }
    }

    @Test("a poll that waits is answered by what is recorded, and by what is posted")
    func wakes() async throws {
        try await withService { service, _ in
            let session = try polling(service)
            #expect(try await session.poll(service.eventStream).count == 2)
            async let event = session.poll(service.eventStream)
            try await append(1, service)
            #expect(try await event.map { text($0).prefix(10) } == [#"42["event""#])
            async let answer = session.poll(service.eventStream)
            try session.receive([Array(#"427["x"]"#.utf8)], service.eventStream)
            #expect(try await answer.map { text($0) } == ["437[]"])
        }
    }

    @Test("a poll gets no more packets than clients take, and the next the rest, in order")
    func packetsMax() async throws {
        try await withService { service, _ in
            let session = try polling(service)
            _ = try await session.poll(service.eventStream)
            try await append(40, service)
            var counts: [Int] = []
            var packets: [String] = []
            while packets.count < 40 {
                let more = try await session.poll(service.eventStream).map { text($0) }
                counts.append(more.count)
                packets += more
            }
            #expect(counts == [16, 16, 8])
            #expect(
                packets.map { $0.dropFirst(#"42["event",{"event_type":"t","data":{"n":"#.count) }
                    .map { $0.prefix { $0.isNumber } } == (0..<40).map { "\($0)" })
        }
    }

    @Test("what is not broadcast answers no poll, and is not told later")
    func passesOver() async throws {
        try await withService { service, _ in
            let session = try polling(service)
            _ = try await session.poll(service.eventStream)
            async let answer = session.poll(service.eventStream)
            let event = try Event(type: .messageSent, data: Array("{}".utf8))
            for _ in 0..<30 {
                _ = try await service.journal.append([
                    Draft(event, run: try runID("i"), eventTime: Timestamp(microseconds: 1))
                ])
            }
            try await append(1, service)
            #expect(try await answer.count == 1)
        }
    }

    @Test("a poll of a session that ends meanwhile is let go with a noop")
    func ends() async throws {
        try await withService { service, _ in
            let session = try polling(service)
            _ = try await session.poll(service.eventStream)
            async let answer = session.poll(service.eventStream)
            try session.receive([Array("1".utf8)], service.eventStream)
            #expect(try await answer.map { text($0) } == ["6"])
            #expect(session.isGone)
        }
    }

    @Test("of two polls at once one is refused, and the other is let go with a noop")
    func twoPolls() async throws {
        try await withService { service, _ in
            let session = try polling(service)
            _ = try await session.poll(service.eventStream)
            // Which of them is the second is for the scheduler to say.
            let answers = await withTaskGroup(of: [String].self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        do {
                            return try await session.poll(service.eventStream).map { text($0) }
                        } catch {
                            return [(error as? EngineIORefusal)?.message ?? "\(error)"]
                        }
                    }
                }
                return await group.reduce(into: Set<[String]>()) { $0.insert($1) }
            }
            #expect(answers == [["6"], ["this session is polled already, and is over now"]])
            #expect(session.isGone)
        }
    }

    @Test("a poll whose task is cancelled is told that the server stops")
    func cancelled() async throws {
        try await withService { service, _ in
            let session = try polling(service)
            _ = try await session.poll(service.eventStream)
            let task = Task { try await session.poll(service.eventStream) }
            task.cancel()
            await #expect { try await task.value } throws: { ($0 as? Problem)?.status == 503 }
        }
    }
}
