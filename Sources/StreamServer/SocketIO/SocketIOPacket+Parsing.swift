extension SocketIOPacket {
    /// Reads the body of an Engine.IO message.
    ///
    /// The cost does not depend on the payload's length.
    ///
    /// - Throws: a ``FrameFault`` that names the part that is wrong.
    package init(parsing message: ArraySlice<UInt8>) throws(FrameFault) {
        guard let type = message.first else { throw .empty }
        var rest = message.dropFirst()
        switch type {
        case UInt8(ascii: "0"):
            self = .connect(try rest.takeNamespace(), payload: rest)
        case UInt8(ascii: "1"):
            self = .disconnect(try rest.takeNamespace())
        case UInt8(ascii: "2"):
            let namespace = try rest.takeNamespace()
            let id = try rest.takeNumber()
            self = .event(namespace, acknowledging: id, payload: try rest.checkedArray())
        case UInt8(ascii: "3"):
            let namespace = try rest.takeNamespace()
            guard let id = try rest.takeNumber() else { throw .acknowledgement }
            self = .acknowledgement(namespace, id: id, payload: try rest.checkedArray())
        case UInt8(ascii: "4"):
            self = .connectError(try rest.takeNamespace(), payload: rest)
        case UInt8(ascii: "5"):
            let count = try rest.takeAttachmentCount()
            let namespace = try rest.takeNamespace()
            let id = try rest.takeNumber()
            let payload = try rest.checkedArray()
            self = .binaryEvent(
                namespace, attachments: count, acknowledging: id, payload: payload)
        case UInt8(ascii: "6"):
            let count = try rest.takeAttachmentCount()
            let namespace = try rest.takeNamespace()
            guard let id = try rest.takeNumber() else { throw .acknowledgement }
            let payload = try rest.checkedArray()
            self = .binaryAcknowledgement(namespace, attachments: count, id: id, payload: payload)
        default:
            throw .socketType(type)
        }
    }
}

extension ArraySlice<UInt8> {
    /// Takes `/name,` off the front; the root namespace if none is named.
    fileprivate mutating func takeNamespace() throws(FrameFault) -> SocketIONamespace {
        guard first == UInt8(ascii: "/") else { return .root }
        // One byte more than a name may have, so that its comma is found.
        let comma = prefix(SocketIONamespace.bytesMax + 1).firstIndex(of: UInt8(ascii: ","))
        guard let namespace = SocketIONamespace(parsing: self[..<(comma ?? endIndex)]) else {
            throw .namespace
        }
        self = comma.map { self[($0 + 1)...] } ?? []
        return namespace
    }

    /// Takes a decimal number off the front; nil if there is no digit.
    fileprivate mutating func takeNumber() throws(FrameFault) -> UInt64? {
        var number: UInt64?
        while let byte = first, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
            let (tens, overflow) = (number ?? 0).multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            guard !overflow, !carry else { throw .acknowledgement }
            number = sum
            removeFirst()
        }
        return number
    }

    /// Takes `n-` off the front.
    fileprivate mutating func takeAttachmentCount() throws(FrameFault) -> Int {
        var digits = self
        guard let count = try? digits.takeNumber(), count <= SocketIOPacket.attachmentsMax,
            digits.first == UInt8(ascii: "-")
        else { throw .attachments }
        self = digits.dropFirst()
        return Int(count)
    }

    /// These bytes, if they are enclosed in brackets.
    fileprivate func checkedArray() throws(FrameFault) -> ArraySlice<UInt8> {
        guard count >= 2, first == UInt8(ascii: "["), last == UInt8(ascii: "]") else {
            throw .payload
        }
        return self
    }
}
