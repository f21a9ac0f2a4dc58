/// A page while it is filled.
struct PageBuilder {
    let selection: Selection
    let start: Cursor
    var cursor: Cursor
    private let bytesMax: Int
    private(set) var records: [Record] = []
    private var bytes = 0

    init(selection: Selection, cursor: Cursor, bytesMax: Int) {
        self.selection = selection
        start = cursor
        self.cursor = cursor
        self.bytesMax = max(bytesMax, 1)
    }

    var isFull: Bool { bytes >= bytesMax || records.count >= ReadPage.recordsMax }

    /// About how many more bytes fit.
    var bytesLeft: Int { max(bytesMax - bytes, 1) }

    mutating func add(_ record: Record) {
        records.append(record)
        bytes += record.data.count + 64
        cursor = Cursor(after: record.offset)
    }
}
