import TestSupport
import Testing

@testable import Authentication

@Suite struct OriginRuleTests {
    private let rule = OriginRule(allowed: ["https://console.example.org", "*"])

    @Test(arguments: [
        ("GET", nil, false, true), ("HEAD", "https://evil.example", false, true),
        ("POST", nil, false, false), ("DELETE", "null", false, false), ("POST", "", false, false),
        ("POST", "http://dir.example.org", false, true),
        ("POST", "HTTP://dir.example.org", false, false),
        ("POST", "http://dir.example.org:80", false, true),
        ("POST", "http://DIR.example.org", false, true),
        // A proxy before the gateway has ended TLS.
        ("POST", "https://dir.example.org", false, true),
        ("POST", "https://dir.example.org", true, true),
        ("POST", "http://dir.example.org", true, false),
        ("POST", "https://dir.example.org:8443", true, false),
        ("PUT", "https://evil.example", true, false),
        ("POST", "https://dir.example.org.evil.example", true, false),
        ("POST", "https://evil.example/dir.example.org", true, false),
        ("POST", "ftp://dir.example.org", false, false),
        ("get", "https://evil.example", false, false),
        ("POST", "https://console.example.org", true, true),
        ("POST", "http://console.example.org", true, false),
    ])
    func `a change that rests on a cookie needs an allowed origin`(
        method: String, origin: String?, isSecure: Bool, isAllowed: Bool
    ) {
        #expect(
            rule.allows(
                .cookie, method: method, origin: origin, host: "dir.example.org", isSecure: isSecure
            )
                == isAllowed)
    }

    @Test func `a certificate is sent by browsers too, a token is not`() {
        func allows(_ proof: Subject.Proof, _ origin: String?) -> Bool {
            rule.allows(
                proof, method: "POST", origin: origin, host: "dir.example.org", isSecure: true)
        }
        #expect(!allows(.certificate, "https://evil.example"))
        #expect(allows(.certificate, nil))
        #expect(allows(.certificate, "https://dir.example.org"))
        #expect(allows(.header, "https://evil.example"))
        #expect(allows(.none, "https://evil.example"))
    }

    @Test func `ports that differ are two origins`() {
        func allows(_ origin: String, _ host: String?) -> Bool {
            rule.allows(.cookie, method: "POST", origin: origin, host: host, isSecure: false)
        }
        #expect(allows("http://localhost:8080", "localhost:8080"))
        #expect(!allows("http://localhost:3000", "localhost:8080"))
        #expect(allows("http://[::1]:8080", "[::1]:8080"))
        #expect(!allows("http://localhost:8080", nil))
    }
}

@Suite struct HostRuleTests {
    private let rule = HostRule(allowed: ["dir.local", "box.lan:8080"])

    @Test(arguments: [
        "localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:80", "127.255.3.7:1", "[::1]",
        "[::1]:8080",
        "dir.local", "Dir.Local:9000", "box.lan:8080",
    ])
    func `names of this machine are taken`(host: String) {
        #expect(throws: Never.self) { try rule.check(host) }
    }

    @Test(arguments: [
        nil, "", "evil.example", "evil.example:8080", "localhost.evil.example",
        "127.0.0.1.evil.example",
        "127.0.0.256", "127.0.0", "127.0.0.0001", "128.0.0.1", "0127.0.0.1", "0.0.0.0",
        "127.0.0.1:x",
        "localhost:", "[::2]", "::1", "box.lan", "box.lan:81", "localhost:123456",
        "127.0.0.1@evil.example",
        "notlocalhost", "2130706433", "127.0.0.１",
    ])
    func `any other host is misdirected`(host: String?) {
        if host == "localhost:" {
            // An empty port is allowed by RFC 3986 §3.2.3.
            #expect(throws: Never.self) { try rule.check(host) }
            return
        }
        #expect(throws: AccessError.misdirected) { try rule.check(host) }
    }

    @Test func `an entry is a name with or without a port`() {
        for text in ["dir.local", "dir.local:80", "[fd00::1]:80", "10.0.0.1"] {
            #expect(HostRule.isValid(text), "\(text)")
        }
        for text in ["", ":80", "http://dir.local", "dir.local/", "a b", "dir.local:"] {
            #expect(!HostRule.isValid(text), "\(text)")
        }
    }
}

@Suite struct TrustedProxiesTests {
    /// 10.x is trusted; addresses are four decimal parts, or `2001:db8::N`.
    private let proxies = TrustedProxies(
        isTrusted: { $0.count == 4 && $0[0] == 10 },
        parse: { text in
            if text.hasPrefix("2001:db8::") {
                return [0x20, 0x01, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11)
                    + [UInt8(text.dropFirst(10)) ?? 0]
            }
            let parts = text.split(separator: ".", omittingEmptySubsequences: false).map {
                UInt8($0)
            }
            return parts.count == 4 && !parts.contains(nil) ? parts.compactMap { $0 } : nil
        })
    private let proxy: [UInt8] = [10, 0, 0, 1]
    private let client: [UInt8] = [192, 0, 2, 7]
    private let v6: [UInt8] = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]

    @Test func `a peer that is no proxy cannot say who it is`() {
        #expect(
            proxies.client(
                peer: [203, 0, 113, 9], forwardedFor: ["192.0.2.7"], forwarded: ["for=192.0.2.7"])
                == [203, 0, 113, 9])
        #expect(proxies.client(peer: proxy, forwardedFor: [], forwarded: []) == proxy)
    }

    @Test(arguments: [
        ["192.0.2.7"], ["192.0.2.7:4711"], ["1.2.3.4, 192.0.2.7"],
        ["1.2.3.4", "192.0.2.7,10.0.0.2"],
        ["what a client wrote, 192.0.2.7 , 10.9.9.9"], ["\"1.2.3.4\", 192.0.2.7"],
    ])
    func `the right-most address that is no proxy is the client`(fields: [String]) {
        #expect(proxies.client(peer: proxy, forwardedFor: fields, forwarded: []) == client)
    }

    @Test(arguments: [
        [""], ["unknown"], ["1.2.3.4, unknown"], ["1.2.3.4, 10.0.0.256"], ["192.0.2.7:x"],
        ["192.0.2.7:"],
        ["[192.0.2.7]"], ["[2001:db8::7"], ["1.2.3.4,\u{0}"], ["192.0.2.7:123456"],
        [String(repeating: "1", count: 100)],
    ])
    func `what is malformed where it matters is ignored`(fields: [String]) {
        #expect(proxies.client(peer: proxy, forwardedFor: fields, forwarded: []) == proxy)
    }

    @Test func `addresses of IPv6 are taken with and without brackets`() {
        for field in ["2001:db8::7", "[2001:db8::7]", "[2001:db8::7]:443"] {
            #expect(proxies.client(peer: proxy, forwardedFor: [field], forwarded: []) == v6)
        }
        #expect(
            proxies.client(
                peer: proxy, forwardedFor: [], forwarded: [#"for="[2001:db8::7]:443""#]) == v6)
    }

    @Test(arguments: [
        "for=192.0.2.7", "For=\"192.0.2.7:80\"; proto=https;by=10.0.0.1",
        "for=1.2.3.4, FOR=192.0.2.7",
        "for=\"a,b;c=d\", for=192.0.2.7;host=\"x,y\", for=10.0.0.9", "proto=http;for=192.0.2.7,",
    ])
    func `the field of RFC 7239 is read too`(field: String) {
        #expect(proxies.client(peer: proxy, forwardedFor: [], forwarded: [field]) == client)
    }

    @Test(arguments: [
        "for=unknown", "for=_hidden", "192.0.2.7", "for=192.0.2.7;for=192.0.2.8", "proto=http",
        "for=\"192.0.2.7", "for=\"192.\\0.2.7\"", "for=1.2.3.4, proto=https", "for=", "for=\"\"",
        "for=192.0.2.7, \"",
    ])
    func `a field that is malformed is ignored`(field: String) {
        #expect(proxies.client(peer: proxy, forwardedFor: [], forwarded: [field]) == proxy)
    }

    @Test func `two fields that contradict each other are both ignored`() {
        #expect(
            proxies.client(
                peer: proxy, forwardedFor: ["192.0.2.7"], forwarded: ["for=1.2.3.4"]) == proxy)
        #expect(
            proxies.client(
                peer: proxy, forwardedFor: ["192.0.2.7"], forwarded: ["for=192.0.2.7"]) == client)
    }

    @Test func `behind proxies only, the first of them is the client`() {
        #expect(
            proxies.client(peer: proxy, forwardedFor: ["10.0.0.7, 10.0.0.8"], forwarded: [])
                == [10, 0, 0, 7])
    }
}

@Suite struct RateLimiterTests {
    @Test func `a burst is allowed at once, then the rate`() {
        let limiter = RateLimiter(perSecond: 10, burst: 5)
        var now = Duration.seconds(100)
        for _ in 0..<5 { #expect(limiter.take("a", now: now) == nil) }
        #expect(limiter.take("a", now: now) == 1)
        #expect(limiter.take("b", now: now) == nil, "each key has its own")
        now += .milliseconds(100)
        #expect(limiter.take("a", now: now) == nil)
        #expect(limiter.take("a", now: now) == 1)
        now += .seconds(60)
        for _ in 0..<5 { #expect(limiter.take("a", now: now) == nil) }
        #expect(limiter.take("a", now: now) != nil)
    }

    @Test func `over any time no more passes than the rate and one burst`() {
        let seed = testSeed()
        var random = Seeded(seed: seed)
        for _ in 0..<50 {
            let rate = Int.random(in: 1...20, using: &random)
            let burst = Int.random(in: 1...30, using: &random)
            let limiter = RateLimiter(perSecond: rate, burst: burst)
            var (now, passed) = (Duration.zero, 0)
            let steps = 400
            for _ in 0..<steps {
                if limiter.take("a", now: now) == nil { passed += 1 }
                now += .milliseconds(Int.random(in: 0...200, using: &random))
            }
            let most = Double(burst) + Double(rate) * (now / .seconds(1)) + 1
            #expect(Double(passed) <= most, "seed \(seed)")
            let least = min(Double(steps), Double(rate) * (now / .seconds(1))) * 0.3
            #expect(Double(passed) >= least, "seed \(seed)")
        }
    }

    @Test func `the time to wait is enough`() {
        let limiter = RateLimiter(perSecond: 1, burst: 3)
        var now = Duration.seconds(5)
        for _ in 0..<3 { _ = limiter.take("a", now: now) }
        let wait = limiter.take("a", now: now)
        #expect(wait == 1)
        now += .seconds(wait ?? 0)
        #expect(limiter.take("a", now: now) == nil)
    }

    @Test func `many keys cost a bounded table, and the rest share a bucket`() {
        let limiter = RateLimiter(perSecond: 1, burst: 1, capacity: 10)
        let passed = (0..<1000).count { limiter.take("\($0)", now: .zero) == nil }
        #expect(passed == 11)
        // A key that has its place keeps it.
        #expect(limiter.take("0", now: .milliseconds(500)) != nil)
        // The places are free again when the buckets are full.
        #expect((2000..<2010).allSatisfy { limiter.take("\($0)", now: .seconds(4)) == nil })
    }

    @Test func `a bucket is not forgotten before it is full`() {
        let limiter = RateLimiter(perSecond: 1, burst: 10)
        var now = Duration.seconds(9)
        for _ in 0..<10 { #expect(limiter.take("a", now: now) == nil) }
        // Across the end of a period.
        for _ in 0..<30 {
            now += .milliseconds(500)
            _ = limiter.take("b", now: now)
        }
        // 15 seconds later 10 are there, no more.
        let passed = (0..<20).count { _ in limiter.take("a", now: now) == nil }
        #expect(passed == 10)
    }

    @Test func `zero turns it off`() {
        let limiter = RateLimiter(perSecond: 0, burst: 0)
        #expect(!limiter.isOn)
        for _ in 0..<1000 { #expect(limiter.take("a", now: .zero) == nil) }
    }
}
