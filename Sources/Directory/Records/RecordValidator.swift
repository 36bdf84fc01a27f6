internal import Text

/// Checks a record against the rules of its schema version, and lists every error.
///
/// Whether a skill, domain or module exists in the taxonomy is not checked: this needs the
/// schema server.
struct RecordValidator {
    private static let textLimit = 2000
    private static let descriptionLimit = 10_000
    private var faults: [RecordFault] = []
    /// Where the value is that is being checked: the parts of its JSON Pointer. Texts are made of
    /// them for faults only.
    private var place: [Part] = []

    private enum Part {
        case key(String)
        case index(Int)
    }

    /// Returns every error of a record.
    mutating func validate(_ record: JSONValue) -> [RecordFault] {
        let rules = schemaRules(record)
        requireAll(SchemaRules.alwaysRequired, in: record)
        if let rules {
            requireAll(rules.required, in: record)
            checkAttributes(record, rules.attributes)
        }
        text(record, "name")
        text(record, "version")
        text(record, "description", limit: Self.descriptionLimit)
        text(record, "previous_record_cid")
        createdAt(record["created_at"])
        list(record, "authors") { $0.text($1) }
        list(record, "skills") { $0.taxonomyClass($1, rules) }
        list(record, "domains") { $0.taxonomyClass($1, rules) }
        list(record, "modules") { $0.module($1, rules) }
        list(record, "locators") { $0.locator($1, rules) }
        locatorTypesAreUnique(record["locators"])
        annotations(record)
        return faults
    }

    private mutating func schemaRules(_ record: JSONValue) -> SchemaRules? {
        guard let value = record["schema_version"], !isMissing(value) else { return nil }
        guard let version = value.string else {
            fault("must be a string, not \(value.kind)", at: "schema_version")
            return nil
        }
        guard let rules = SchemaRules.of(version) else {
            fault(
                "\"\(version.clipped(to: 64))\" is not supported: use \(SchemaRules.accepted)",
                at: "schema_version")
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

    private mutating func require(_ key: String, in object: JSONValue) {
        if isMissing(object[key]) { fault("is required", at: key) }
    }

    private mutating func requireAll(_ keys: [String], in object: JSONValue) {
        for key in keys { require(key, in: object) }
    }

    /// - Parameter known: in the order of their bytes, like the members of the object.
    private mutating func checkAttributes(_ object: JSONValue, _ known: [String]) {
        var next = 0
        for member in object.members ?? [] {
            while next < known.count, known[next].precedes(bytesOf: member.key) { next += 1 }
            if next < known.count, known[next].hasBytes(of: member.key) { continue }
            if faults.count > Self.faultLimit { return }
            let hint = suggestion(for: member.key, in: known) ?? ""
            fault("is not an attribute here\(hint)", at: member.key)
        }
    }

    /// Checks a value that must be a text, if there is one.
    private mutating func text(_ value: JSONValue, limit: Int = RecordValidator.textLimit) {
        guard !isMissing(value) else { return }
        guard let string = value.string else {
            return fault("must be a string, not \(value.kind)")
        }
        if string.utf8.count > limit, string.codePointCount > limit {
            fault("is longer than \(limit) characters")
        }
    }

    private mutating func text(
        _ object: JSONValue, _ key: String, limit: Int = RecordValidator.textLimit
    ) {
        guard let value = object[key] else { return }
        at(.key(key)) { $0.text(value, limit: limit) }
    }

    private mutating func createdAt(_ value: JSONValue?) {
        guard let value else { return }
        at(.key("created_at")) {
            $0.text(value)
            guard let string = value.string, !string.isEmpty, !DateTime.isValid(string) else {
                return
            }
            $0.fault("must be a time by RFC 3339, such as 2025-10-18T14:23:15Z")
        }
    }

    private mutating func list(
        _ object: JSONValue, _ key: String, _ check: (inout RecordValidator, JSONValue) -> Void
    ) {
        guard let value = object[key] else { return }
        at(.key(key)) { $0.list(value, check) }
    }

    private mutating func list(
        _ value: JSONValue, _ check: (inout RecordValidator, JSONValue) -> Void
    ) {
        guard let elements = value.array else {
            if !isMissing(value) { fault("must be an array, not \(value.kind)") }
            return
        }
        var seen: [ExactString: Int] = [:]
        for (index, element) in elements.enumerated() {
            if faults.count > Self.faultLimit { return }
            at(.index(index)) { validator in
                if validator.isMissing(element) { validator.fault("must not be empty") }
                check(&validator, element)
                guard elements.count > 1 else { return }
                let text = String(decoding: CanonicalJSON.encode(element), as: UTF8.self)
                if let first = seen.updateValue(index, forKey: ExactString(text)) {
                    validator.fault("is the same as \(validator.pointer(without: 1))/\(first)")
                }
            }
        }
    }

    private mutating func object(_ value: JSONValue, _ known: [String]?) -> Bool {
        guard value.members != nil else {
            if !isMissing(value) { fault("must be an object, not \(value.kind)") }
            return false
        }
        if let known { checkAttributes(value, known) }
        annotations(value)
        return true
    }

    private mutating func taxonomyClass(_ value: JSONValue, _ rules: SchemaRules?) {
        guard object(value, rules?.classAttributes) else { return }
        if isMissing(value["name"]), isMissing(value["id"]) { fault("needs a name or an id") }
        text(value, "name")
        identifier(value)
    }

    private mutating func module(_ value: JSONValue, _ rules: SchemaRules?) {
        guard object(value, rules?.moduleAttributes) else { return }
        require("name", in: value)
        text(value, "name")
        identifier(value)
        if let data = value["data"], data.members == nil {
            fault("must be an object, not \(data.kind)", at: "data")
        }
    }

    private mutating func locator(_ value: JSONValue, _ rules: SchemaRules?) {
        guard object(value, rules?.locatorAttributes) else { return }
        require("type", in: value)
        text(value, "type")
        guard let rules else { return }
        if let type = value["type"]?.string, !type.isEmpty,
            !rules.locatorTypes.contains(bytesOf: type)
        {
            fault("must be one of \(rules.locatorTypes.joined(separator: ", "))", at: "type")
        }
        let key = rules.hasLocatorURLs ? "urls" : "url"
        require(key, in: value)
        if rules.hasLocatorURLs {
            list(value, key) { $0.text($1) }
        } else {
            text(value, key)
        }
    }

    private mutating func locatorTypesAreUnique(_ value: JSONValue?) {
        guard let locators = value?.array, locators.count > 1 else { return }
        var seen: [ExactString: Int] = [:]
        for (index, locator) in locators.enumerated() {
            guard let type = locator["type"]?.string else { continue }
            if let first = seen.updateValue(index, forKey: ExactString(type)) {
                fault(
                    "is the same as /locators/\(first)/type",
                    at: .key("locators"), .index(index), .key("type"))
            }
        }
    }

    private mutating func identifier(_ object: JSONValue) {
        guard let value = object["id"], !isMissing(value) else { return }
        guard let number = value.number, number >= 0, number <= Double(UInt32.max),
            number.rounded() == number
        else { return fault("must be a whole number from 0 to 4294967295", at: "id") }
    }

    private mutating func annotations(_ object: JSONValue) {
        guard let value = object["annotations"], !isMissing(value) else { return }
        guard let members = value.members else {
            return fault("must be an object, not \(value.kind)", at: "annotations")
        }
        for member in members where member.value.string.isNil {
            fault(
                "must be a string, not \(member.value.kind)",
                at: .key("annotations"), .key(member.key))
        }
    }

    // MARK: Places and faults

    /// Checks a part of the value that is being checked.
    private mutating func at(_ part: Part, _ check: (inout RecordValidator) -> Void) {
        place.append(part)
        check(&self)
        place.removeLast()
    }

    /// Returns the JSON Pointer of the value that is being checked, without its last parts.
    private func pointer(without levels: Int = 0) -> String {
        var text = ""
        for part in place.dropLast(levels) {
            switch part {
            case .key(let key): text += "/\(escaped(key))"
            case .index(let index): text += "/\(index)"
            }
        }
        return text
    }

    private mutating func fault(_ detail: String, at key: String) {
        fault(detail, at: .key(key))
    }

    /// Adds an error of a part of the value that is being checked, or of the value itself.
    private mutating func fault(_ detail: String, at parts: Part...) {
        place += parts
        fault(pointer(), detail)
        place.removeLast(parts.count)
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
