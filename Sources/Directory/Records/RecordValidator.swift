internal import Text

/// Checks a record against the rules of its schema version, and lists every error.
///
/// Whether a skill, domain or module exists in the taxonomy is not checked: this needs the
/// schema server.
struct RecordValidator {
    private static let textLimit = 2000
    private static let descriptionLimit = 10_000
    private var faults: [RecordFault] = []

    /// Returns every error of a record.
    mutating func validate(_ record: JSONValue) -> [RecordFault] {
        let rules = schemaRules(record)
        let required = SchemaRules.alwaysRequired + (rules?.required ?? [])
        for attribute in required where isMissing(record[attribute]) {
            fault("/\(attribute)", "is required")
        }
        if let rules { checkAttributes(record, "", rules.attributes) }
        for attribute in ["name", "version"] { text(record[attribute], "/\(attribute)") }
        text(record["description"], "/description", limit: Self.descriptionLimit)
        text(record["previous_record_cid"], "/previous_record_cid")
        createdAt(record["created_at"])
        list(record["authors"], "/authors") { $0.text($1, $2) }
        for attribute in ["skills", "domains"] {
            list(record[attribute], "/\(attribute)") { $0.taxonomyClass($1, $2, rules) }
        }
        list(record["modules"], "/modules", mayBeEmpty: true) { $0.module($1, $2, rules) }
        list(record["locators"], "/locators", mayBeEmpty: rules?.required.isEmpty ?? true) {
            $0.locator($1, $2, rules)
        }
        locatorTypesAreUnique(record["locators"])
        annotations(record["annotations"], "/annotations")
        return faults
    }

    private mutating func schemaRules(_ record: JSONValue) -> SchemaRules? {
        guard let value = record["schema_version"], !isMissing(value) else { return nil }
        guard let version = value.string else {
            fault("/schema_version", "must be a string, not \(value.kind)")
            return nil
        }
        guard let rules = SchemaRules.of(version) else {
            fault(
                "/schema_version",
                "\"\(version.clipped(to: 64))\" is not supported: use \(SchemaRules.accepted)")
            return nil
        }
        return rules
    }

    private func isMissing(_ value: JSONValue?) -> Bool {
        switch value {
        case nil, .null: true
        case .string(let text): text.isEmpty
        case .array(let elements): elements.isEmpty
        default: false
        }
    }

    private mutating func checkAttributes(
        _ object: JSONValue, _ path: String, _ known: Set<ExactString>
    ) {
        lazy var names = known.map(\.string).sortedByBytes()
        for member in object.members ?? [] where !known.contains(ExactString(member.key)) {
            if faults.count > Self.faultLimit { return }
            let hint = suggestion(for: member.key, in: names) ?? ""
            fault("\(path)/\(escaped(member.key))", "is not an attribute here\(hint)")
        }
    }

    private mutating func text(
        _ value: JSONValue?, _ path: String, limit: Int = RecordValidator.textLimit
    ) {
        guard let value, !isMissing(value) else { return }
        guard let string = value.string else {
            return fault(path, "must be a string, not \(value.kind)")
        }
        if string.utf8.count > limit, string.codePointCount > limit {
            fault(path, "is longer than \(limit) characters")
        }
    }

    private mutating func createdAt(_ value: JSONValue?) {
        text(value, "/created_at")
        guard let string = value?.string, !string.isEmpty else { return }
        if !DateTime.isValid(string) {
            fault("/created_at", "must be a time by RFC 3339, such as 2025-10-18T14:23:15Z")
        }
    }

    private mutating func list(
        _ value: JSONValue?, _ path: String, mayBeEmpty: Bool = false,
        _ check: (inout RecordValidator, JSONValue, String) -> Void
    ) {
        guard let value, !(isMissing(value) && value.array == nil) else { return }
        guard let elements = value.array else {
            return fault(path, "must be an array, not \(value.kind)")
        }
        var seen: [[UInt8]: Int] = [:]
        for (index, element) in elements.enumerated() {
            if faults.count > Self.faultLimit { return }
            let place = "\(path)/\(index)"
            if isMissing(element) { fault(place, "must not be empty") }
            check(&self, element, place)
            if let first = seen.updateValue(index, forKey: CanonicalJSON.encode(element)) {
                fault(place, "is the same as \(path)/\(first)")
            }
        }
    }

    private mutating func object(
        _ value: JSONValue, _ path: String, _ known: Set<ExactString>?
    ) -> Bool {
        guard value.members != nil else {
            if !isMissing(value) { fault(path, "must be an object, not \(value.kind)") }
            return false
        }
        if let known { checkAttributes(value, path, known) }
        annotations(value["annotations"], "\(path)/annotations")
        return true
    }

    private mutating func taxonomyClass(
        _ value: JSONValue, _ path: String, _ rules: SchemaRules?
    ) {
        guard object(value, path, rules?.classAttributes) else { return }
        if isMissing(value["name"]), isMissing(value["id"]) {
            fault(path, "needs a name or an id")
        }
        text(value["name"], "\(path)/name")
        identifier(value["id"], "\(path)/id")
    }

    private mutating func module(_ value: JSONValue, _ path: String, _ rules: SchemaRules?) {
        guard object(value, path, rules?.moduleAttributes) else { return }
        if isMissing(value["name"]) { fault("\(path)/name", "is required") }
        text(value["name"], "\(path)/name")
        identifier(value["id"], "\(path)/id")
        if let data = value["data"], data.members == nil {
            fault("\(path)/data", "must be an object, not \(data.kind)")
        }
    }

    private mutating func locator(_ value: JSONValue, _ path: String, _ rules: SchemaRules?) {
        guard object(value, path, rules?.locatorAttributes) else { return }
        if isMissing(value["type"]) { fault("\(path)/type", "is required") }
        text(value["type"], "\(path)/type")
        if let rules, let type = value["type"]?.string, !type.isEmpty,
            !rules.locatorTypes.contains(bytesOf: type)
        {
            fault("\(path)/type", "must be one of \(rules.locatorTypes.joined(separator: ", "))")
        }
        guard let rules else { return }
        let key = rules.hasLocatorURLs ? "urls" : "url"
        if isMissing(value[key]) { fault("\(path)/\(key)", "is required") }
        if rules.hasLocatorURLs {
            list(value[key], "\(path)/\(key)") { $0.text($1, $2) }
        } else {
            text(value[key], "\(path)/\(key)")
        }
    }

    private mutating func locatorTypesAreUnique(_ value: JSONValue?) {
        var seen: [ExactString: Int] = [:]
        for (index, locator) in (value?.array ?? []).enumerated() {
            guard let type = locator["type"]?.string else { continue }
            if let first = seen.updateValue(index, forKey: ExactString(type)) {
                fault("/locators/\(index)/type", "is the same as /locators/\(first)/type")
            }
        }
    }

    private mutating func identifier(_ value: JSONValue?, _ path: String) {
        guard let value, !isMissing(value) else { return }
        guard let number = value.number, number >= 0, number <= Double(UInt32.max),
            number.rounded() == number
        else { return fault(path, "must be a whole number from 0 to 4294967295") }
    }

    private mutating func annotations(_ value: JSONValue?, _ path: String) {
        guard let value, !isMissing(value) else { return }
        guard let members = value.members else {
            return fault(path, "must be an object, not \(value.kind)")
        }
        for member in members where member.value.string.isNil {
            fault("\(path)/\(escaped(member.key))", "must be a string, not \(member.value.kind)")
        }
    }

    /// The most errors that are listed: the list must not be larger than the record.
    private static let faultLimit = 1000

    private mutating func fault(_ pointer: String, _ detail: String) {
        if faults.count == Self.faultLimit {
            faults.append(RecordFault(pointer: "", detail: "has more errors, which are not listed"))
        }
        guard faults.count < Self.faultLimit else { return }
        faults.append(RecordFault(pointer: pointer, detail: detail))
    }

    /// Returns a key as a part of a JSON Pointer (RFC 6901 §3).
    private func escaped(_ key: String) -> String {
        var bytes: [UInt8] = []
        for byte in key.utf8 {
            switch byte {
            case UInt8(ascii: "~"): bytes += "~0".utf8
            case UInt8(ascii: "/"): bytes += "~1".utf8
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
