import GatewayGRPC
import Records
import SwiftProtobuf
import Testing
import Text

@Suite struct StructTests {
    /// Encodes with the generated types of swift-protobuf, which the room does not use for this.
    private func message(_ json: String) throws -> [UInt8] {
        try Google_Protobuf_Struct(jsonString: json).serializedBytes()
    }

    private func decode(_ bytes: [UInt8]) throws -> JSONValue {
        try StructDecoder.decode(bytes, in: 0..<bytes.count)
    }

    @Test(arguments: [
        "{}",
        #"{"a":null,"b":true,"c":false,"d":1.5,"e":"é\u0000","f":{"g":{}},"h":[1,[],{"i":[null]}]}"#,
        #"{"name":"directory.agntcy.org/example/a","version":"v1.0.0","schema_version":"0.7.0","skills":[{"name":"natural_language_processing/text_completion","id":10201}]}"#,
    ])
    func `an object has the same canonical JSON as its message`(json: String) throws {
        let value = try JSONParser.parse(Array(json.utf8))
        let decoded = try decode(try message(json))
        #expect(CanonicalJSON.encode(decoded) == CanonicalJSON.encode(value))
    }

    @Test func `a message has the CID of its JSON`() throws {
        // Vector A of the reference.
        let json =
            #"{"name":"directory.agntcy.org/example/a","version":"v1.0.0","schema_version":"0.7.0","skills":[{"name":"natural_language_processing/text_completion","id":10201}]}"#
        let decoded = try decode(try message(json))
        #expect(
            CID.of(CanonicalJSON.encode(decoded))
                == "baeareias7eitng4fwhd4qmolzn7aovtsax4bi4chr74hydkp3y4gnymocu")
    }

    @Test func `what is encoded is what swift-protobuf reads`() throws {
        let json =
            #"{"a":[{"b":"\#(String(repeating: "x", count: 300))"},-0.5,null,true,[]],"é":{}}"#
        let bytes = StructEncoder.encode(try JSONParser.parse(Array(json.utf8)))
        let read = try Google_Protobuf_Struct(serializedBytes: bytes)
        #expect(read == (try Google_Protobuf_Struct(jsonString: json)))
        #expect(CanonicalJSON.encode(try decode(bytes)) == Array(json.utf8))
    }

    @Test func `of two entries with one key the last counts`() throws {
        let twice = try message(#"{"a":1}"#) + message(#"{"a":2}"#)
        #expect(try decode(twice)["a"]?.number == 2)
        #expect(try decode(twice).members?.count == 1)
    }

    @Test func `numbers that JSON does not have are refused`() throws {
        for number in [Double.nan, .infinity] {
            let value = Google_Protobuf_Struct(fields: ["a": .init(numberValue: number)])
            let bytes: [UInt8] = try value.serializedBytes()
            #expect(throws: GRPCStatus(.invalidArgument, "a number that is not finite")) {
                try decode(bytes)
            }
        }
    }

    @Test func `depth and number of values are bounded`() throws {
        // An object in an object, 200 times.
        var deep: [UInt8] = []
        for _ in 0..<200 {
            deep = field(1, field(1, [0x61]) + field(2, field(5, deep)))
        }
        #expect(throws: GRPCStatus.self) { try decode(deep) }
        // Two bytes a value.
        let many = [UInt8](repeating: 0, count: 1_200_000).enumerated().map {
            $0.offset % 2 == 0 ? UInt8(0x0A) : 0
        }
        #expect(throws: GRPCStatus(.invalidArgument, "too many values")) { try decode(many) }
    }

    @Test func `bytes that are not protobuf are refused`() throws {
        let good = try message(#"{"a":"text","b":[1,2,{"c":null}]}"#)
        for count in 1..<good.count {
            let cut = Array(good.prefix(count))
            // A prefix that ends with an entry is a message; every other one is an error.
            if let value = try? decode(cut) { #expect(value.members?.count ?? 0 < 2) }
        }
        for byte in UInt8.min...UInt8.max { _ = try? decode([byte, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]) }
        #expect(throws: (any Error).self) { try decode([0x0A, 0x05, 0x0A, 0x01]) }
        #expect(throws: (any Error).self) { try decode([0x0B]) }
        #expect(throws: (any Error).self) { try decode(field(1, field(1, [0xFF]))) }
    }

    private func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        var length: [UInt8] = []
        var rest = bytes.count
        repeat {
            length.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
            rest >>= 7
        } while rest > 0
        return [number << 3 | 2] + length + bytes
    }
}
