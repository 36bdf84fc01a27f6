import Addresses
import Testing

@testable import Outbound

private func allows(
    _ patterns: [String], _ address: String, host: String = "x", loopback: Bool = true
) throws -> Bool {
    let socket = try #require(
        SocketAddress(address.contains(":") ? "[\(address)]:80" : "\(address):80"))
    return AddressPolicy(patterns.compactMap(RemotePattern.init), allowsLoopback: loopback)
        .allows(host: host, socket)
}

@Suite struct AddressPolicyTests {
    @Test(
        "link-local, metadata and what is no host are refused whatever the settings allow",
        arguments: [
            "169.254.169.254", "169.254.1.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::",
            "fe80::1", "ff02::1", "fd00:ec2::254", "100.100.100.200", "168.63.129.16",
            "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "fd20:ce::254",
            "::ffff:0:169.254.169.254", "64:ff9b:1::a9fe:a9fe", "2002:a9fe:a9fe::1",
        ])
    func never(_ address: String) throws {
        let everything = ["*", "public", "loopback", "0.0.0.0/0", "::/0", address]
        #expect(try !allows(everything, address))
    }

    @Test(
        "without patterns only public addresses are allowed",
        arguments: [
            ("93.184.216.34", true), ("2606:2800:220:1::1", true), ("10.1.2.3", false),
            ("172.16.0.1", false), ("172.31.255.255", false), ("172.32.0.1", true),
            ("192.168.1.1", false), ("100.64.0.1", false), ("fd12::1", false),
            ("2002:a00:1::", false), ("4000::1", false), ("2002:5db8:d822::", true),
            ("::ffff:10.0.0.1", false), ("::ffff:93.184.216.34", true),
            ("::127.0.0.1", false), ("198.18.0.1", false),
        ])
    func publicOnly(_ address: String, _ isAllowed: Bool) throws {
        #expect(try allows([], address) == isAllowed)
    }

    @Test("the own machine is allowed only while the gateway is only for it")
    func loopback() throws {
        for address in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            #expect(try allows([], address))
            #expect(try !allows([], address, loopback: false))
            #expect(try allows(["loopback"], address, loopback: false))
            #expect(try !allows(["public"], address))
        }
    }

    @Test("patterns replace the default")
    func patterns() throws {
        #expect(try allows(["10.1.0.0/16"], "10.1.255.1"))
        #expect(try !allows(["10.1.0.0/16"], "10.2.0.1"))
        #expect(try !allows(["10.1.0.0/16"], "93.184.216.34"))
        #expect(try allows(["192.168.1.7"], "192.168.1.7"))
        #expect(try !allows(["192.168.1.7"], "192.168.1.8"))
        #expect(try allows(["10.128.0.0/9"], "10.200.0.1"))
        #expect(try !allows(["10.128.0.0/9"], "10.127.0.1"))
        #expect(try allows(["fd00::/8"], "fd12::1"))
        #expect(try allows(["dir.example.org"], "10.0.0.1", host: "dir.example.org"))
        #expect(try !allows(["dir.example.org"], "10.0.0.1", host: "xdir.example.org"))
        #expect(try allows(["*.example.org"], "10.0.0.1", host: "a.b.example.org"))
        #expect(try !allows(["*.example.org"], "10.0.0.1", host: "example.org"))
        #expect(try !allows(["*.example.org"], "10.0.0.1", host: "badexample.org"))
    }

    @Test(
        "what is no pattern is refused", arguments: ["", "a b", "10.0.0.0/33", "http://x", "a/8"])
    func badPatterns(_ text: String) {
        #expect(RemotePattern(text) == nil)
    }
}

@Suite struct RemoteURLTests {
    @Test(
        "addresses are brought to their normal form",
        arguments: [
            ("HTTPS://Dir.Example.ORG/", "https://dir.example.org"),
            ("https://dir.example.org:443", "https://dir.example.org"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]:8080/base/", "http://[::1]:8080/base"),
            ("http://host:80/a%20b", "http://host/a%20b"),
            ("http://B\u{FC}cher.example", "http://xn--bcher-kva.example"),
        ])
    func normalForm(_ text: String, _ normal: String) throws {
        #expect(try RemoteURL(text).description == normal)
    }

    @Test(
        "what cannot be an address is refused",
        arguments: [
            "", "dir.example.org", "host:8080", "ftp://host", "http://", "http://u:p@host",
            "http://host/?a=b", "http://host/#a", "file:///etc/passwd", "http://host:0",
            "http://host:65536", "http://[fe80::1%25eth0]/",
            "http://a b", "http://[]", "http://[]:8000", "http://[v1.a]", "http://[127.0.0.1]",
            "http://host/" + String(repeating: "\u{E9}", count: 500),
        ])
    func refused(_ text: String) {
        #expect(throws: (any Error).self) { try RemoteURL(text) }
    }
}
