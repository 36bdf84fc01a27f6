package import Directory
internal import DirectoryMessages
internal import SwiftProtobuf
internal import Text

extension GRPCMethods {
    /// The methods of `StoreService` for what is attached to records. Errors of an operation are sent in
    /// the reply, and the call goes on.
    static func referrers(_ operations: Operations, messageLimit: Int) -> [GRPCMethod] {
        [
            GRPCMethod(
                storeService, "PushReferrer", .bidirectional, scope: .recordsWrite,
                messageLimit: messageLimit
            ) { call in
                while let message = try await call.next() {
                    let referrer = try await ReferrerMessage.decode(message)
                    try await call.send(await push(referrer, operations))
                }
            },
            .bidirectional(storeService, "PullReferrer", scope: .recordsRead) {
                (request: Agntcy_Dir_Store_V1_PullReferrerRequest, call: GRPCCall) in
                let cid = request.recordRef.cid
                try checkGiven(cid)
                do throws(DirectoryError) {
                    let found = try await operations.referrers(
                        of: cid, type: request.hasReferrerType ? request.referrerType : nil,
                        cid: request.hasReferrerRef ? request.referrerRef.cid : nil)
                    for referrer in found {
                        guard let value = try await operations.referrer(referrer, of: cid) else {
                            continue
                        }
                        do { try await call.send(await ReferrerMessage.response(value)) } catch {
                            // The client has left.
                            return
                        }
                    }
                } catch {
                    // As upstream: a reply without a referrer, and the end.
                    try await call.send(Agntcy_Dir_Store_V1_PullReferrerResponse())
                    throw GRPCStatus.ok
                }
            },
            .bidirectional(storeService, "DeleteReferrer", scope: .recordsWrite) {
                (request: Agntcy_Dir_Store_V1_DeleteReferrerRequest, call: GRPCCall) in
                try checkGiven(request.record.cid)
                let removed = try await operations.removeReferrers(
                    of: request.record.cid,
                    type: request.hasReferrerType ? request.referrerType : nil,
                    cid: request.hasReferrerRef ? request.referrerRef.cid : nil)
                try await call.send(
                    Agntcy_Dir_Store_V1_DeleteReferrerResponse.with { response in
                        response.referrerRefs = removed.map { cid in .with { $0.cid = cid } }
                    })
            },
        ]
    }

    private static func push(_ referrer: Referrer, _ operations: Operations) async
        -> Agntcy_Dir_Store_V1_PushReferrerResponse
    {
        var response = Agntcy_Dir_Store_V1_PushReferrerResponse()
        do throws(DirectoryError) {
            guard !referrer.recordCID.utf8.isEmpty else { throw .invalid("record cid is required") }
            guard !referrer.type.utf8.isEmpty else { throw .invalid("referrer type is required") }
            try await operations.attach(referrer)
            response.success = true
            response.referrerRef.cid = referrer.cid
        } catch {
            response.errorMessage = GRPCStatus(error).message
        }
        return response
    }
}

/// Referrers as messages. Read and written by hand, because there is a JSON object in them, and because
/// two generations of clients send them differently.
package enum ReferrerMessage {
    /// Reads a `PushReferrerRequest`: with the referrer as a message in field 2, or, as newer clients send
    /// it, with its type in field 2 and the rest in the fields after it. Away from the loop.
    @concurrent
    package static func decode(_ message: [UInt8]) async throws -> Referrer {
        var record = ""
        var second: Range<Int>?
        var parts = Parts()
        var reader = WireReader(message)
        while let field = try reader.next() {
            guard case .bytes(let range) = field.value else { continue }
            switch field.number {
            case 1: record = try reference(message, range)
            case 2: second = range
            case 3: parts.annotations.append(try annotation(message, range))
            case 4: parts.createdAt = try message.text(range)
            case 5: parts.data = try StructDecoder.decode(message, in: range)
            default: break
            }
        }
        if let second {
            if let nested = try? referrer(message, second), !nested.type.utf8.isEmpty {
                parts = nested
            } else {
                parts.type = try message.text(second)
            }
        }
        return Referrer(
            type: parts.type, recordCID: record.utf8.isEmpty ? parts.record : record,
            annotations: parts.annotations, createdAt: parts.createdAt, data: parts.data)
    }

    /// The fields of a referrer.
    private struct Parts {
        var type = ""
        var record = ""
        var annotations: [JSONValue.Member] = []
        var createdAt = ""
        var data: JSONValue?
    }

    /// Reads a `RecordReferrer`.
    /// - Parameter isStrict: whether a field of another kind shows that the bytes are something else.
    private static func referrer(
        _ message: [UInt8], _ range: Range<Int>, isStrict: Bool = true
    ) throws -> Parts {
        var parts = Parts()
        var reader = WireReader(message, in: range)
        while let field = try reader.next() {
            guard case .bytes(let range) = field.value else {
                if isStrict { throw WireError() }
                continue
            }
            switch field.number {
            case 1: parts.type = try message.text(range)
            case 2: parts.record = try reference(message, range)
            case 3: parts.annotations.append(try annotation(message, range))
            case 4: parts.createdAt = try message.text(range)
            case 5: parts.data = try StructDecoder.decode(message, in: range)
            default: break
            }
        }
        return parts
    }

    /// Reads the CID of a reference.
    private static func reference(_ message: [UInt8], _ range: Range<Int>) throws -> String {
        var cid = ""
        var reader = WireReader(message, in: range)
        while let field = try reader.next() {
            if field.number == 1, case .bytes(let text) = field.value {
                cid = try message.text(text)
            }
        }
        return cid
    }

    /// Reads an entry of a map of texts.
    private static func annotation(_ message: [UInt8], _ range: Range<Int>) throws
        -> JSONValue.Member
    {
        var (key, value) = ("", "")
        var reader = WireReader(message, in: range)
        while let field = try reader.next() {
            guard case .bytes(let text) = field.value else { continue }
            if field.number == 1 { key = try message.text(text) }
            if field.number == 2 { value = try message.text(text) }
        }
        return JSONValue.Member(key: key, value: .string(value))
    }

    /// Returns the `PullReferrerResponse` of a referrer. Away from the loop.
    @concurrent
    static func response(_ referrer: Referrer) async throws -> [UInt8] {
        var message = Agntcy_Dir_Core_V1_RecordReferrer()
        message.type = referrer.type
        message.recordRef.cid = referrer.recordCID
        message.createdAt = referrer.createdAt
        message.referrerRef.cid = referrer.cid
        var bytes: [UInt8] = try message.serializedBytes()
        // Fields may come in any order. The generated type would hash the annotations as characters.
        for entry in referrer.annotations {
            bytes += Wire.entry(3, entry.key, entry.value.string ?? "")
        }
        if let data = referrer.data { bytes += Wire.field(5, StructEncoder.encode(data)) }
        return Wire.field(1, bytes)
    }

    /// Returns the `PushReferrerRequest` of a referrer, as newer clients send it.
    package static func request(_ referrer: Referrer) -> [UInt8] {
        var bytes = Wire.field(1, Wire.field(1, referrer.recordCID)) + Wire.field(2, referrer.type)
        for entry in referrer.annotations {
            bytes += Wire.entry(3, entry.key, entry.value.string ?? "")
        }
        bytes += Wire.field(4, referrer.createdAt)
        if let data = referrer.data { bytes += Wire.field(5, StructEncoder.encode(data)) }
        return bytes
    }

    /// Returns the `PushReferrerRequest` of a referrer, as clients up to version 1.0 send it.
    package static func olderRequest(_ referrer: Referrer) -> [UInt8] {
        Wire.field(1, Wire.field(1, referrer.recordCID)) + Wire.field(2, nested(referrer))
    }

    private static func nested(_ referrer: Referrer) -> [UInt8] {
        var bytes = Wire.field(1, referrer.type) + Wire.field(2, Wire.field(1, referrer.recordCID))
        for entry in referrer.annotations {
            bytes += Wire.entry(3, entry.key, entry.value.string ?? "")
        }
        bytes += Wire.field(4, referrer.createdAt)
        if let data = referrer.data { bytes += Wire.field(5, StructEncoder.encode(data)) }
        return bytes
    }

    /// Reads a `PullReferrerResponse`; nil when there is no referrer in it. Away from the loop.
    @concurrent
    package static func decodeResponse(_ message: [UInt8], recordCID: String) async throws
        -> Referrer?
    {
        var place: Range<Int>?
        var reader = WireReader(message)
        while let field = try reader.next() {
            if field.number == 1, case .bytes(let range) = field.value { place = range }
        }
        guard let place else { return nil }
        let parts = try referrer(message, place, isStrict: false)
        guard !parts.type.utf8.isEmpty else { return nil }
        return Referrer(
            type: parts.type, recordCID: parts.record.utf8.isEmpty ? recordCID : parts.record,
            annotations: parts.annotations, createdAt: parts.createdAt, data: parts.data)
    }
}
