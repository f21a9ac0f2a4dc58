import Testing

@testable import StreamServer

@Suite("Upstream inbox")
struct UpstreamInboxTests {
    private func batch(_ text: String) -> UpstreamBatch {
        var batch = UpstreamBatch()
        _ = batch.append(.malformed(text), acknowledging: nil)
        return batch
    }

    private func append(
        _ message: UpstreamClient.Message, _ id: UInt64?, _ batch: inout UpstreamBatch
    ) -> Bool {
        batch.append(message, acknowledging: id)
    }

    @Test("batches come out in order, then the end")
    func order() {
        let inbox = UpstreamInbox()
        #expect(inbox.append([batch("a"), batch("b")]))
        inbox.finish("first")
        inbox.finish("second")
        #expect(inbox.append([batch("late")]))
        for text in ["a", "b"] {
            guard case .batch(let batch, let reopened) = inbox.take() else {
                Issue.record("no batch")
                return
            }
            #expect(batch.messages == [.malformed(text)])
            #expect(!reopened)
        }
        guard case .finished("first") = inbox.take() else {
            Issue.record("not finished")
            return
        }
    }

    @Test("a full inbox says so, and once that it has room again")
    func bound() {
        let inbox = UpstreamInbox()
        for number in 1...UpstreamInbox.batchesMax {
            #expect(inbox.append([batch("x")]) == (number < UpstreamInbox.batchesMax))
        }
        var reopenings = 0
        while case .batch(_, let reopened) = inbox.take() {
            if reopened { reopenings += 1 }
        }
        #expect(reopenings == 1)
    }

    @Test("a batch is bounded in messages and in bytes, but takes any first message")
    func batches() {
        var batch = UpstreamBatch()
        for _ in 0..<UpstreamBatch.messagesMax {
            #expect(append(.event([1]), nil, &batch) == true)
        }
        #expect(append(.connected, nil, &batch) == false)
        batch = UpstreamBatch()
        let large = [UInt8](repeating: 1, count: UpstreamBatch.bytesMax + 1)
        #expect(append(.event(large), 4, &batch) == true)
        #expect(append(.event([1]), 5, &batch) == false)
        #expect(batch.acknowledgements == [4])
    }
}
