import Foundation
import Records
import TestSupport
import Testing
import Text

private func canonical(_ text: String) throws -> String {
    String(
        decoding: CanonicalJSON.encode(try JSONParser.parse(Array(text.utf8))), as: UTF8.self)
}

@Suite struct CanonicalJSONTests {
    /// The vectors that upstream's own tests assert, and two more that were checked against it.
    @Test func `CIDs are upstream's, byte for byte`() throws {
        #expect(
            CID.of(Array("Hello, World!".utf8))
                == "baeareig77vqcdozl2wyk6z3cscaj5q5fggi53aoh64fewkdiri3cdauyn4")
        #expect(
            CID.of(Array("{}".utf8))
                == "baeareicecnx2gvntm6fbcrvnc336qze6st5u7qq7457igegamd3bzkx7ri")
        let a = try canonical(
            #"{"name":"directory.agntcy.org/example/a","version":"v1.0.0","schema_version":"0.7.0","skills":[{"name":"natural_language_processing/text_completion","id":10201}]}"#
        )
        #expect(
            a
                == #"{"name":"directory.agntcy.org/example/a","schema_version":"0.7.0","skills":[{"id":10201,"name":"natural_language_processing/text_completion"}],"version":"v1.0.0"}"#
        )
        #expect(
            CID.of(Array(a.utf8)) == "baeareias7eitng4fwhd4qmolzn7aovtsax4bi4chr74hydkp3y4gnymocu")
        let b = try canonical(
            #"{"schema_version":"1.0.0","name":"t\u00e9st <a&b>","version":"1.0.0","description":"line1\nline2\ttab \u2028 sep \"q\" \\","z":1.5,"a":{"big":1e21,"small":0.000001,"tiny":1e-7,"neg":-0.0,"int":10000000000000000000,"f":100.0,"t":true,"n":null,"e":[],"o":{}}}"#
        )
        #expect(
            b
                == #"{"a":{"big":1e+21,"e":[],"f":100,"int":10000000000000000000,"n":null,"neg":-0,"o":{},"small":0.000001,"t":true,"tiny":1e-7},"description":"line1\nline2\ttab \u2028 sep \"q\" \\","name":"tést \u003ca\u0026b\u003e","schema_version":"1.0.0","version":"1.0.0","z":1.5}"#
        )
        #expect(
            CID.of(Array(b.utf8)) == "baeareiayg4bpn44ps3mbeu5zuqbdgozfsxfnwf7mejneyoi6kfeztmh7fm")
    }

    @Test(arguments: [
        ("0", "0"), ("-0", "-0"), ("1.0", "1"), ("100", "100"), ("1e2", "100"), ("0.1", "0.1"),
        ("1e-6", "0.000001"), ("1.5e-6", "0.0000015"), ("1e-7", "1e-7"), ("1.25e-9", "1.25e-9"),
        ("1e20", "100000000000000000000"), ("1e21", "1e+21"),
        ("123456789012345680000", "123456789012345680000"),
        ("9007199254740993", "9007199254740992"),
        ("1.7976931348623157e308", "1.7976931348623157e+308"),
        ("5e-324", "5e-324"), ("4294967295", "4294967295"), ("-1234.5678", "-1234.5678"),
        ("0.30000000000000004", "0.30000000000000004"), ("1e23", "1e+23"), ("3.0e-5", "0.00003"),
    ])
    func `numbers are written as Go writes them`(text: String, written: String) throws {
        #expect(try canonical(text) == written)
    }

    @Test(arguments: [
        (#""\u0000\u0001\u001f\u007f""#, "\"\\u0000\\u0001\\u001f\u{7F}\""),
        (#""\b\f\n\r\t\/""#, #""\b\f\n\r\t/""#),
        (#""<>&\u2028\u2029""#, #""\u003c\u003e\u0026\u2028\u2029""#),
        (#""\ud83d\ude80""#, "\"🚀\""), (#""\u0085é""#, "\"\u{85}é\""),
    ])
    func `strings are escaped as Go escapes them`(text: String, written: String) throws {
        #expect(try canonical(text) == written)
    }

    @Test func `keys are ordered by bytes, not by alphabet`() throws {
        #expect(
            try canonical(
                #"{"b":1,"a":1,"B":1,"é":1,"z":1,"":1,"e\u0301":1,"ab":1,"😀":1,"\uffee":1}"#)
                == "{\"\":1,\"B\":1,\"a\":1,\"ab\":1,\"b\":1,\"e\u{301}\":1,\"z\":1,\"é\":1,\"\u{FFEE}\":1,\"😀\":1}"
        )
    }

    @Test(arguments: [
        "", " ", "{", "}", "[", "[1,]", "{,}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",
        "{'a':1}", "nul", "truex", "01", "1.", ".5", "+1", "1e", "- 1", "1e999", "-1e999", "NaN",
        "Infinity", "\"", "\"\\x\"", "\"\\u12\"", "\"\\u+123\"", "\"\\ud800\"", "\"\\ud800x\"",
        "\"\\udc00\"", "\"\\ud800\\ud800\"", "\"\n\"", "\"\0\"", "1 2", "{} x", "/*c*/{}",
        "\u{FEFF}{}",
        #"{"a":1,"a":2}"#, #"{"a":{"b":1,"b":1}}"#, #"{"a":1,"\u0061":2}"#,
        String(repeating: "[", count: 100_000),
        String(repeating: "[", count: 129) + String(repeating: "]", count: 129),
    ])
    func `what is not JSON, or says one thing twice, is refused`(text: String) {
        #expect(throws: JSONError.self) { try JSONParser.parse(Array(text.utf8)) }
    }

    @Test(
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xC3, 0x22], [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
        ] as [[UInt8]])
    func `bytes that are not UTF-8 are refused`(bytes: [UInt8]) {
        #expect(throws: JSONError.self) { try JSONParser.parse(bytes) }
    }

    @Test func `canonicalising twice changes nothing, and no meaning is lost`() throws {
        var random = Seeded(seed: testSeed())
        for _ in 0..<500 {
            let text = randomJSON(depth: 4, &random)
            let once = try canonical(text)
            #expect(try canonical(once) == once)
            let before = try JSONSerialization.jsonObject(
                with: Data(text.utf8), options: .fragmentsAllowed)
            let after = try JSONSerialization.jsonObject(
                with: Data(once.utf8), options: .fragmentsAllowed)
            #expect(before as? NSObject == after as? NSObject)
        }
    }

    private func randomJSON(depth: Int, _ random: inout some RandomNumberGenerator) -> String {
        switch Int.random(in: depth == 0 ? 2...5 : 0...5, using: &random) {
        case 0:
            let keys = Set((0..<4).map { _ in randomString(&random) })
            let members = keys.map { "\($0) : \(randomJSON(depth: depth - 1, &random))" }
            return "{\(members.joined(separator: " , "))}"
        case 1:
            let count = Int.random(in: 0...4, using: &random)
            let elements = (0..<count).map { _ in randomJSON(depth: depth - 1, &random) }
            return "[ \(elements.joined(separator: ",\n")) ]"
        case 2: return randomString(&random)
        case 3: return "\(Double.random(in: -1e6...1e6, using: &random))"
        case 4: return "\(Int.random(in: -1_000_000...1_000_000, using: &random))"
        default: return ["true", "false", "null"].randomElement(using: &random) ?? "null"
        }
    }

    private func randomString(_ random: inout some RandomNumberGenerator) -> String {
        let parts = [
            "a", "é", "<", "&", "\\n", "\\u2028", "\\\"", "\\\\", "漢", "🚀", "\\u0001", "/",
        ]
        return "\"" + (0..<6).compactMap { _ in parts.randomElement(using: &random) }.joined()
            + "\""
    }
}
