public import Text

/// A valid record.
public struct Record: Sendable {
    /// The CID of `canonical`.
    public let cid: String
    /// Canonical JSON: the bytes that are stored.
    public let canonical: [UInt8]
    /// The name.
    public let name: String
    /// The version.
    public let version: String
    /// The version of the schema that the record follows, such as `1.0.0`.
    public let schemaVersion: String
    /// The creation time in the record (RFC 3339).
    public let createdAt: String
    /// One label for each skill, domain, module and locator, in this order, with duplicates.
    public let labels: [String]

    /// Reads and validates a record.
    /// - Throws: `RecordError` with every error of the record.
    public init(json: [UInt8]) throws(RecordError) {
        let value: JSONValue
        do {
            value = try JSONParser.parse(json, valueLimit: JSONParser.standardValueLimit)
        } catch {
            throw .malformed(error.description, at: error.place)
        }
        try self.init(value: value, size: json.count)
    }

    /// Reads and validates a record that was parsed already, within the limits of `JSONParser`.
    /// - Parameter size: about how many bytes its text has; 0 if that is not known.
    /// - Throws: `RecordError` with every error of the record.
    public init(value: JSONValue, size: Int = 0) throws(RecordError) {
        guard value.members != nil else {
            throw .malformed("a record must be a JSON object, not \(value.kind)", at: nil)
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
        canonical = CanonicalJSON.encode(value, size: size)
        cid = CID.of(canonical)
        name = value["name"]?.string ?? ""
        version = value["version"]?.string ?? ""
        schemaVersion = value["schema_version"]?.string ?? ""
        createdAt = value["created_at"]?.string ?? ""
    }

    /// The most bytes of all labels of one record. Each event of the record has all labels, and they
    /// are compared with the filters of all subscribers.
    public static let labelBytesLimit = 256 << 10

    private static func tooManyLabels(_ bytes: Int) -> RecordFault {
        RecordFault(
            pointer: "",
            detail:
                "has labels (names of skills, domains and modules, types of locators) of \(bytes) bytes together, more than \(labelBytesLimit)"
        )
    }

    /// Returns the labels of a record, as upstream extracts them. The label of an element without a
    /// name is the namespace alone.
    static func labels(of record: JSONValue) -> [String] {
        var labels: [String] = []
        for (attribute, namespace, key) in labelSources {
            for element in record[attribute]?.array ?? [] {
                labels.append(namespace + (element[key]?.string ?? ""))
            }
        }
        return labels
    }

    private static let labelSources = [
        (attribute: "skills", namespace: "/skills/", key: "name"),
        (attribute: "domains", namespace: "/domains/", key: "name"),
        (attribute: "modules", namespace: "/modules/", key: "name"),
        (attribute: "locators", namespace: "/locators/", key: "type"),
    ]
}

/// Why a record is not accepted.
public enum RecordError: Error, Equatable {
    /// The text is not JSON, with the place of the error, or not an object.
    case malformed(String, at: TextPlace?)
    /// The record breaks the rules of its schema at these places.
    case invalid([RecordFault])
}

/// One place at which a record breaks the rules.
public struct RecordFault: Error, Equatable, Sendable {
    /// The place, as a JSON Pointer (RFC 6901).
    public let pointer: String
    /// The error, and what was expected; continues a sentence whose subject is the place.
    public let detail: String

    package init(pointer: String, detail: String) {
        self.pointer = pointer
        self.detail = detail
    }
}
