/// An event on its way into the journal: what the recorder knows of it beyond the event itself.
public struct Draft: Sendable {
    /// The event.
    public var event: Event
    /// The run it belongs to, if that is known from elsewhere than the event's data and thread.
    public var run: RunID?
    /// When it happened, if that is known from elsewhere than its arrival: imports and copies.
    public var eventTime: Timestamp?
    /// Where it was first recorded, for imports and copies.
    public var origin: EventID?
    /// What names it among its kind where its data has no `message_id`: an item of an upstream's
    /// history, one event of a repeatable request, a line of an imported file.
    public var key: UInt64?

    /// An event to be recorded now.
    public init(
        _ event: Event, run: RunID? = nil, eventTime: Timestamp? = nil, origin: EventID? = nil,
        key: UInt64? = nil
    ) {
        self.event = event
        self.run = run
        self.eventTime = eventTime
        self.origin = origin
        self.key = key
    }
}
