import Journal

/// The items that wait to be played, page by page, with a place up to which they have been passed.
///
/// A page leaves as it came, without being copied, if all of it is taken at once.
struct ItemQueue: Sendable {
    /// Each page but the last ends in a record, so that gaps are on one page with what follows.
    private var waiting: [[ReadPage.Item]] = []
    /// The first item of the first page that has not been taken.
    private var taken = 0
    /// The first item of the first page that has not been passed.
    private var passed = 0

    /// How many pages wait.
    var pages: Int { waiting.count }

    /// Adds the items of a page, if it has any.
    mutating func append(_ items: [ReadPage.Item]) {
        guard !items.isEmpty else { return }
        if case .gap = waiting.last?.last {
            waiting[waiting.count - 1] += items
        } else {
            waiting.append(items)
        }
    }

    /// The first record that has not been passed.
    func headRecord() -> Record? {
        guard let page = waiting.first else { return nil }
        return record(in: page, from: passed)?.record
    }

    /// Passes the head record and the gaps before it; returns the next one of the same page.
    mutating func advance() -> Record? {
        guard let page = waiting.first, let head = record(in: page, from: passed) else {
            preconditionFailure("there is no record to pass")
        }
        passed = head.index + 1
        return record(in: page, from: passed)?.record
    }

    /// Takes what has been passed.
    mutating func takePassed() -> [ReadPage.Item] {
        guard let page = waiting.first else { return [] }
        let items = taken == 0 && passed == page.count ? page : Array(page[taken..<passed])
        taken = passed
        if taken == page.count {
            waiting.removeFirst()
            (taken, passed) = (0, 0)
        }
        return items
    }

    /// Takes everything.
    mutating func takeAll() -> [ReadPage.Item] {
        var items: [ReadPage.Item] = []
        while let page = waiting.first {
            passed = page.count
            items += takePassed()
        }
        return items
    }

    private func record(in page: [ReadPage.Item], from start: Int) -> (index: Int, record: Record)?
    {
        var index = start
        while index < page.count {
            if case .record(let record) = page[index] { return (index, record) }
            index += 1
        }
        return nil
    }
}
