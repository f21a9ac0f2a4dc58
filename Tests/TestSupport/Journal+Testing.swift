import Dispatch
package import Journal

extension Journal {
    /// Appends events and waits on the calling thread until they are durable; calls `onceQueued`
    /// when they are on their way.
    package func appendNow(
        _ drafts: [Draft], atomically: Bool = true, onceQueued: () -> Void = {}
    ) throws(JournalError) -> Receipt {
        let answer = Locked<Result<Receipt, JournalError>?>(nil)
        let answered = DispatchSemaphore(value: 0)
        submit(drafts, atomically: atomically) { result in
            answer.withLock { $0 = result }
            answered.signal()
        }
        onceQueued()
        answered.wait()
        guard let result = answer.withLock({ $0 }) else {
            preconditionFailure("a submission was answered without a result")
        }
        return try result.get()
    }
}

extension JournalReading {
    /// Everything that can be read of `selection` after `cursor`, in pages of `bytesMax`.
    package func readAll(
        _ selection: Selection, from cursor: Cursor = .start, bytesMax: Int = 1 << 16
    ) throws(JournalError) -> [ReadPage.Item] {
        var items: [ReadPage.Item] = []
        var cursor = cursor
        while true {
            let page = try read(selection, from: cursor, bytesMax: bytesMax)
            items += page.items
            if page.isAtEnd { return items }
            precondition(page.cursor > cursor, "a page that is not the last moves the cursor")
            cursor = page.cursor
        }
    }
}

extension [ReadPage.Item] {
    /// The records among the items.
    package var records: [Record] {
        compactMap { if case .record(let record) = $0 { record } else { nil } }
    }

    /// The gaps among the items.
    package var gaps: [Gap] {
        compactMap { if case .gap(let gap) = $0 { gap } else { nil } }
    }
}
