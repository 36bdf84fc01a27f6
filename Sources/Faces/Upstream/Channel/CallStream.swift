internal import GatewayGRPC
internal import HTTP2
internal import HTTPTypes
internal import Libevent
internal import Text

/// The stream of a call: takes the bytes of the response apart into messages. Belongs to the loop.
final class CallStream: HTTP2ClientStreamDelegate {
    private unowned let connection: HTTP2ClientConnection
    private let wheel: TimerWheel
    private let messageLimit: Int
    private var buffer: MessageBuffer
    private var stream: HTTP2ClientStream?
    private var call: UpstreamCall?
    private var timer: TimerWheel.Timer?
    private var isChecked = false
    private var isDone = false
    /// Bytes that have arrived, that wait in whole messages, and that the server may send again.
    private var (arrived, held, returned) = (0, 0, 0)

    init(_ connection: HTTP2ClientConnection, wheel: TimerWheel, messageLimit: Int) {
        self.connection = connection
        self.wheel = wheel
        self.messageLimit = messageLimit
        buffer = MessageBuffer(limit: messageLimit)
    }

    /// Sends the request.
    /// - Returns: false when the connection takes no more of them.
    func start(_ request: HTTP2ClientRequest, for call: UpstreamCall, timeout: Duration?) -> Bool {
        guard let stream = connection.send(request, delegate: self) else { return false }
        self.stream = stream
        self.call = call
        timer = timeout.map { timeout in
            wheel.schedule(after: timeout) { [weak self] in
                self?.stop(
                    GRPCStatus(.deadlineExceeded, "the upstream has not answered in time"))
            }
        }
        return true
    }

    /// Counts bytes of messages that were taken: the server may send as many more.
    func taken(_ byteCount: Int) {
        held -= byteCount
        returnWindow()
    }

    /// Ends the call before its response is complete.
    func stop(_ status: GRPCStatus) {
        end(status)
        if let stream { connection.cancel(stream) }
    }

    private func end(_ status: GRPCStatus) {
        guard !isDone else { return }
        isDone = true
        if let timer { wheel.cancel(timer) }
        timer = nil
        call?.end(status)
        call = nil
        buffer = MessageBuffer(limit: 0)
        held = 0
        returnWindow()
    }

    /// Returns to the server the window of what was taken, and of what waits for the rest of a message:
    /// such a message may be larger than the window.
    private func returnWindow() {
        guard let stream else { return }
        let count = arrived - held - returned
        returned += count
        connection.consume(count, of: stream)
    }

    func streamChanged(_ stream: HTTP2ClientStream) {
        if let status = stream.status, !isChecked { check(status, stream.fields) }
        let bytes = stream.takeBody()
        arrived += bytes.count
        if !isDone, !bytes.isEmpty { take(bytes) }
        returnWindow()
        guard stream.hasEnded || stream.closeCode != nil else { return }
        let isOpen = stream.closeCode == nil
        end(Self.status(of: stream, isComplete: buffer.isEmpty))
        // The server does not wait for the rest of the request.
        if isOpen { connection.cancel(stream) }
        self.stream = nil
    }

    private func check(_ status: Int, _ fields: HTTPFields) {
        isChecked = true
        let isGRPC = fields[.contentType]?.hasBytePrefix("application/grpc") ?? false
        guard status == 200, isGRPC else {
            return stop(GRPCStatus(httpStatus: status, "the upstream does not answer as gRPC"))
        }
        switch fields.value("grpc-encoding") {
        case .some(let name) where name.hasBytes(of: "gzip"):
            buffer = MessageBuffer(limit: messageLimit, coding: .gzip)
        default: break
        }
        // Without a body the status is in the header: the call has ended before it began.
        if fields.value("grpc-status").isNil { call?.begin(fields) }
    }

    private func take(_ bytes: [UInt8]) {
        guard isChecked else {
            return stop(GRPCStatus(.internal, "the upstream has sent a body before its header"))
        }
        buffer.append(bytes)
        var messages: [[UInt8]] = []
        do throws(GRPCStatus) {
            while let message = try buffer.next() { messages.append(message) }
        } catch {
            stop(GRPCStatus(error.code, "from the upstream: \(error.message)"))
        }
        guard !messages.isEmpty, let call else { return }
        held += messages.reduce(0) { $0 + $1.count }
        call.add(messages)
    }

    /// How a stream has ended, for its call.
    private static func status(of stream: HTTP2ClientStream, isComplete: Bool) -> GRPCStatus {
        if let status = GRPCStatus(fields: stream.trailers ?? stream.fields) {
            guard status.code == .ok, !isComplete else { return status }
            return GRPCStatus(.internal, "the upstream has ended inside a message")
        }
        switch stream.closeCode {
        case HTTP2ClientStream.connectionLost:
            return GRPCStatus(.unavailable, "the connection to the upstream was lost")
        case 0x7:  // REFUSED_STREAM
            return GRPCStatus(.unavailable, "the upstream has refused the call")
        case 0xB:  // ENHANCE_YOUR_CALM
            return GRPCStatus(.resourceExhausted, "the upstream asks for fewer calls")
        case .some(let code) where code != 0:
            return GRPCStatus(
                .unavailable, "the upstream has reset the call (HTTP/2 error \(code))")
        default: return GRPCStatus(.internal, "the upstream has ended a call without a status")
        }
    }
}

extension HTTPFields {
    /// Returns the first value of a field.
    func value(_ name: String) -> String? { HTTPField.Name(name).flatMap { self[$0] } }

    /// Sets a field, if its name is valid.
    mutating func set(_ name: String, _ value: String) {
        if let name = HTTPField.Name(name) { self[name] = value }
    }
}

extension GRPCStatus {
    /// Reads the status of a trailer section; nil when there is none.
    init?(fields: HTTPFields) {
        guard let text = fields.value("grpc-status") else { return nil }
        let code = Int(text).flatMap(Code.init(rawValue:)) ?? .unknown
        let message = fields.value("grpc-message") ?? ""
        self.init(code, PercentCoding.lenientlyDecoded(message.clipped(to: 8192)))
    }

    /// Returns the status that a status of HTTP means (gRPC, "HTTP to gRPC Status Code Mapping").
    init(httpStatus: Int, _ reason: String) {
        let code: Code =
            switch httpStatus {
            case 400: .internal
            case 401: .unauthenticated
            case 403: .permissionDenied
            case 404: .unimplemented
            case 429, 502, 503, 504: .unavailable
            default: .unknown
            }
        self.init(code, "\(reason): status \(httpStatus)")
    }
}
