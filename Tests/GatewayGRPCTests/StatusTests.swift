import GatewayGRPC
import HTTPTypes
import Testing

@Suite struct StatusTests {
    /// Returns a field of the trailers.
    private func field(_ name: String, of status: GRPCStatus) -> String? {
        status.fields.first { $0.name.canonicalName == name }?.value
    }

    @Test func `a message is percent-encoded UTF-8`() {
        let status = GRPCStatus(.notFound, "100 % of é\n")
        #expect(field("grpc-status", of: status) == "5")
        #expect(field("grpc-message", of: status) == "100 %25 of %C3%A9%0A")
    }

    @Test func `success has no message`() {
        #expect(GRPCStatus.ok.fields.count == 1)
    }

    @Test func `a long message is cut`() throws {
        let status = GRPCStatus(.internal, String(repeating: "\n", count: 100_000))
        let message = try #require(field("grpc-message", of: status))
        #expect(message.utf8.count < 8192)
    }

    @Test(arguments: [
        ("1H", Duration.seconds(3600)), ("2M", .seconds(120)), ("99999999S", .seconds(99_999_999)),
        ("401m", .milliseconds(401)), ("5u", .microseconds(5)), ("0n", .zero),
    ])
    func `a timeout is read`(text: String, expected: Duration) {
        #expect(GRPCTimeout.parse(text) == expected)
    }

    @Test(arguments: ["", "S", "1", "1s", "-1S", "1.5S", "100000000S", " 1S", "1S ", "١S"])
    func `what is no timeout is refused`(text: String) {
        #expect(GRPCTimeout.parse(text) == nil)
    }
}
