internal import Text

/// A record that has been read, judged and found good.
public struct Record: Sendable {
    /// The CID of `canonical`.
    public let cid: String
    /// What is stored and read back: canonical JSON.
    public let canonical: [UInt8]
    public let name: String
    public let version: String
    public let schemaVersion: String
    /// As the record says it, RFC 3339.
    public let createdAt: String
    /// One for each skill, domain, module and locator, in this order; doubles stay.
    public let labels: [String]

    /// Reads a record.
    /// - Throws: what is wrong with it, all of it.
    public init(json: [UInt8]) throws(RecordError) {
        let value: JSONValue
        do {
            value = try JSONParser.parse(json, valueLimit: JSONParser.standardValueLimit)
        } catch {
            throw .malformed(error.description)
        }
        guard value.members != nil else {
            throw .malformed("a record must be a JSON object, not \(value.kind)")
        }
        var validator = RecordValidator()
        let faults = validator.validate(value)
        guard faults.isEmpty else { throw .invalid(faults) }
        let labels = Self.labels(of: value)
        let labelBytes = labels.reduce(0) { $0 + $1.utf8.count }
        guard labelBytes <= Self.labelBytesLimit else {
            throw .invalid([Self.tooManyLabels(labelBytes)])
        }
        self.labels = labels
        canonical = CanonicalJSON.encode(value)
        cid = CID.of(canonical)
        name = value["name"]?.string ?? ""
        version = value["version"]?.string ?? ""
        schemaVersion = value["schema_version"]?.string ?? ""
        createdAt = value["created_at"]?.string ?? ""
    }

    /// The most bytes that the labels of one record may have together. Each event of the record
    /// carries them all, and each is compared with the filters of all subscribers.
    public static let labelBytesLimit = 256 << 10

    private static func tooManyLabels(_ bytes: Int) -> RecordFault {
        RecordFault(
            pointer: "",
            detail:
                "has labels (names of skills, domains and modules, types of locators) of \(bytes) bytes together, more than \(labelBytesLimit)"
        )
    }

    /// The labels of a record (reference: upstream's label extraction). An element without a name
    /// gives the bare namespace.
    static func labels(of record: JSONValue) -> [String] {
        let sources = [
            ("skills", "name"), ("domains", "name"), ("modules", "name"), ("locators", "type"),
        ]
        return sources.flatMap { attribute, key in
            (record[attribute]?.array ?? []).map { "/\(attribute)/\($0[key]?.string ?? "")" }
        }
    }
}

/// Why a record is not accepted.
public enum RecordError: Error, Equatable {
    /// It is not JSON, or not an object.
    case malformed(String)
    /// It breaks the rules of its schema, in all these places.
    case invalid([RecordFault])
}

/// One place at which a record breaks the rules.
public struct RecordFault: Error, Equatable, Sendable {
    /// Where: a JSON Pointer (RFC 6901).
    public let pointer: String
    /// What is wrong there, and what was expected.
    public let detail: String
}
