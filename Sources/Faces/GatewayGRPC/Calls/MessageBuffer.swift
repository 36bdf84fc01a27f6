internal import Compression

/// Takes the bytes of a request's body apart into messages (gRPC over HTTP/2, "Length-Prefixed-Message").
/// Pure: it has no exchange.
package struct MessageBuffer {
    /// How messages with the flag "compressed" are compressed.
    package enum Coding: Sendable { case identity, gzip }

    private let limit: Int
    private let coding: Coding
    private var bytes: [UInt8] = []
    private var start = 0

    /// Makes an empty buffer.
    /// - Parameter limit: the most bytes of a message, also after it was decompressed.
    package init(limit: Int, coding: Coding = .identity) {
        self.limit = limit
        self.coding = coding
    }

    /// The length of the prefix.
    package static let prefixLength = 5

    /// Whether no part of a message waits.
    package var isEmpty: Bool { start == bytes.count }

    /// The memory it takes, in bytes.
    package var byteCount: Int { bytes.capacity }

    /// Adds bytes that have arrived.
    package mutating func append(_ part: [UInt8]) {
        if isEmpty {
            bytes = part
            start = 0
        } else {
            if start > bytes.count / 2 {
                bytes.removeSubrange(..<start)
                start = 0
            }
            bytes += part
        }
    }

    /// Returns the next whole message, decompressed; nil when more bytes are needed. The length is
    /// checked as soon as the prefix is there.
    /// - Throws: the status that ends the call.
    package mutating func next() throws(GRPCStatus) -> [UInt8]? {
        let available = bytes.count - start
        guard available >= Self.prefixLength else { return nil }
        let flag = bytes[start]
        guard flag <= 1 else { throw GRPCStatus(.internal, "a message with an unknown flag") }
        let length = bytes[start + 1..<start + 5].reduce(0) { $0 << 8 | Int($1) }
        guard length <= limit else { throw Self.tooLarge(length, limit) }
        guard available >= Self.prefixLength + length else { return nil }
        let message = Array(bytes[start + 5..<start + 5 + length])
        start += 5 + length
        if start == bytes.count {
            bytes = []
            start = 0
        }
        return flag == 0 ? message : try decompressed(message)
    }

    private func decompressed(_ message: [UInt8]) throws(GRPCStatus) -> [UInt8] {
        guard coding == .gzip else {
            throw GRPCStatus(.internal, "a compressed message without grpc-encoding")
        }
        do { return try Gzip.decompress(message, limit: limit) } catch {
            switch error {
            case .tooLarge:
                throw GRPCStatus(
                    .resourceExhausted,
                    "received message after decompression larger than max \(limit)")
            case .malformed: throw GRPCStatus(.internal, "a message that is not gzip")
            }
        }
    }

    private static func tooLarge(_ length: Int, _ limit: Int) -> GRPCStatus {
        GRPCStatus(
            .resourceExhausted, "received message larger than max (\(length) vs. \(limit))")
    }

    /// Returns a message with its prefix.
    /// - Parameter isCompressed: whether `message` is compressed.
    package static func frame(_ message: [UInt8], isCompressed: Bool = false) -> [UInt8] {
        var bytes: [UInt8] = [isCompressed ? 1 : 0]
        bytes.reserveCapacity(prefixLength + message.count)
        for shift in [24, 16, 8, 0] {
            bytes.append(UInt8(truncatingIfNeeded: message.count >> shift))
        }
        bytes += message
        return bytes
    }
}
