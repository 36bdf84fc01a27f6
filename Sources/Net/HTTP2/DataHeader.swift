/// The header of a DATA frame (RFC 9113 §4.1, §6.1).
struct DataHeader {
    static let byteCount = 9
    /// The most bytes of content of one frame: what each receiver must accept
    /// (SETTINGS_MAX_FRAME_SIZE).
    static let maxContent = 16384

    let stream: Int32
    let length: Int
    let endsStream: Bool

    /// Writes the header over nine bytes.
    func write(to bytes: inout [UInt8], at index: Int) {
        for offset in 0..<Self.byteCount { bytes[index + offset] = self[offset] }
    }

    /// Writes the header to memory with room for nine bytes.
    func write(to memory: UnsafeMutableBufferPointer<UInt8>, at index: Int) {
        for offset in 0..<Self.byteCount {
            unsafe memory.initializeElement(at: index + offset, to: self[offset])
        }
    }

    /// Returns one of the nine bytes.
    subscript(offset: Int) -> UInt8 {
        switch offset {
        case 0: UInt8(truncatingIfNeeded: length >> 16)
        case 1: UInt8(truncatingIfNeeded: length >> 8)
        case 2: UInt8(truncatingIfNeeded: length)
        case 3: 0  // DATA
        case 4: endsStream ? 1 : 0
        case 5: UInt8(truncatingIfNeeded: stream >> 24)
        case 6: UInt8(truncatingIfNeeded: stream >> 16)
        case 7: UInt8(truncatingIfNeeded: stream >> 8)
        default: UInt8(truncatingIfNeeded: stream)
        }
    }
}
