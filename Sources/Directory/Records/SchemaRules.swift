internal import Text

/// The rules that differ between the versions of the OASF record schema (agntcy/oasf, `schema/objects`).
final class SchemaRules: Sendable {
    // The lists of attributes are in the order of their bytes, like the members of a value.

    /// The attributes of a record.
    let attributes: [String]
    /// The required attributes of a record, besides those that every version requires.
    let required: [String]
    /// The attributes of a skill or domain.
    let classAttributes: [String]
    let moduleAttributes: [String]
    let locatorAttributes: [String]
    let locatorTypes: [String]
    /// Whether locators have `urls` (an array) or `url`.
    let hasLocatorURLs: Bool

    /// The required attributes of a record in every version.
    static let alwaysRequired = [
        "name", "version", "schema_version", "description", "authors", "created_at", "skills",
    ]

    private static let common =
        alwaysRequired + ["annotations", "domains", "locators", "modules"]
    private static let oldLocators = [
        "unspecified", "helm_chart", "docker_image", "python_package", "source_code", "binary",
    ]

    /// Returns the rules of a version such as `0.7.0`; nil when it is not supported.
    static func of(_ version: String) -> SchemaRules? {
        guard version.utf8.count <= 256 else { return nil }
        let dot = UInt8(ascii: ".")
        let parts = version.utf8.split(
            separator: dot, maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, isNumber(parts[0]), isNumber(parts[1]), isPatch(parts[2]) else {
            return nil
        }
        if parts[0].elementsEqual("1".utf8) { return v1 }
        guard parts[0].elementsEqual("0".utf8) else { return nil }
        if parts[1].elementsEqual("7".utf8) { return v07 }
        if parts[1].elementsEqual("8".utf8) { return v08 }
        return nil
    }

    private init(
        attributes: [String], required: [String], classAttributes: [String],
        moduleAttributes: [String], locatorAttributes: [String], locatorTypes: [String],
        hasLocatorURLs: Bool
    ) {
        self.attributes = attributes.sortedByBytes()
        self.required = required
        self.classAttributes = classAttributes.sortedByBytes()
        self.moduleAttributes = moduleAttributes.sortedByBytes()
        self.locatorAttributes = locatorAttributes.sortedByBytes()
        self.locatorTypes = locatorTypes
        self.hasLocatorURLs = hasLocatorURLs
    }

    /// The supported versions, for messages.
    static let accepted = "0.7.x, 0.8.x or 1.x.x"

    private static func isNumber(_ part: Substring.UTF8View) -> Bool {
        !part.isEmpty && part.allSatisfy(ASCII.isDigit)
            && (part.count == 1 || part.first != UInt8(ascii: "0"))
    }

    /// Returns whether a text is the third part of a version. It may have a pre-release or a build
    /// (semantic versioning) without a dot.
    private static func isPatch(_ part: Substring.UTF8View) -> Bool {
        let number = part.prefix { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "+") }
        let rest = part.dropFirst(number.count)
        let isWord = rest.dropFirst().allSatisfy {
            ASCII.isLetter($0) || ASCII.isDigit($0) || $0 == UInt8(ascii: "-")
        }
        return isNumber(number) && (rest.isEmpty || (rest.count > 1 && isWord))
    }

    private static let v07 = SchemaRules(
        attributes: common + ["signature", "previous_record_cid"], required: ["locators"],
        classAttributes: ["name", "id", "annotations"],
        moduleAttributes: ["name", "id", "annotations", "data"],
        locatorAttributes: ["type", "url", "annotations", "size", "digest"],
        locatorTypes: oldLocators, hasLocatorURLs: false)

    private static let v08 = SchemaRules(
        attributes: common + ["previous_record_cid"], required: [],
        classAttributes: ["name", "id"],
        moduleAttributes: ["name", "id", "annotations", "data"],
        locatorAttributes: ["type", "url", "annotations", "size", "digest"],
        locatorTypes: oldLocators, hasLocatorURLs: false)

    private static let v1 = SchemaRules(
        attributes: common, required: [],
        classAttributes: ["name", "id", "annotations"],
        moduleAttributes: ["name", "id", "annotations", "data", "artifact"],
        locatorAttributes: ["type", "urls", "annotations"],
        locatorTypes: [
            "unspecified", "helm_chart", "container_image", "package", "source_code", "binary",
            "url",
        ], hasLocatorURLs: true)
}
