/// Where lines go that are recorded as they arrive.
protocol LineSink: Sendable {
    /// Records a batch and returns once it is durable.
    ///
    /// - Throws: when that cannot be done, and waiting is of no use.
    func record(_ batch: LineBatch) async throws -> ImportResult
}
