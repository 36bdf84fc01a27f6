import Addresses
import Testing

@Suite struct SocketAddressTests {
    @Test(arguments: [
        ("127.0.0.1:8080", "127.0.0.1:8080", true), ("localhost:0", "127.0.0.1:0", true),
        ("[::1]:443", "[::1]:443", true), ("0.0.0.0:1", "0.0.0.0:1", false),
        (":80", "0.0.0.0:80", false), ("[2001:db8::1]:80", "[2001:db8::1]:80", false),
        ("127.8.9.10:1", "127.8.9.10:1", true),
    ])
    func `an address is read and written`(text: String, written: String, isLoopback: Bool) throws {
        let address = try #require(SocketAddress(text))
        #expect(address.description == written)
        #expect(address.isLoopback == isLoopback)
    }

    @Test(arguments: [
        "", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000", "example.org:80", "1.2.3:4",
        "127.0.0.1\0:80", "[::1:80", "127.0.0.1:\u{661}", "localhost\u{301}:80", "\u{37E}:80",
    ])
    func `what is no numeric address is refused`(text: String) {
        #expect(SocketAddress(text) == nil)
    }

    @Test(arguments: [
        ("[2001:db8:1:2::1]:80", "[2001:db8:1:2:ffff::9]:443", true),
        ("[2001:db8:1:2::1]:80", "[2001:db8:1:3::1]:80", false),
        ("192.0.2.1:80", "192.0.2.1:81", true), ("192.0.2.1:80", "192.0.2.2:80", false),
        ("192.0.2.1:80", "[::ffff:192.0.2.1]:80", true), ("[::1]:80", "0.0.0.1:80", false),
        ("[::1]:80", "[::2]:80", true),
    ])
    func `an IPv6 network of 64 bits counts as one address`(
        left: String, right: String, isOne: Bool
    ) throws {
        let keys = [try #require(SocketAddress(left)).key, try #require(SocketAddress(right)).key]
        #expect((keys[0] == keys[1]) == isOne)
    }
}
