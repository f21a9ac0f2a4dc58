package import NIOCore

extension SocketIOSession {
    /// Where the link stands.
    enum State: Sendable {
        /// The WebSocket is up and the open packet awaited.
        /// Becomes `joining` (open packet) or `closed` (bad open packet, too late, transport gone).
        case opening(until: NIODeadline)

        /// The request to join is sent and unanswered; events are delivered already.
        /// Becomes `joined` (answer) or `closed` (refusal, namespace or session ended, silence, no
        /// answer and no event in time, transport gone).
        case joining(Heartbeat, answerBy: NIODeadline)

        /// The service has confirmed.
        /// Becomes `closed` (namespace or session ended, silence, transport gone).
        case joined(Heartbeat)

        /// The link is over. Becomes nothing else.
        case closed
    }

    /// When something was last heard, and how long silence may last.
    struct Heartbeat: Sendable {
        let silenceMax: TimeAmount
        var heardAt: NIODeadline

        /// Silence until then means that the link is dead.
        var deadAt: NIODeadline { heardAt + silenceMax }

        func heard(at now: NIODeadline) -> Heartbeat {
            Heartbeat(silenceMax: silenceMax, heardAt: now)
        }
    }

    /// A binary packet some of whose attachments have not come yet.
    struct PendingBinary: Sendable {
        let attachments: Int
        var missing: Int
        let acknowledging: UInt64?
        let isReported: Bool
    }

    /// What the caller has to do.
    package enum Action: Hashable, Sendable {
        /// The open packet has come: the link is up.
        case opened
        /// Send this as a text frame.
        case send(String)
        /// Hand on an event: the array of its name and arguments, verbatim. With an id, call
        /// ``SocketIOSession/delivered(acknowledging:)`` when that is done.
        case deliver([UInt8], acknowledging: UInt64?)
        /// The service has had its time to tell its history; comes at most once.
        case settled
        /// A frame made no sense and was skipped.
        case malformed(FrameFault)
        /// A binary event and all its attachments were skipped.
        case ignoredBinaryEvent(attachments: Int)
        /// Call ``SocketIOSession/time(at:)`` then, instead of at any time asked for before.
        case schedule(NIODeadline)
        /// Close the socket, which the service may leave open. Always the last action.
        case close(reason: String)
    }

    /// What a session has to know from the start.
    package struct Configuration: Sendable {
        /// The most bytes of a refusal that are quoted.
        static let excerptBytesMax = 200

        /// The namespace to join; packets of others are ignored.
        package var namespace = SocketIONamespace.root
        /// The token to join with, where one is wanted.
        package var token: String?
        /// How long the open packet may take.
        package var openTimeout = TimeAmount.seconds(5)
        /// How long the answer to the request to join may take, from the last event on.
        package var joinTimeout = TimeAmount.seconds(30)
        /// How long the history may take, once the answer has come.
        package var settleTimeout = TimeAmount.seconds(1)

        package init(
            namespace: SocketIONamespace = .root,
            token: String? = nil,
            openTimeout: TimeAmount = .seconds(5),
            joinTimeout: TimeAmount = .seconds(30)
        ) {
            self.namespace = namespace
            self.token = token
            self.openTimeout = openTimeout
            self.joinTimeout = joinTimeout
        }

        /// `40`, with namespace and token as far as there are any.
        var joinRequest: String {
            let auth = token.map { "{\"token\":\"\(Self.escaped($0))\"}" } ?? ""
            return "40\(namespace.prefix)\(auth)"
        }

        /// The inside of a JSON string.
        private static func escaped(_ text: String) -> String {
            var result = ""
            for scalar in text.unicodeScalars {
                switch scalar {
                case "\"", "\\":
                    result += "\\\(scalar)"
                case "\u{0}"..."\u{1f}":
                    let hex = String(scalar.value, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
                default:
                    result.unicodeScalars.append(scalar)
                }
            }
            return result
        }
    }
}
