/// A page while it is filled.
struct PageBuilder {
    let selection: Selection
    let start: Cursor
    var cursor: Cursor
    private let bytesMax: Int
    private(set) var items: [ReadPage.Item] = []
    private var bytes = 0
    /// What decodes the groups of the page, one after another.
    private var decoder: GroupDecoder? = GroupDecoder()

    init(selection: Selection, cursor: Cursor, bytesMax: Int) {
        self.selection = selection
        start = cursor
        self.cursor = cursor
        self.bytesMax = max(bytesMax, 1)
    }

    var isFull: Bool { bytes >= bytesMax || items.count >= ReadPage.recordsMax }

    /// The first record; nil where there is none yet.
    var firstRecord: Record? {
        if case .record(let record) = items.first { record } else { nil }
    }

    /// The first record behind `offset`; nil where there is none yet.
    func firstRecord(after offset: Offset) -> Record? {
        for case .record(let record) in items where record.offset > offset { return record }
        return nil
    }

    /// About how many more bytes fit.
    var bytesLeft: Int { max(bytesMax - bytes, 1) }

    /// Lends the decoder out, while what it decodes is added.
    mutating func withDecoder<Result>(_ body: (inout GroupDecoder, inout PageBuilder) -> Result)
        -> Result
    {
        var decoder = self.decoder.take() ?? GroupDecoder()
        defer { self.decoder = decoder }
        return body(&decoder, &self)
    }

    mutating func add(_ record: consuming Record) {
        bytes += record.data.count + 64
        cursor = Cursor(after: record.offset)
        items.append(.record(record))
    }
}
