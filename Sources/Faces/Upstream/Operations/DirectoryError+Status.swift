internal import Directory
internal import GatewayGRPC
internal import Records
internal import Text

extension DirectoryError {
    /// Returns the error that a status of the upstream means.
    /// - Parameter cids: the records that the call was about.
    init(_ status: GRPCStatus, cids: [String] = []) {
        let message = status.message.utf8.isEmpty ? "no reason was given" : status.message
        switch status.code {
        case .unavailable, .deadlineExceeded: self = .upstreamUnavailable(message)
        case .resourceExhausted where !ByteSearch("larger than").occurs(in: message):
            self = .upstreamUnavailable("the upstream refuses the call for now: \(message)")
        case .notFound: self = .notFound(cids)
        case .invalidArgument: self = .refused(message)
        case .unimplemented:
            self = .upstreamUnsupported("the upstream does not support this: \(message)")
        case .unauthenticated, .permissionDenied:
            self = .upstreamFailed("the upstream refuses the gateway: \(message)")
        case .cancelled: self = .cancelled
        default: self = .upstreamFailed("the upstream has failed: \(message) (\(status.code))")
        }
    }

    /// Reads the message of INVALID_ARGUMENT: the faults of a record, or another reason.
    private static func refused(_ message: String) -> DirectoryError {
        let mark = ByteSearch("record validation failed: [")
        guard mark.occurs(in: message) else { return .invalid(message) }
        var faults: [RecordFault] = []
        // Upstream's list has a mark before each fault, and no other separator.
        for part in message.parts(after: ["ERROR: ", "WARNING: "]) {
            let text = part.trimmedASCII
            let fields = text.fields(on: UInt8(ascii: " "), limit: 1)
            if fields.count == 2, fields[0].hasBytePrefix("/") {
                faults.append(RecordFault(pointer: fields[0], detail: fields[1]))
            } else {
                faults.append(RecordFault(pointer: "", detail: text))
            }
        }
        return faults.isEmpty ? .invalid(message) : .record(.invalid(faults))
    }
}

extension String {
    /// Returns what follows each of these marks, up to the next one, without the bracket at the end.
    fileprivate func parts(after marks: [String]) -> [String] {
        let bytes = Array(utf8)
        var starts: [(mark: Int, text: Int)] = []
        var index = 0
        while index < bytes.count {
            if let mark = marks.first(where: { bytes[index...].starts(with: $0.utf8) }) {
                starts.append((index, index + mark.utf8.count))
                index += mark.utf8.count
            } else {
                index += 1
            }
        }
        return starts.indices.map { position in
            let isLast = position == starts.count - 1
            let end = isLast ? bytes.count : starts[position + 1].mark
            var part = bytes[starts[position].text..<max(starts[position].text, end)]
            if isLast, part.last == UInt8(ascii: "]") { part.removeLast() }
            return String(decoding: part, as: UTF8.self)
        }
    }
}
