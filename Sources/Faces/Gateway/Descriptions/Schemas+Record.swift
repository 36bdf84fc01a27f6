internal import Text

/// The record: the rules of `SchemaRules`, as far as JSON Schema can say them.
extension Schemas {
    /// What counts as missing in an attribute that is not required.
    private static let missing = #"{"enum":[null,"",[]]}"#

    private static func optional(_ schema: String) -> String {
        "{\"anyOf\":[\(schema),\(missing)]}"
    }

    private static let shortText = #"{"type":"string","minLength":1,"maxLength":2000}"#
    private static let number = #"{"type":"integer","minimum":0,"maximum":4294967295}"#
    private static let annotations = optional(
        #"{"type":"object","additionalProperties":{"type":"string"}}"#)

    private static func list(_ item: String, least: Int = 0) -> String {
        "{\"type\":\"array\",\"uniqueItems\":true,\"minItems\":\(least),\"items\":\(item)}"
    }

    /// A skill or a domain.
    private static func taxonomyClass(hasAnnotations: Bool) -> String {
        let more = hasAnnotations ? ",\"annotations\":\(annotations)" : ""
        return """
            {"type":"object","additionalProperties":false,
            "properties":{"name":\(optional(shortText)),"id":\(optional(number))\(more)},
            "anyOf":[{"required":["name"],"properties":{"name":\(shortText)}},{"required":["id"],"properties":{"id":\(number)}}]}
            """
    }

    private static func module(_ more: String) -> String {
        """
        {"type":"object","required":["name"],"additionalProperties":false,
        "properties":{"name":\(shortText),"id":\(optional(number)),"annotations":\(annotations),"data":{"type":"object"}\(more)}}
        """
    }

    private static func locator(_ types: String, _ address: String, _ more: String) -> String {
        """
        {"type":"object","required":["type","\(address)"],"additionalProperties":false,
        "properties":{"type":{"type":"string","enum":[\(types)]},
        "\(address)":\(address.hasBytes(of: "urls") ? list(shortText, least: 1) : shortText),"annotations":\(annotations)\(more)}}
        """
    }

    private static func record(
        versions: String, example: String, item: String, module: String, locator: String,
        more: String = "", required: String = "", leastLocators: Int = 0
    ) -> String {
        let locators = list(locator, least: leastLocators)
        return """
            {"type":"object","additionalProperties":false,
            "required":["name","version","schema_version","description","authors","created_at","skills"\(required)],
            "properties":{"schema_version":{"type":"string","pattern":"\(versions)","examples":["\(example)"]},
            "name":\(shortText),"version":\(shortText),
            "description":{"type":"string","minLength":1,"maxLength":10000},
            "authors":\(list(shortText, least: 1)),
            "created_at":{"type":"string","format":"date-time"},
            "skills":\(list(item, least: 1)),"domains":\(optional(list(item))),
            "modules":\(optional(list(module))),
            "locators":\(leastLocators > 0 ? locators : optional(locators)),"annotations":\(annotations)\(more)}}
            """
    }

    private static let oldTypes =
        #""unspecified","helm_chart","docker_image","python_package","source_code","binary""#
    private static let newTypes =
        #""unspecified","helm_chart","container_image","package","source_code","binary","url""#
    private static let patch = "(0|[1-9][0-9]{0,8})([-+][0-9A-Za-z-]{1,64})?$"

    static let record: [(name: String, text: String)] = [
        (
            "Record",
            """
            {"description":"a record of an AI agent (OASF). What is null, an empty text or an empty list counts as missing. Locators of one record have different types.",
            "oneOf":[{"$ref":"#/components/schemas/Record07"},{"$ref":"#/components/schemas/Record08"},{"$ref":"#/components/schemas/Record1"}]}
            """
        ),
        (
            "Record07",
            record(
                versions: "^0\\\\.7\\\\.\(patch)", example: "0.7.0",
                item: taxonomyClass(hasAnnotations: true), module: module(""),
                locator: locator(oldTypes, "url", #","size":{},"digest":{}"#),
                more: ",\"signature\":{},\"previous_record_cid\":\(optional(shortText))",
                required: ",\"locators\"", leastLocators: 1)
        ),
        (
            "Record08",
            record(
                versions: "^0\\\\.8\\\\.\(patch)", example: "0.8.0",
                item: taxonomyClass(hasAnnotations: false), module: module(""),
                locator: locator(oldTypes, "url", #","size":{},"digest":{}"#),
                more: ",\"previous_record_cid\":\(optional(shortText))")
        ),
        (
            "Record1",
            record(
                versions: "^1\\\\.(0|[1-9][0-9]{0,8})\\\\.\(patch)", example: "1.0.0",
                item: taxonomyClass(hasAnnotations: true), module: module(#","artifact":{}"#),
                locator: locator(newTypes, "urls", ""))
        ),
    ]
}
