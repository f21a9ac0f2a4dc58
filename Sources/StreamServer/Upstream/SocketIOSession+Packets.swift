import NIOCore

extension SocketIOSession {
    /// The first packet: only an open packet will do.
    mutating func open(_ frame: [UInt8], at now: NIODeadline) -> [Action] {
        do throws(FrameFault) {
            guard case .open(let handshake) = try EngineIOPacket(parsing: frame) else {
                return [.malformed(.order)]
            }
            return opened(handshake, at: now)
        } catch {
            guard error == .handshake else { return [.malformed(error)] }
            return [.malformed(error)] + close("the open packet is malformed")
        }
    }

    mutating func perform(
        _ packet: EngineIOPacket, at now: NIODeadline
    ) throws(FrameFault) -> [Action] {
        switch packet {
        case .open:
            return [.malformed(.order)]
        case .close:
            return close("the service ended the session")
        case .ping(let data):
            return [.send("3" + String(decoding: data, as: UTF8.self))]
        case .pong, .upgrade, .noop:
            return []
        case .message(let body):
            let lost = binary.map { [Action.malformed(.missingAttachments($0.missing))] } ?? []
            binary = nil
            let packet: SocketIOPacket
            do throws(FrameFault) {
                packet = try SocketIOPacket(parsing: body)
            } catch {
                return lost + [.malformed(error)]
            }
            return lost + perform(packet, at: now)
        }
    }

    private mutating func perform(_ packet: SocketIOPacket, at now: NIODeadline) -> [Action] {
        switch packet {
        case .connect(configuration.namespace, _):
            return joined(at: now)
        case .disconnect(configuration.namespace):
            return close("the service ended the namespace \(configuration.namespace)")
        case .connectError(configuration.namespace, let payload):
            return close("the service refused the connection: \(excerpt(of: payload))")
        case .event(configuration.namespace, let id, let payload):
            postponeAnswer(at: now)
            return [.deliver(Array(payload), acknowledging: id)]
        case .binaryEvent(let namespace, let count, let id, _):
            let isOurs = namespace == configuration.namespace
            binary = PendingBinary(
                attachments: count, missing: count, acknowledging: isOurs ? id : nil,
                isReported: isOurs)
            return count == 0 ? finishBinary() : []
        case .binaryAcknowledgement(_, let count, _, _):
            binary =
                count == 0
                ? nil
                : PendingBinary(
                    attachments: count, missing: count, acknowledging: nil, isReported: false)
            return []
        case .connect, .disconnect, .connectError, .event, .acknowledgement:
            // Another namespace's, or the answer to a question that was never asked.
            return []
        }
    }

    mutating func finishBinary() -> [Action] {
        guard let done = binary else { return [] }
        binary = nil
        let answer = done.acknowledging.map { delivered(acknowledging: $0) } ?? []
        return (done.isReported ? [.ignoredBinaryEvent(attachments: done.attachments)] : [])
            + answer
    }

    /// What a refusal says, short and in one line.
    private func excerpt(of payload: ArraySlice<UInt8>) -> String {
        let text = String(decoding: payload.prefix(Configuration.excerptBytesMax), as: UTF8.self)
        return String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }
}
