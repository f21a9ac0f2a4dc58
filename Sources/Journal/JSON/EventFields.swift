/// The fields of an event's `data` that routing, duplicates and summaries need.
///
/// A field is nil unless its value is a string. The last of several members of one name counts,
/// as in JavaScript, even if it is not a string.
package struct EventFields: Hashable, Sendable {
    /// The string at `run_id`.
    package var runID: JSONText?
    /// The string at `thread_id`.
    package var threadID: JSONText?
    /// The string at `message_id`.
    package var messageID: JSONText?
    /// The string at `created_at`.
    package var createdAt: JSONText?
    /// The string at `timestamp`.
    package var timestamp: JSONText?
    /// The value at `timestamp`, whatever its kind, quotes of a string included.
    package var timestampValue: Range<Int>?
    /// The string at `from_agent`.
    package var fromAgent: JSONText?
    /// The string at `to_agent`.
    package var toAgent: JSONText?
    /// The string at `parent_agent`, else the one at `parent_agent_id`.
    package var parentAgent: JSONText?
    /// The string at `child_agent`, else the one at `child_agent_id`.
    package var childAgent: JSONText?
    /// The string at `message_type`.
    package var messageType: JSONText?
    /// The string at `status`.
    package var status: JSONText?
    /// The string at `content`.
    package var content: JSONText?
    /// The string at `title` in the object at `metadata`.
    package var title: JSONText?
    /// The string at `urgency` in the object at `metadata`.
    package var urgency: JSONText?

    /// Whether there is a member `run_id`, whatever its value.
    package var hasRunID = false
    /// Whether there is a member `created_at`, whatever its value.
    package var hasCreatedAt = false

    /// No fields.
    package init() {}

    /// The same fields in bytes that begin `distance` bytes earlier.
    package func shifted(by distance: Int) -> EventFields {
        var fields = self
        fields.runID = runID?.shifted(by: distance)
        fields.threadID = threadID?.shifted(by: distance)
        fields.messageID = messageID?.shifted(by: distance)
        fields.createdAt = createdAt?.shifted(by: distance)
        fields.timestamp = timestamp?.shifted(by: distance)
        fields.timestampValue = timestampValue.map {
            $0.lowerBound + distance..<$0.upperBound + distance
        }
        fields.fromAgent = fromAgent?.shifted(by: distance)
        fields.toAgent = toAgent?.shifted(by: distance)
        fields.parentAgent = parentAgent?.shifted(by: distance)
        fields.childAgent = childAgent?.shifted(by: distance)
        fields.messageType = messageType?.shifted(by: distance)
        fields.status = status?.shifted(by: distance)
        fields.content = content?.shifted(by: distance)
        fields.title = title?.shifted(by: distance)
        fields.urgency = urgency?.shifted(by: distance)
        return fields
    }
}
