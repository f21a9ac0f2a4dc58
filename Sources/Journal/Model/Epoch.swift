/// The name of a lineage of offsets: 8 characters of `[a-z0-9]`.
///
/// Offsets of one epoch never come to mean another record. Whenever they could, the journal forks
/// to a new epoch; see ``EpochChain``.
public struct Epoch: Hashable, Sendable, CustomStringConvertible {
    /// The characters in a name.
    public static let length = 8

    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)

    /// The 8 ASCII characters, first in the most significant byte.
    let packed: UInt64

    /// The epoch named `text`; nil unless that is 8 characters of `[a-z0-9]`.
    public init?(_ text: some StringProtocol) {
        self.init(bytes: text.utf8)
    }

    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Epoch.length else { return nil }
        var packed: UInt64 = 0
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                packed = packed << 8 | UInt64(byte)
            default:
                return nil
            }
        }
        self.packed = packed
    }

    /// A new name, drawn from `generator`.
    package static func random(using generator: inout some RandomNumberGenerator) -> Epoch {
        var packed: UInt64 = 0
        for _ in 0..<length {
            packed = packed << 8 | UInt64(alphabet.randomElement(using: &generator) ?? 0)
        }
        return Epoch(packed: packed)
    }

    private init(packed: UInt64) {
        self.packed = packed
    }

    package var bytes: [UInt8] {
        (0..<Epoch.length).map { UInt8(truncatingIfNeeded: packed >> (56 - 8 * UInt64($0))) }
    }

    /// Appends the 8 characters.
    func append(to bytes: inout [UInt8]) {
        for place in 0..<Epoch.length {
            bytes.append(UInt8(truncatingIfNeeded: packed >> (56 - 8 * UInt64(place))))
        }
    }

    /// The 8 characters.
    public var description: String { String(decoding: bytes, as: UTF8.self) }
}
