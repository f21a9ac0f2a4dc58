/// When the next events are published.
enum Pace {
    /// So many at once, while the clients are on average no further behind than `ahead`.
    case saturated(batch: Int, ahead: Int)
    /// The next one when all clients have the last.
    case oneInFlight
    /// So many a second, whatever becomes of them.
    case rate(Double)
}
