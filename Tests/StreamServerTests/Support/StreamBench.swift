import Dispatch
import Journal
import Logging
import NIOCore
import NIOEmbedded
import NIOPosix

@testable import StreamServer

/// What streams share, over a journal and with a single thread that blocks.
func withService(_ body: (StreamService, NIOThreadPool) async throws -> Void) async throws {
    try await withJournal { journal in
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        let service = StreamService(
            journal: journal,
            hubs: try await .start(on: MultiThreadedEventLoopGroup.singleton, journal: journal),
            pool: pool, scanPool: pool, arrivals: Arrivals(journal),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            now: { Timestamp(microseconds: 1_500_000) }, uptime: { .uptimeNanoseconds(0) })
        do {
            try await body(service, pool)
        } catch {
            try await pool.shutdownGracefully()
            throw error
        }
        try await pool.shutdownGracefully()
    }
}

/// Keeps the thread that blocks busy, so that whatever is to be read waits.
struct Gate {
    private let semaphore = DispatchSemaphore(value: 0)

    init(_ pool: NIOThreadPool) {
        pool.submit { [semaphore] _ in semaphore.wait() }
    }

    /// Lets the reads go on.
    func open() {
        semaphore.signal()
    }
}

/// One stream on a channel without a socket, whose hub is told of publications by hand.
final class StreamBench: Sendable {
    private struct Parts {
        let hub: Hub
        let stream: SSEStream
    }

    /// What has been published and the hub has not been told.
    private final class Publications: Sendable {
        private let waiting = Locked<[Publication]>([])

        func add(_ publication: Publication) { waiting.withLock { $0.append(publication) } }

        func take() -> [Publication] {
            waiting.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
        }
    }

    let service: StreamService
    let channel: NIOAsyncTestingChannel
    private let pool: NIOThreadPool
    private let parts: NIOLoopBound<Parts>
    private let publications: Publications
    private let output = Locked<[UInt8]>([])

    /// Opens a stream with this target; it has been read what is there when this returns.
    static func open(
        _ target: String, _ service: StreamService, _ pool: NIOThreadPool, header: String? = nil,
        settling: Bool = true, isNarrow: Bool = false,
        holder: Holder = .everybody
    ) async throws -> StreamBench {
        let bench = try await StreamBench(
            try StreamRequest(RequestTarget(target), lastEventID: header) { _ in holder }, service,
            pool,
            isNarrow: isNarrow)
        if settling { try await bench.settle() }
        return bench
    }

    private init(
        _ request: StreamRequest, _ service: StreamService, _ pool: NIOThreadPool, isNarrow: Bool
    ) async throws {
        let channel = NIOAsyncTestingChannel()
        let publications = Publications()
        service.journal.observe { publications.add($0) }
        let end = Cursor(next: service.journal.end)
        let epoch = service.journal.epochs.current
        try await channel.connect(to: SocketAddress(unixDomainSocketPath: "/nowhere"))
        parts = try await channel.testingEventLoop.executeInContext {
            let hub = Hub(eventLoop: channel.eventLoop, end: end, epoch: epoch)
            let stream = SSEStream(request, service: service, hub: hub)
            if isNarrow { try channel.pipeline.syncOperations.addHandler(NarrowSocket(channel)) }
            try channel.pipeline.syncOperations.addHandler(stream)
            return NIOLoopBound(Parts(hub: hub, stream: stream), eventLoop: channel.eventLoop)
        }
        self.channel = channel
        self.service = service
        self.pool = pool
        self.publications = publications
    }

    /// Runs `body` on the event loop.
    func onLoop<Value: Sendable>(
        _ body: @escaping @Sendable (Hub, SSEStream) throws -> Value
    ) async throws -> Value {
        let parts = parts
        return try await channel.testingEventLoop.executeInContext {
            try body(parts.value.hub, parts.value.stream)
        }
    }

    /// Waits until the stream has nothing more to do.
    func settle() async throws {
        repeat {
            // The pool has one thread: what the stream wanted read has been read after this.
            try await pool.runIfActive {}
            await channel.testingEventLoop.run()
        } while try await onLoop { $1.isReading }
        while let written = try await channel.readOutbound(as: ByteBuffer.self) {
            output.withLock { $0 += written.readableBytesView }
        }
    }

    /// Tells the hub what has been published.
    func deliver() async throws {
        let publications = publications
        try await onLoop { hub, _ in hub.take(publications.take()) }
        try await settle()
    }

    /// Loses the oldest publications before the hub is told of them.
    func skip(_ count: Int) async throws {
        let kept = publications.take().dropFirst(count)
        for publication in kept { publications.add(publication) }
    }

    /// Gives the socket room, or takes it.
    func setWritable(_ isWritable: Bool, settling: Bool = true) async throws {
        channel.isWritable = isWritable
        let channel = channel
        try await onLoop { _, _ in channel.pipeline.fireChannelWritabilityChanged() }
        if settling { try await settle() }
    }

    /// Fires an event that comes from the socket.
    func fire(_ event: some Sendable, settling: Bool = true) async throws {
        let channel = channel
        try await onLoop { _, _ in channel.pipeline.fireUserInboundEventTriggered(event) }
        if settling { try await settle() }
    }

    /// Puts the event loop's clock to `seconds` after its start; the hub looks at it as it goes by.
    func tick(after seconds: Int64) async throws {
        await channel.testingEventLoop.advanceTime(
            to: .uptimeNanoseconds(UInt64(seconds) * 1_000_000_000))
        try await settle()
    }

    /// Whether the connection is open.
    var isOpen: Bool { channel.isActive }

    /// Everything that was sent: the head of the response, and its body.
    var sent: (head: String, body: ChunkedBody) {
        let all = text(output.withLock { $0 })
        let parts = all.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(parts[0]), ChunkedBody((parts.count == 2 ? parts[1] : "").utf8))
    }

    /// The frames that were sent since this was asked last.
    func frames() -> [StreamFrame] {
        defer { output.withLock { $0 = Array("\r\n\r\n".utf8) } }
        return text(sent.body.bytes).split(separator: "\n\n").map { StreamFrame($0) }
    }
}

/// A socket that each write fills and each flush empties, and that tells so at once, as a real one
/// does: in the middle of the call.
private final class NarrowSocket: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    private let channel: NIOAsyncTestingChannel

    init(_ channel: NIOAsyncTestingChannel) {
        self.channel = channel
    }

    func write(
        context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
    ) {
        context.write(data, promise: promise)
        tell(false, context)
    }

    func flush(context: ChannelHandlerContext) {
        context.flush()
        tell(true, context)
    }

    private func tell(_ isWritable: Bool, _ context: ChannelHandlerContext) {
        guard channel.isWritable != isWritable else { return }
        channel.isWritable = isWritable
        context.fireChannelWritabilityChanged()
    }
}

/// A frame of a stream as a client reads it.
struct StreamFrame: Hashable, CustomStringConvertible {
    var id: String?
    var event: String?
    var data: String?

    init(_ text: Substring) {
        for line in text.split(separator: "\n") {
            let sides = line.split(separator: ": ", maxSplits: 1).map(String.init)
            guard sides.count == 2 else { continue }
            switch sides[0] {
            case "id": id = sides[1]
            case "event": event = sides[1]
            case "data": data = sides[1]
            default: break
            }
        }
    }

    /// The offset in the id.
    var offset: UInt64? { id.flatMap { EventID($0)?.offset.rawValue } }

    /// `event`, `id` of an id-only frame, or neither for `retry`.
    var kind: String { event ?? (id == nil ? "retry" : "id") }

    var description: String { "\(kind) \(id ?? "") \(data ?? "")" }
}
