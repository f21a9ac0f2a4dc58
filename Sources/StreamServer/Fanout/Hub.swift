import Journal
import NIOCore

/// All readers of one event loop: takes publications, frames them once for each feed, and wakes
/// the readers.
///
/// Confined to its event loop.
final class Hub {
    /// Readers that are pumped before the loop gets its turn.
    private static let sliceReaders = 256
    /// How often quiet and stalled readers are looked for.
    private static let tick = TimeAmount.milliseconds(500)

    let eventLoop: any EventLoop
    private(set) var epoch: Epoch?
    /// Everything before it has been published.
    private(set) var end: Cursor
    private var feeds: [Feed.Key: Feed] = [:]
    private var feedsOfRun: [RunID: [Feed]] = [:]
    private var wideFeeds: [Feed] = []
    private var readers: [ObjectIdentifier: any HubReader] = [:]
    private var isTicking = false

    init(eventLoop: any EventLoop, end: Cursor, epoch: Epoch?) {
        self.eventLoop = eventLoop
        self.end = end
        self.epoch = epoch
    }

    /// Takes what was published, in order.
    func take(_ publications: [Publication]) {
        var touched: [ObjectIdentifier: Feed] = [:]
        for publication in publications { take(publication, &touched) }
        wake(Array(touched.values))
    }

    /// Begins anew at `end`, where that is ahead: something was published unheard.
    func catchUp(to end: Cursor) {
        guard end > self.end else { return }
        self.end = end
        for feed in feeds.values { feed.restart(at: end) }
        wake(Array(feeds.values))
    }

    private func take(_ publication: Publication, _ touched: inout [ObjectIdentifier: Feed]) {
        guard let first = publication.records.first else { return }
        epoch = publication.epoch
        if Cursor(next: first.offset) > end {
            // Something was dropped from the inbox: the feeds begin anew here.
            for feed in feeds.values {
                feed.restart(at: Cursor(next: first.offset))
                touched[ObjectIdentifier(feed)] = feed
            }
        }
        for record in publication.records where record.offset >= end.next {
            let wide = wideFeeds.lazy.filter { $0.key.selection.contains(record.run) }
            for feed in (feedsOfRun[record.run] ?? []) + wide {
                feed.append(record, epoch: epoch)
                touched[ObjectIdentifier(feed)] = feed
            }
        }
        end = max(end, Cursor(next: publication.end))
    }

    /// Wakes the readers of the feeds, a slice of them at a time.
    private func wake(_ feeds: [Feed]) {
        var slice: [any HubReader] = []
        for feed in feeds {
            for reader in feed.readers.values {
                slice.append(reader)
                if slice.count == Hub.sliceReaders {
                    pumpLater(slice)
                    slice = []
                }
            }
        }
        for reader in slice { reader.pump() }
    }

    private func pumpLater(_ slice: [any HubReader]) {
        let bound = NIOLoopBound(slice, eventLoop: eventLoop)
        eventLoop.execute { for reader in bound.value { reader.pump() } }
    }

    /// Adds a reader to the feed of its selection.
    func add(_ reader: some HubReader, to key: Feed.Key) -> Feed {
        let feed = feeds[key] ?? makeFeed(key)
        feed.readers[ObjectIdentifier(reader)] = reader
        return feed
    }

    private func makeFeed(_ key: Feed.Key) -> Feed {
        let feed = Feed(key, start: end)
        feeds[key] = feed
        if case .run(let run) = key.selection {
            feedsOfRun[run, default: []].append(feed)
        } else {
            wideFeeds.append(feed)
        }
        return feed
    }

    /// Takes a reader off its feed; a feed without readers goes.
    func remove(_ reader: some HubReader, from feed: Feed) {
        feed.readers[ObjectIdentifier(reader)] = nil
        guard feed.readers.isEmpty else { return }
        feeds[feed.key] = nil
        wideFeeds.removeAll { $0 === feed }
        if case .run(let run) = feed.key.selection {
            feedsOfRun[run]?.removeAll { $0 === feed }
            if feedsOfRun[run]?.isEmpty == true { feedsOfRun[run] = nil }
        }
    }

    /// Looks after a reader's pings and stalls from now on.
    func watch(_ reader: some HubReader) {
        readers[ObjectIdentifier(reader)] = reader
        scheduleTick()
    }

    /// Forgets a reader.
    func unwatch(_ reader: some HubReader) {
        readers[ObjectIdentifier(reader)] = nil
    }

    private func scheduleTick() {
        guard !isTicking, !readers.isEmpty else { return }
        isTicking = true
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleTask(in: Hub.tick) {
            let hub = bound.value
            hub.isTicking = false
            let now = hub.eventLoop.now
            for reader in hub.readers.values { reader.tick(now) }
            hub.scheduleTick()
        }
    }
}
