import Addresses
import Testing

@Suite struct AddressRangeTests {
    @Test(arguments: [
        ("10.0.0.0/8", "10.255.255.255", true), ("10.0.0.0/8", "11.0.0.0", false),
        ("10.128.0.0/9", "10.200.0.1", true), ("10.128.0.0/9", "10.127.255.255", false),
        ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.8", false),
        ("0.0.0.0/0", "255.1.2.3", true), ("0.0.0.0/0", "::", false),
        ("fd00::/8", "fd12::1", true), ("2001:db8::/29", "2001:dbf::", true),
        ("2001:db8::/29", "2001:dc0::", false), ("::1", "::1", true), ("::/0", "::1", true),
    ])
    func `a block holds the addresses that begin as it does`(
        block: String, address: String, isInside: Bool
    ) throws {
        let range = try #require(AddressRange(block))
        #expect(range.contains(try #require(IPAddress.bytes(address))) == isInside)
    }

    @Test(arguments: [
        "", "/", "/8", "10.0.0.0/33", "10.0.0.0/-1", "::/129", "10.0.0.0/8/8", "10.0.0/8",
        "localhost", "*", "10.0.0.0\0/8", "[::1]", "10.0.0.0/\u{661}",
    ])
    func `what is no block is refused`(text: String) { #expect(AddressRange(text) == nil) }

    @Test func `a block holds nothing that is no address`() throws {
        let range = try #require(AddressRange("0.0.0.0/0"))
        for count in [0, 3, 5, 16] { #expect(!range.contains(Array(repeating: 0, count: count))) }
    }
}

@Suite struct IPAddressTests {
    @Test(arguments: [
        ("::ffff:192.0.2.1", "192.0.2.1"), ("::ffff:0:192.0.2.1", "192.0.2.1"),
        ("64:ff9b::c000:201", "192.0.2.1"), ("2002:c000:201::1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"), ("192.0.2.1", "192.0.2.1"),
    ])
    func `an IPv4 address inside an IPv6 address is found`(outer: String, inner: String) throws {
        let bytes = try #require(IPAddress.bytes(outer))
        #expect(IPAddress.unwrapped(bytes) == IPAddress.bytes(inner))
    }

    @Test(arguments: ["", "localhost", "[::1]", "1.2.3", "1.2.3.4:80", "::1\0", "fe80::1%lo"])
    func `a name is no address`(text: String) { #expect(IPAddress.bytes(text) == nil) }
}
