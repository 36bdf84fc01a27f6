/// Frames made and read by hand (RFC 9113 §4), so that a test can also send what no client sends.
public struct RawFrame: Equatable, Sendable {
    public enum Kind: UInt8 {
        case data, headers, priority, reset, settings, pushPromise, ping, goAway, windowUpdate
        case continuation
    }

    public static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    public static let endStream: UInt8 = 1
    public static let ack: UInt8 = 1
    public static let endHeaders: UInt8 = 4

    public var type: UInt8
    public var flags: UInt8 = 0
    public var stream: Int32 = 0
    public var payload: [UInt8] = []

    public init(_ kind: Kind, flags: UInt8 = 0, stream: Int32 = 0, payload: [UInt8] = []) {
        type = kind.rawValue
        self.flags = flags
        self.stream = stream
        self.payload = payload
    }

    private init(type: UInt8, flags: UInt8, stream: Int32, payload: [UInt8]) {
        self.type = type
        self.flags = flags
        self.stream = stream
        self.payload = payload
    }

    public var kind: Kind? { Kind(rawValue: type) }

    /// The error code of RST_STREAM, or the increment of WINDOW_UPDATE.
    public var number: UInt32 { bigEndian(payload.prefix(4)) }

    /// The error code of GOAWAY.
    public var goAwayCode: UInt32 { bigEndian(payload.dropFirst(4).prefix(4)) }

    public var bytes: [UInt8] {
        let count = payload.count
        let header: [UInt8] = [
            UInt8(count >> 16), UInt8(count >> 8 & 255), UInt8(count & 255), type, flags,
        ]
        return header + fourBytes(UInt32(bitPattern: stream)) + payload
    }

    /// A request with fields that are not compressed.
    public static func request(
        _ stream: Int32, _ fields: [(String, String)] = get, flags: UInt8 = endStream | endHeaders
    ) -> RawFrame {
        RawFrame(.headers, flags: flags, stream: stream, payload: hpack(fields))
    }

    public static let get = [
        (":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "a"),
    ]

    public static func windowUpdate(_ stream: Int32, _ increment: UInt32) -> RawFrame {
        RawFrame(.windowUpdate, stream: stream, payload: fourBytes(increment))
    }

    public static func reset(_ stream: Int32, code: UInt32 = 8) -> RawFrame {
        RawFrame(.reset, stream: stream, payload: fourBytes(code))
    }

    public static func settings(_ entries: [(id: UInt16, value: UInt32)] = []) -> RawFrame {
        RawFrame(
            .settings,
            payload: entries.flatMap {
                [UInt8($0.id >> 8), UInt8($0.id & 255)] + fourBytes($0.value)
            })
    }

    /// Reads all frames of `bytes`, which must end with a frame.
    public static func parse(_ bytes: [UInt8]) -> [RawFrame] {
        var frames: [RawFrame] = []
        var rest = bytes[...]
        while let frame = first(&rest) { frames.append(frame) }
        precondition(rest.isEmpty, "a frame was cut short")
        return frames
    }

    /// Takes the first frame from `bytes`, if it is there whole.
    static func first(_ bytes: inout ArraySlice<UInt8>) -> RawFrame? {
        guard bytes.count >= 9 else { return nil }
        let header = Array(bytes.prefix(9))
        let length = Int(bigEndian([0] + header[0..<3]))
        guard bytes.count >= 9 + length else { return nil }
        defer { bytes = bytes.dropFirst(9 + length) }
        return RawFrame(
            type: header[3], flags: header[4], stream: Int32(bitPattern: bigEndian(header[5...])),
            payload: Array(bytes.dropFirst(9).prefix(length)))
    }
}

public func fourBytes(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
}

private func bigEndian(_ bytes: some Sequence<UInt8>) -> UInt32 {
    bytes.reduce(0) { $0 << 8 | UInt32($1) }
}

/// Encodes fields as literals that enter no table (RFC 7541 §6.2.2).
public func hpack(_ fields: [(String, String)]) -> [UInt8] {
    fields.flatMap { name, value in [0] + literal(Array(name.utf8)) + literal(Array(value.utf8)) }
}

public func literal(_ bytes: [UInt8]) -> [UInt8] { integer(bytes.count, prefix: 7) + bytes }

/// Encodes an integer (RFC 7541 §5.1).
private func integer(_ value: Int, prefix: Int) -> [UInt8] {
    let most = 1 << prefix - 1
    guard value >= most else { return [UInt8(value)] }
    var bytes = [UInt8(most)]
    var rest = value - most
    while rest >= 128 {
        bytes.append(UInt8(rest % 128 + 128))
        rest /= 128
    }
    return bytes + [UInt8(rest)]
}
