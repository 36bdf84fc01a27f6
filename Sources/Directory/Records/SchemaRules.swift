internal import Text

/// The rules that differ between the versions of the OASF record schema (agntcy/oasf, `schema/objects`).
struct SchemaRules {
    /// The attributes of a record.
    let attributes: Set<ExactString>
    /// The required attributes of a record, besides those that every version requires.
    let required: [String]
    /// The attributes of a skill or domain.
    let classAttributes: Set<ExactString>
    let moduleAttributes: Set<ExactString>
    let locatorAttributes: Set<ExactString>
    let locatorTypes: [String]
    /// Whether locators have `urls` (an array) or `url`.
    let hasLocatorURLs: Bool

    /// The required attributes of a record in every version.
    static let alwaysRequired = [
        "name", "version", "schema_version", "description", "authors", "created_at", "skills",
    ]

    private static let common = Set(alwaysRequired.map(ExactString.init)).union([
        "annotations", "domains", "locators", "modules",
    ])
    private static let oldLocators = [
        "unspecified", "helm_chart", "docker_image", "python_package", "source_code", "binary",
    ]

    /// Returns the rules of a version such as `0.7.0`; nil when it is not supported.
    static func of(_ version: String) -> SchemaRules? {
        guard version.utf8.count <= 256 else { return nil }
        let parts = version.fields(on: UInt8(ascii: ".")).map(ExactString.init)
        guard parts.count == 3, parts[..<2].allSatisfy({ isNumber($0.string.utf8[...]) }),
            isPatch(parts[2].string.utf8[...])
        else { return nil }
        switch (parts[0], parts[1]) {
        case ("0", "7"): return v07
        case ("0", "8"): return v08
        case ("1", _): return v1
        default: return nil
        }
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
        attributes: common.union(["signature", "previous_record_cid"]), required: ["locators"],
        classAttributes: ["name", "id", "annotations"],
        moduleAttributes: ["name", "id", "annotations", "data"],
        locatorAttributes: ["type", "url", "annotations", "size", "digest"],
        locatorTypes: oldLocators, hasLocatorURLs: false)

    private static let v08 = SchemaRules(
        attributes: common.union(["previous_record_cid"]), required: [],
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
