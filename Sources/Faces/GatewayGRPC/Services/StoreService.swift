internal import Directory
internal import DirectoryMessages
internal import Records
internal import SwiftProtobuf
internal import Text

extension GRPCMethods {
    static let storeService = "agntcy.dir.store.v1.StoreService"

    /// `agntcy.dir.store.v1.StoreService`
    static func store(_ operations: Operations, recordLimit: Int) -> [GRPCMethod] {
        let records: [GRPCMethod] = [
            GRPCMethod(
                storeService, "Push", .bidirectional, scope: .recordsWrite,
                messageLimit: recordLimit
            ) { call in
                try await push(operations, recordLimit: recordLimit, call)
            },
            .bidirectional(storeService, "Pull", scope: .recordsRead) {
                (ref: Agntcy_Dir_Core_V1_RecordRef, call: GRPCCall) in
                do {
                    let record = try await content(
                        of: try known(ref.cid), isPeek: call.hints.contains(.peek), operations)
                    try await call.send(await RecordMessage.encode(record))
                } catch let error as DirectoryError {
                    throw GRPCStatus(error).prefixed("failed to pull record")
                }
            },
            .bidirectional(storeService, "Lookup", scope: .recordsRead) {
                (ref: Agntcy_Dir_Core_V1_RecordRef, call: GRPCCall) in
                do {
                    let value = try await operations.value(of: try known(ref.cid))
                    let details = try await details(of: ref.cid, operations, call)
                    try await call.send(meta(of: value, cid: ref.cid) + details)
                } catch let error as DirectoryError {
                    throw GRPCStatus(error).prefixed("failed to lookup record")
                }
            },
            GRPCMethod(storeService, "Delete", .clientStream, scope: .recordsWrite) { call in
                while let message = try await call.next() {
                    let ref: Agntcy_Dir_Core_V1_RecordRef = try await Messages.read(message)
                    try checkGiven(ref.cid)
                    try await operations.delete(ref.cid)
                }
                try await call.send(Google_Protobuf_Empty())
            },
        ]
        return records + referrers(operations, messageLimit: recordLimit)
    }

    /// Checks that a request names a record.
    static func checkGiven(_ cid: String) throws(GRPCStatus) {
        if cid.utf8.isEmpty { throw GRPCStatus(.invalidArgument, "record cid is required") }
    }

    /// Returns a CID. What is no CID is not stored: upstream does not look at the syntax.
    static func known(_ cid: String) throws -> String {
        try checkGiven(cid)
        guard CID.isValid(cid) else { throw DirectoryError.notFound([cid.clipped(to: 64)]) }
        return cid
    }

    // MARK: Push

    /// The most records, and the most bytes of messages, in one commit.
    private static let pushBatch = 64
    private static let pushBytes = 1 << 20

    /// Stores records in the order in which they arrive. Those that have arrived together share a
    /// commit. The first that is refused ends the call; those before it are stored.
    private static func push(_ operations: Operations, recordLimit: Int, _ call: GRPCCall)
        async throws
    {
        while let first = try await call.next() {
            var messages = [first]
            var bytes = first.count
            var failure: (any Error)?
            do {
                while messages.count < pushBatch, bytes < pushBytes,
                    let message = try call.nextBuffered()
                {
                    messages.append(message)
                    bytes += message.count
                }
            } catch { failure = error }
            let (values, error) = await RecordMessage.decode(messages)
            let result = await operations.push(inOrder: values)
            for pushed in result.pushed {
                try await call.send(Agntcy_Dir_Core_V1_RecordRef.with { $0.cid = pushed.cid })
            }
            if let error = result.error ?? error ?? failure { throw error }
        }
    }

    // MARK: Pull and Lookup

    /// Returns what another gateway asks for in addition; nothing for other clients.
    private static func details(of cid: String, _ operations: Operations, _ call: GRPCCall)
        async throws(DirectoryError) -> [UInt8]
    {
        guard call.hints.contains(.details) else { return [] }
        let info = try await operations.info(cid)
        var details = RecordDetails()
        details.size = info.size ?? 0
        details.isPublished = info.isPublished ?? false
        details.signatures = info.signatures ?? 0
        details.labels = info.labels ?? []
        return details.bytes
    }

    /// Returns the content of a record, as canonical JSON. Emits RECORD_PULLED, unless it is only a look.
    static func content(of cid: String, isPeek: Bool = false, _ operations: Operations)
        async throws(DirectoryError) -> [UInt8]
    {
        switch try await operations.pull(cid, isPeek: isPeek) {
        case .whole(let record): return record.content
        case .large(let length):
            var bytes: [UInt8] = []
            bytes.reserveCapacity(length)
            while bytes.count < length {
                bytes += try await operations.part(of: cid, from: bytes.count)
            }
            return bytes
        }
    }

    /// Returns what upstream shows of a record without its content: a `RecordMeta`, written by hand,
    /// because the generated type keeps the annotations in a dictionary of characters.
    private static func meta(of value: JSONValue, cid: String) -> [UInt8] {
        let version = value["schema_version"]?.string ?? "0.7.0"
        var own = [
            ("name", value["name"]?.string ?? ""), ("oasf-version", version),
            ("version", value["version"]?.string ?? ""),
        ]
        if let previous = value["previous_record_cid"]?.string {
            own.append(("previous-cid", previous))
        }
        var bytes = Wire.field(1, cid)
        for entry in value["annotations"]?.members ?? [] {
            guard let text = entry.value.string, !own.map(\.0).contains(bytesOf: entry.key) else {
                continue
            }
            bytes += Wire.entry(2, entry.key, text)
        }
        for (key, text) in own { bytes += Wire.entry(2, key, text) }
        return bytes + Wire.field(3, version)
            + Wire.field(4, value["created_at"]?.string ?? "")
    }
}

/// Records as messages (`agntcy.dir.core.v1.Record`). Large ones are handled away from the loop.
enum RecordMessage {
    /// Reads messages up to the first that is refused.
    /// - Returns: the values before it, and its error.
    static func decode(_ messages: [[UInt8]]) async -> ([JSONValue], (any Error)?) {
        let isSmall = messages.reduce(0) { $0 + $1.count } <= smallSize
        return isSmall ? decodeHere(messages) : await decodeLarge(messages)
    }

    private static let smallSize = 16 << 10

    @concurrent
    private static func decodeLarge(_ messages: [[UInt8]]) async -> ([JSONValue], (any Error)?) {
        decodeHere(messages)
    }

    private static func decodeHere(_ messages: [[UInt8]]) -> ([JSONValue], (any Error)?) {
        var values: [JSONValue] = []
        for message in messages {
            do { values.append(try value(of: message)) } catch { return (values, error) }
        }
        return (values, nil)
    }

    private static func value(of message: [UInt8]) throws -> JSONValue {
        var data: Range<Int>?
        var reader = WireReader(message)
        while let field = try reader.next() {
            if field.number == 1, case .bytes(let range) = field.value { data = range }
        }
        guard let data else { throw GRPCStatus(.invalidArgument, "record is nil") }
        return try StructDecoder.decode(message, in: data)
    }

    /// Returns the message of a record.
    /// - Parameter json: its canonical JSON.
    static func encode(_ json: [UInt8]) async throws -> [UInt8] {
        json.count <= smallSize ? try encodeHere(json) : try await encodeLarge(json)
    }

    @concurrent
    private static func encodeLarge(_ json: [UInt8]) async throws -> [UInt8] {
        try encodeHere(json)
    }

    private static func encodeHere(_ json: [UInt8]) throws -> [UInt8] {
        Wire.field(1, StructEncoder.encode(try JSONParser.parse(json)))
    }
}
