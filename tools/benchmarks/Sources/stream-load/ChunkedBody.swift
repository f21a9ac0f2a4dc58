/// Finds what a body in chunked transfer coding carries, however it is cut into pieces.
struct ChunkedBody {
    private enum State {
        /// In the line that tells a chunk's size. → rest, payload
        case size
        /// Behind the size, before the line's end. → payload
        case rest
        /// In a chunk. → ending
        case payload
        /// In the line break behind a chunk. → size
        case ending
    }

    private var state = State.size
    private var left = 0

    /// The next part of `bytes` from `place` on that is payload; nil once nothing is left.
    mutating func next(_ bytes: UnsafeRawBufferPointer, _ place: inout Int) throws(LoadError)
        -> Range<Int>?
    {
        while place < bytes.count {
            switch state {
            case .size:
                let byte = unsafe bytes[place]
                switch byte {
                case 0x30...0x39: left = left * 16 + Int(byte - 0x30)
                case 0x61...0x66: left = left * 16 + Int(byte - 0x61 + 10)
                case 0x41...0x46: left = left * 16 + Int(byte - 0x41 + 10)
                case 0x0A: state = left > 0 ? .payload : .size
                case 0x0D: state = .rest
                default: throw LoadError("a chunk's size has the byte \(byte)")
                }
                place += 1
            case .rest:
                if unsafe bytes[place] == 0x0A { state = left > 0 ? .payload : .size }
                place += 1
            case .payload:
                let end = min(place + left, bytes.count)
                defer { place = end }
                left -= end - place
                if left == 0 { state = .ending }
                return place..<end
            case .ending:
                if unsafe bytes[place] == 0x0A { state = .size }
                place += 1
            }
        }
        return nil
    }
}
