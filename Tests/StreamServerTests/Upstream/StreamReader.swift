/// The elements of a stream, one at a time, for one reader.
struct StreamReader<Element: Sendable>: Sendable {
    private let stream: AsyncStream<Element>

    init(_ stream: AsyncStream<Element>) {
        self.stream = stream
    }

    /// The next element, as soon as there is one; nil when the stream or the task has ended.
    func next() async -> Element? {
        var iterator = stream.makeAsyncIterator()
        return await iterator.next(isolation: #isolation)
    }
}
