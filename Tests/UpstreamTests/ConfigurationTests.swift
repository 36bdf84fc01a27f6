import Testing
import Upstream

@Suite struct UpstreamConfigurationTests {
    @Test(
        arguments: [
            ("dir.example.org:8888", "dir.example.org", 8888), ("127.0.0.1:1", "127.0.0.1", 1),
            ("[::1]:65535", "::1", 65535),
        ])
    func `a host and a port are read`(text: String, host: String, port: UInt16) throws {
        let found = try #require(UpstreamConfiguration.parse(text))
        #expect(found.host == host && found.port == port)
        #expect(UpstreamConfiguration(host: found.host, port: found.port).address == text)
    }

    @Test(
        arguments: [
            "", "host", "host:", ":1", "host:0", "host:65536", "host:x", "::1:8888",
            "http://host:80", "a b:1", "[]:1", "h\u{e9}:1",
        ])
    func `everything else is refused`(text: String) {
        #expect(UpstreamConfiguration.parse(text) == nil)
    }
}
