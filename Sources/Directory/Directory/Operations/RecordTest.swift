public import Text

/// One test of a search. Patterns are those of `Wildcard`.
public enum RecordTest: Sendable {
    /// A text of the record that is compared.
    public enum Field: Sendable { case name, version, schemaVersion, createdAt }

    /// A list of the record, whose elements have a name and a number.
    public enum List: Sendable { case skills, domains, modules }

    /// How two texts are compared, by their bytes.
    public enum Comparison: Sendable { case less, lessOrEqual, equal, greaterOrEqual, greater }

    /// A field matches a pattern.
    case matches(Field, Wildcard, text: String)
    /// A field is this text, byte for byte.
    case isExactly(Field, String)
    /// A field compares to a text.
    case compares(Field, Comparison, String)
    /// An element of a list has all that is given: a name that matches, this number.
    case has(List, name: Wildcard?, id: Double?)
    /// A label is this, or begins with this and a slash, unless it must be whole.
    case label(String, isWhole: Bool)
    /// A locator has a type that matches, and a URL that matches.
    case locator(type: Wildcard?, url: Wildcard?)
    /// An author contains this text, in any case of its ASCII letters.
    case author(String)
    /// The description matches a pattern.
    case description(Wildcard)
    /// An annotation has this key, and a value that matches.
    case annotation(key: String, value: Wildcard?)
    /// A signature is stored.
    case isSigned
    /// Always holds.
    case always

    /// Whether the content of the record is needed.
    var needsContent: Bool {
        switch self {
        case .matches, .isExactly, .compares, .label, .isSigned, .always: false
        case .has(_, _, let id): id != nil
        case .locator(_, let url): url != nil
        case .author, .description, .annotation: true
        }
    }

    /// The name, when the test demands exactly one.
    var exactName: String? {
        switch self {
        case .isExactly(.name, let text): text
        case .matches(.name, let pattern, let text) where !pattern.isPattern: text
        default: nil
        }
    }

    /// The bytes of its texts.
    var textBytes: Int {
        switch self {
        case .matches(_, _, let text), .isExactly(_, let text), .compares(_, _, let text),
            .label(let text, _), .author(let text):
            text.utf8.count
        case .annotation(let key, let value): key.utf8.count + (value?.byteCount ?? 0)
        case .has(_, let name, _): name?.byteCount ?? 0
        case .locator(let type, let url): (type?.byteCount ?? 0) + (url?.byteCount ?? 0)
        case .description(let pattern): pattern.byteCount
        case .isSigned, .always: 0
        }
    }

    /// Returns whether the test holds.
    func holds(for record: SearchedRecord) -> Bool {
        switch self {
        case .always: true
        case .isSigned: record.isSigned
        case .matches(let field, let pattern, _): pattern.matches(record[field])
        case .isExactly(let field, let text): record[field].hasBytes(of: text)
        case .compares(let field, let comparison, let text):
            comparison.holds(record[field], text)
        case .label(let text, let isWhole):
            record.labels.contains { label in
                label.hasBytes(of: text) || (!isWhole && label.hasBytePrefix(text + "/"))
            }
        case .has(let list, let name, nil):
            record.names(of: list).contains { name?.matches($0) ?? true }
        case .has(let list, let name, .some(let id)):
            record.elements(list.key).contains { element in
                element["id"]?.number == id
                    && name.map { $0.matches(element["name"]?.string ?? "") } ?? true
            }
        case .locator(let type, nil):
            record.labels.contains { label in
                label.hasBytePrefix(Self.locators)
                    && type?.matches(label.after(Self.locators)) ?? true
            }
        case .locator(let type, .some(let url)):
            record.elements("locators").contains { element in
                let urls = (element["urls"]?.array ?? []) + [element["url"]].compactMap(\.self)
                return type.map { $0.matches(element["type"]?.string ?? "") } ?? true
                    && urls.contains { url.matches($0.string ?? "") }
            }
        case .author(let text):
            record.elements("authors").contains { author in
                let author = author.string?.lowercasedASCII ?? ""
                return ByteSearch(text.lowercasedASCII).occurs(in: author)
            }
        case .description(let pattern):
            pattern.matches(record.content?["description"]?.string ?? "")
        case .annotation(let key, let value):
            record.content?["annotations"]?[key].map { found in
                value?.matches(found.string ?? "") ?? true
            } ?? false
        }
    }

    private static let locators = "/locators/"
}

extension RecordTest.Comparison {
    fileprivate func holds(_ a: String, _ b: String) -> Bool {
        let isLess = a.utf8.lexicographicallyPrecedes(b.utf8)
        return switch self {
        case .less: isLess
        case .lessOrEqual: isLess || a.hasBytes(of: b)
        case .equal: a.hasBytes(of: b)
        case .greaterOrEqual: !isLess
        case .greater: !isLess && !a.hasBytes(of: b)
        }
    }
}

extension RecordTest.List {
    fileprivate var key: String {
        switch self {
        case .skills: "skills"
        case .domains: "domains"
        case .modules: "modules"
        }
    }
}

/// What a search knows of a record.
struct SearchedRecord {
    let name: String
    let version: String
    let schemaVersion: String
    let createdAt: String
    let isSigned: Bool
    let labels: [String]
    /// The parsed content, once it is needed.
    var content: JSONValue?

    fileprivate subscript(field: RecordTest.Field) -> String {
        switch field {
        case .name: name
        case .version: version
        case .schemaVersion: schemaVersion
        case .createdAt: createdAt
        }
    }

    /// Returns the names in a list, from the labels.
    fileprivate func names(of list: RecordTest.List) -> [String] {
        let prefix = "/\(list.key)/"
        return labels.filter { $0.hasBytePrefix(prefix) }.map { $0.after(prefix) }
    }

    fileprivate func elements(_ key: String) -> [JSONValue] { content?[key]?.array ?? [] }
}

extension String {
    /// Returns what follows a prefix that the text has.
    fileprivate func after(_ prefix: String) -> String {
        String(Substring(utf8.dropFirst(prefix.utf8.count)))
    }
}
