/// What has arrived at all clients together.
final class Tally {
    /// Events that arrived, each once for each client that counts.
    var delivered = 0
    /// Events that a client never got, judged by a later one that it did.
    var lost = 0
    /// Events that a client had already.
    var duplicated = 0
    /// Bytes of streams, heads and frames included.
    var bytes = 0
    /// From the moment an event was due to its arrival; nil while nobody wants to know.
    var latencies: Latencies?
}
