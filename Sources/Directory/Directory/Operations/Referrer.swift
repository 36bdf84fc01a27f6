internal import Records
public import Text

/// What is attached to a record, such as a signature (`agntcy.dir.core.v1.RecordReferrer`).
public struct Referrer: Sendable {
    /// The type of a signature.
    public static let signatureType = "agntcy.dir.sign.v1.Signature"
    /// The type of a public key.
    public static let keyType = "agntcy.dir.sign.v1.PublicKey"

    /// The CID of `canonical`.
    public let cid: String
    /// The type of `data`.
    public let type: String
    /// The CID of the record.
    public let recordCID: String
    /// Texts by key, in the order of the bytes of the keys.
    public let annotations: [JSONValue.Member]
    /// When it was made, as its client says (RFC 3339); may be empty.
    public let createdAt: String
    /// The content: an object; nil for none.
    public let data: JSONValue?

    /// The canonical JSON, whose hash is the CID, as upstream makes it: empty members are left out.
    let canonical: [UInt8]

    /// Makes a referrer.
    /// - Parameter annotations: texts by key; of equal keys the last counts.
    public init(
        type: String, recordCID: String, annotations: [JSONValue.Member] = [],
        createdAt: String = "", data: JSONValue?
    ) {
        var members: [JSONValue.Member] = []
        var unique: [JSONValue.Member] = []
        for entry in annotations.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) })
        {
            if unique.last?.key.hasBytes(of: entry.key) == true { unique.removeLast() }
            unique.append(entry)
        }
        func add(_ key: String, _ value: JSONValue) {
            members.append(JSONValue.Member(key: key, value: value))
        }
        if !unique.isEmpty { add("annotations", .object(unique)) }
        if !createdAt.utf8.isEmpty { add("created_at", .string(createdAt)) }
        if let data { add("data", data) }
        add("record_ref", .object([JSONValue.Member(key: "cid", value: .string(recordCID))]))
        add("type", .string(type))
        canonical = CanonicalJSON.encode(.object(members))
        cid = CID.of(canonical)
        self.type = type
        self.recordCID = recordCID
        self.annotations = unique
        self.createdAt = createdAt
        self.data = data
    }

    /// Reads a stored referrer.
    /// - Throws: when the bytes are not JSON.
    init(canonical: [UInt8]) throws(JSONError) {
        let value = try JSONParser.parse(canonical)
        self.init(
            type: value["type"]?.string ?? "", recordCID: value["record_ref"]?["cid"]?.string ?? "",
            annotations: value["annotations"]?.members ?? [],
            createdAt: value["created_at"]?.string ?? "", data: value["data"])
    }

    /// Makes the referrer of a public key, as upstream's client does.
    package static func key(_ pem: String, of cid: String) -> Referrer {
        Referrer(
            type: keyType, recordCID: cid,
            data: .object([JSONValue.Member(key: "key", value: .string(pem))]))
    }

    /// Makes the referrer of a signature, as upstream's client does.
    /// - Parameter time: microseconds since 1970.
    package static func signature(
        _ signature: String, algorithm: String, at time: Int64, of cid: String
    ) -> Referrer {
        // Whole seconds, as upstream.
        let second = String(Substring(Timestamp.format(time).utf8.prefix(19))) + "Z"
        let data = [("algorithm", algorithm), ("signature", signature), ("signedAt", second)]
        return Referrer(
            type: signatureType, recordCID: cid,
            data: .object(data.map { JSONValue.Member(key: $0.0, value: .string($0.1)) }))
    }
}
