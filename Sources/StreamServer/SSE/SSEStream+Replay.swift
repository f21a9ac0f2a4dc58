import Journal
import Logging
import NIOCore
import Replay

/// A stream of what was recorded, at its original times or faster.
extension SSEStream {
    /// Sends what is due, and comes back when more is.
    func pumpReplay(_ context: ChannelHandlerContext) {
        guard !isReading else { return }
        while context.channel.isWritable, !isClosing, replay != nil {
            switch replay?.player.next(now: hub.eventLoop.now.uptimeNanoseconds) {
            case nil, .paused:
                return
            case .emit(let items):
                let page = FramedPage.frame(
                    items, request.format, epoch: hub.epoch, requested: request.requestedID)
                subscriber?.sent(
                    page.count, to: page.lastSent ?? .start, lastSent: page.lastSent,
                    seq: page.seq)
                send(page.bytes)
            case .wait(let deadline):
                return wake(at: deadline)
            case .needRecords:
                return readReplay()
            case .finished:
                return endReplay()
            }
        }
    }

    private func wake(at deadline: UInt64) {
        replayTimer?.cancel()
        let bound = NIOLoopBound(self, eventLoop: hub.eventLoop)
        replayTimer = hub.eventLoop.scheduleTask(
            deadline: .uptimeNanoseconds(deadline)
        ) { bound.value.pump() }
    }

    private func readReplay() {
        guard let replay else { return }
        let cursor = replay.cursor
        let selection = request.selection
        let journal = service.journal
        run(on: service.pool) {
            try journal.read(selection, from: cursor, bytesMax: FramedPage.bytesMax)
        } then: { stream, result in
            switch result {
            case .failure(let error):
                stream.service.logger.error(
                    "the journal cannot be read", metadata: ["error": "\(error)"])
                stream.sayGoodbye("overloaded")
            case .success(let page):
                stream.replay?.player.offer(page)
                stream.replay?.cursor = page.cursor
                // What was recorded during the replay is paced too, before it goes live.
                let isDone = page.isAtEnd && (page.items.isEmpty || replay.goesLive == false)
                if isDone { stream.replay?.player.close() }
                stream.pump()
            }
        }
    }

    /// At the window's end: the final cursor and `stream_end`, or on with what is live.
    private func endReplay() {
        guard let replay else { return }
        self.replay = nil
        if replay.goesLive {
            subscriber?.sent(0, to: replay.cursor, lastSent: nil, seq: nil)
            joinFeed()
            return pump()
        }
        var frames: [UInt8] = []
        SSEFrame.append(cursor: subscriber?.cursor ?? .start, epoch: hub.epoch, to: &frames)
        var object = JSONObject()
        object.add("reason", "replay_done")
        object.add("latest", latestID)
        object.add("seq", request.run == nil ? nil : subscriber?.seq.rawValue)
        SSEFrame.append(event: "stream_end", object, to: &frames)
        write(frames: frames)
        endBody()
    }
}
