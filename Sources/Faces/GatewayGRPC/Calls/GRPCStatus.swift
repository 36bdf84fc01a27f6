package import HTTPTypes
internal import Text

/// How a call has ended, for its client: also an error that a handler throws.
package struct GRPCStatus: Error, Equatable {
    /// The codes of gRPC.
    package enum Code: Int, Sendable, CaseIterable {
        case ok, cancelled, unknown, invalidArgument, deadlineExceeded, notFound, alreadyExists
        case permissionDenied, resourceExhausted, failedPrecondition, aborted, outOfRange
        case unimplemented, `internal`, unavailable, dataLoss, unauthenticated
    }

    /// The code.
    package let code: Code
    /// The reason, as a clause in lower case; empty for success.
    package let message: String

    /// Makes a status.
    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Success.
    package static let ok = GRPCStatus(.ok, "")

    /// Returns whether code and bytes of the message are the same.
    package static func == (a: GRPCStatus, b: GRPCStatus) -> Bool {
        a.code == b.code && a.message.hasBytes(of: b.message)
    }

    /// The fields that end a response (gRPC over HTTP/2, "Responses").
    package var fields: HTTPFields {
        var fields: HTTPFields = [:]
        if let name = Self.codeName { fields[name] = String(code.rawValue) }
        if !message.utf8.isEmpty, let name = Self.messageName {
            fields[name] = Self.encoded(message.clipped(to: Self.messageBytes))
        }
        return fields
    }

    /// The same as names and values.
    package var pairs: [(name: String, value: String)] {
        fields.map { ($0.name.rawName, $0.value) }
    }

    private static let codeName = HTTPField.Name("grpc-status")
    private static let messageName = HTTPField.Name("grpc-message")
    /// The most bytes of a message before it is encoded: clients accept 8 KiB of trailers.
    private static let messageBytes = 2000

    /// Returns the text with everything but visible ASCII and the space percent-encoded, and the
    /// percent sign.
    private static func encoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if (0x20...0x7E).contains(byte), byte != UInt8(ascii: "%") {
                bytes.append(byte)
            } else {
                bytes.append(UInt8(ascii: "%"))
                for digit in [ASCII.hexDigit(byte >> 4), ASCII.hexDigit(byte & 0xF)] {
                    bytes.append(ASCII.isLower(digit) ? digit & 0xDF : digit)
                }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The status of HTTP that means the same, for metrics and the log (`google.rpc.Code`).
    package var httpStatus: Int {
        switch code {
        case .ok: 200
        case .cancelled: 499
        case .invalidArgument, .failedPrecondition, .outOfRange: 400
        case .deadlineExceeded: 504
        case .notFound: 404
        case .alreadyExists, .aborted: 409
        case .permissionDenied: 403
        case .unauthenticated: 401
        case .resourceExhausted: 429
        case .unimplemented: 501
        case .unavailable: 503
        case .unknown, .internal, .dataLoss: 500
        }
    }
}
