import TestSupport
import Testing

@testable import Gateway

@Suite struct ListenAddressTests {
    @Test func `a gateway serves all of its addresses, and an event goes from one to the other`()
        async throws
    {
        let settings = ["listen_address": "127.0.0.1:0, 127.0.0.2:0,127.0.0.3:0"]
        try await TestGateway.run(settings) { gateway in
            let addresses = gateway.server.addresses
            #expect(addresses.map { $0.prefix(9) } == ["127.0.0.1", "127.0.0.2", "127.0.0.3"])
            let stream = try SocketClient(addresses[1])
            try await stream.send(
                "GET /events HTTP/1.1\r\nHost: test\r\nAccept: text/event-stream\r\n\r\n")
            _ = try await stream.read(through: ": connected\n\n")
            let push = try await SocketClient(addresses[2]).request(
                "POST", "/push", fields: ["Content-Type": "application/json"],
                body: record("from the third address"))
            #expect(push.status == 201)
            _ = try await stream.read(through: "event: RECORD_PUSHED\n")
        }
    }

    @Test func `one address that is none refuses the start`() async throws {
        for text in ["127.0.0.1:0,nowhere", ",", "127.0.0.1:0 127.0.0.2:0"] {
            #expect(throws: SettingsError.self) {
                try Settings(
                    SettingsReader(file: nil, flags: ["listen_address": text], environment: [:]))
            }
        }
    }
}
