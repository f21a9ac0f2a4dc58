import Foundation

/// What is fed to a parser by libFuzzer: `TAPEDECK_FUZZ=TARGET fuzz [options of libFuzzer] [folder]`.
///
/// A target ends the program when a promise is broken: no input traps, and what a parser says does
/// not depend on how its input was cut into pieces.
enum Target: String, CaseIterable {
    /// Text and binary frames of an upstream, in sequence, through the session to the events.
    case frames
    /// The bytes of a WebSocket, cut into pieces.
    case websocket
    /// NDJSON, cut into pieces.
    case lines
    /// A segment's blocks, with right checksums around wrong contents.
    case blocks
    /// Footers, MANIFEST entries and slots, with right checksums around wrong contents.
    case entries
    /// The bytes of files of a journal as they are.
    case files
    /// Traps where the input begins with `TAPE`: proves that a trap is found.
    case canary

    func run(_ input: [UInt8]) {
        switch self {
        case .frames: fuzzFrames(input)
        case .websocket: fuzzWebSocket(input)
        case .lines: fuzzLines(input)
        case .blocks: fuzzBlocks(input)
        case .entries: fuzzEntries(input)
        case .files: fuzzFiles(input)
        case .canary: require(!input.starts(with: Array("TAPE".utf8)), "the canary sang")
        }
    }
}

/// What the environment asks for.
private let target: Target = {
    let text = ProcessInfo.processInfo.environment["TAPEDECK_FUZZ"] ?? ""
    guard let target = Target(rawValue: text) else {
        let names = Target.allCases.map(\.rawValue).joined(separator: ", ")
        print("TAPEDECK_FUZZ names what is fuzzed: \(names)")
        exit(64)
    }
    return target
}()

/// libFuzzer's own main() calls this with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    // SAFETY: libFuzzer gives so many bytes, for the time of the call.
    unsafe target.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}

/// Ends the program: a promise is broken.
func require(_ condition: Bool, _ promise: String) {
    guard condition else { fatalError(promise) }
}

/// Takes an input apart.
struct Input {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    var isEmpty: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 {
        rest.popFirst() ?? 0
    }

    /// Up to so many bytes.
    mutating func bytes(_ count: Int) -> [UInt8] {
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    /// A piece whose length is the next byte, or all that is left where that is 255.
    mutating func piece() -> [UInt8] {
        let length = byte()
        return bytes(length == 255 ? rest.count : Int(length))
    }
}
