import Records
import TestSupport
import Testing
import Text

private func faults(_ text: String) -> [String] {
    do {
        _ = try Record(json: Array(text.utf8))
        return []
    } catch RecordError.invalid(let faults) {
        return faults.map { "\($0.pointer): \($0.detail)" }
    } catch {
        return ["\(error)"]
    }
}

@Suite struct RecordTests {
    @Test func `labels stand in the order of skills, domains, modules and locators`() throws {
        let record = try Record(
            json: Array(
                """
                {"schema_version":"1.0.0",\(recordMembers.replacing(#"[{"name":"s"}]"#, with: #"[{"name":"b/c"},{"id":7},{"name":"a"}]"#)),
                "locators":[{"type":"url","urls":["u"]}],"domains":[{"name":"d e"}],
                "modules":[{"name":"m","data":{}},{"name":"m","data":{"x":1}}]}
                """.utf8))
        #expect(
            record.labels == [
                "/skills/b/c", "/skills/", "/skills/a", "/domains/d e", "/modules/m", "/modules/m",
                "/locators/url",
            ])
    }

    @Test(arguments: ["0.7.0", "0.7.8", "0.8.0", "1.0.0", "1.1.1", "1.0.0-rc1"])
    func `the schema versions of upstream are accepted`(version: String) {
        let locators = #","locators":[{"type":"binary","url":"u"}]"#
        let text =
            #"{"schema_version":"\#(version)",\#(recordMembers)\#(version.hasPrefix("0.7") ? locators : "")}"#
        #expect(faults(text) == [])
    }

    @Test(arguments: [
        "0.5.0", "0.6.0", "0.9.0", "2.0.0", "v1.0.0", "1.0", "1", "1.0.0.0", "x.y.z", "01.0.0",
        "1.0.0-rc.1", "1.0.0-", "1.0-x.0", "1.0.0-a\\u0000b", "1.00.0", "1.0.0-ä",
    ])
    func `other schema versions are refused, with what would be accepted`(version: String) {
        #expect(
            faults(#"{"schema_version":"\#(version)",\#(recordMembers)}"#)
                .first?.hasSuffix("is not supported: use 0.7.x, 0.8.x or 1.x.x") == true)
    }

    @Test func `every fault is listed, not only the first`() {
        let text = """
            {"schema_version":"0.7.0","name":"","version":7,"authors":[],"created_at":"yesterday",
            "skills":[{"nmae":"x"},{"id":-1},"s",{"id":1},{"id":1}],"domains":{},
            "modules":[{"data":[]}],"locators":[{"type":"boat","url":"u"},{"type":"binary"},{"type":"binary","url":"v"}],
            "annotations":{"a/b":1},"skils":[]}
            """
        #expect(
            Set(faults(text)) == [
                "/name: is required", "/description: is required", "/authors: is required",
                "/version: must be a string, not a number",
                "/created_at: must be a time by RFC 3339, such as 2025-10-18T14:23:15Z",
                "/skills/0/nmae: is not an attribute here, did you mean name?",
                "/skills/0: needs a name or an id",
                "/skills/1/id: must be a whole number from 0 to 4294967295",
                "/skills/2: must be an object, not a string",
                "/skills/4: is the same as /skills/3",
                "/domains: must be an array, not an object",
                "/modules/0/name: is required", "/modules/0/data: must be an object, not an array",
                "/locators/0/type: must be one of unspecified, helm_chart, docker_image, python_package, source_code, binary",
                "/locators/1/url: is required", "/locators/2/type: is the same as /locators/1/type",
                "/annotations/a~1b: must be a string, not a number",
                "/skils: is not an attribute here, did you mean skills?",
            ])
    }

    @Test func `a record that is wrong all over lists a limited number of errors`() {
        let skills = Array(repeating: "0", count: 100_000).joined(separator: ",")
        let found = faults(#"{"schema_version":"1.0.0","skills":[\#(skills)]}"#)
        #expect(found.count == 1001)
        #expect(found.last == ": has more errors, which are not listed")
    }

    @Test func `what differs between the schema generations is told apart`() {
        let old = #""locators":[{"type":"docker_image","url":"u"}]"#
        let new = #""locators":[{"type":"container_image","urls":["u"]}]"#
        #expect(faults(#"{"schema_version":"0.8.0",\#(recordMembers),\#(old)}"#) == [])
        #expect(faults(#"{"schema_version":"1.0.0",\#(recordMembers),\#(new)}"#) == [])
        #expect(faults(#"{"schema_version":"1.0.0",\#(recordMembers),\#(old)}"#).count == 3)
        #expect(faults(#"{"schema_version":"0.8.0",\#(recordMembers),\#(new)}"#).count == 3)
        #expect(
            faults(#"{"schema_version":"0.7.0",\#(recordMembers)}"#) == ["/locators: is required"])
        let previous = #""previous_record_cid":"b""#
        #expect(faults(#"{"schema_version":"0.8.0",\#(recordMembers),\#(previous)}"#) == [])
        #expect(faults(#"{"schema_version":"1.0.0",\#(recordMembers),\#(previous)}"#).count == 1)
    }

    @Test(arguments: [
        ("2025-10-18T14:23:15Z", true), ("2025-10-18 14:23:15.520789Z", true),
        ("2025-10-18T14:23:15+02:00", true), ("2024-02-29T00:00:00Z", true),
        ("2016-12-31T23:59:60Z", true), ("2025-02-29T00:00:00Z", false),
        ("2025-10-18", false), ("2025-10-18T14:23:15", false), ("2025-13-01T00:00:00Z", false),
        ("2025-10-18T24:00:00Z", false), ("2025-10-18T14:23:15.Z", false),
        ("2025-10-18T14:23:15Zx", false),
    ])
    func `a time must be one by RFC 3339`(text: String, isValid: Bool) {
        let record =
            #"{"schema_version":"1.0.0",\#(recordMembers.replacing("2025-10-18T14:23:15Z", with: text))}"#
        #expect(faults(record).isEmpty == isValid)
    }

    @Test func `texts have a longest length`() {
        let long = String(repeating: "ä", count: 2000)
        let text =
            #"{"schema_version":"1.0.0",\#(recordMembers.replacing(#""n""#, with: "\"\(long)\""))}"#
        #expect(faults(text) == [])
        #expect(
            faults(text.replacing(long, with: long + "x")) == [
                "/name: is longer than 2000 characters"
            ])
    }

    @Test(arguments: ["[]", "1", "\"x\"", "null", "[{}]"])
    func `what is no object is no record`(text: String) {
        #expect(throws: RecordError.self) { try Record(json: Array(text.utf8)) }
        #expect(faults(text).first?.contains("must be a JSON object") == true)
    }
}
