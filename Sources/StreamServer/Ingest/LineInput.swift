/// Where lines come from that are recorded as they arrive.
package protocol LineInput: Sendable {
    /// The next bytes, as many as are there up to a bound, and at least one; nil at the end.
    func read() async throws -> [UInt8]?

    /// Ends the input early: what is there already may still be read, then there is no more.
    func stop()
}
