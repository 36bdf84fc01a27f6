import HTTPServer
import HTTPTypes
import Testing

/// What a parser made of some bytes.
private struct Parsed: Equatable {
    var requests: [String] = []
    var bodies: [String] = []
    var error: Int?
}

private func parse(_ text: String, pieces: Int? = nil, limits: HTTPLimits = HTTPLimits()) -> Parsed
{
    var parser = RequestParser(limits: limits)
    var parsed = Parsed()
    let bytes = Array(text.utf8)
    let size = pieces ?? max(1, bytes.count)
    do {
        for start in stride(from: 0, to: bytes.count, by: size) {
            parser.append(bytes[start..<min(bytes.count, start + size)])
            while let event = try parser.next() {
                switch event {
                case .head(let head):
                    let query = head.query.map { "?" + $0 } ?? ""
                    parsed.requests.append("\(head.method) \(head.path)\(query)")
                    parsed.bodies.append("")
                case .body(let bytes):
                    parsed.bodies[parsed.bodies.count - 1] += String(decoding: bytes, as: UTF8.self)
                case .end: parsed.requests[parsed.requests.count - 1] += " ."
                }
            }
        }
    } catch {
        parsed.error = error.status
    }
    return parsed
}

private let host = "Host: a\r\n"

@Suite struct RequestParserTests {
    static let good: [(String, [String], [String])] = [
        ("GET / HTTP/1.1\r\n\(host)\r\n", ["GET / ."], [""]),
        ("GET /a?b=c HTTP/1.0\r\n\r\n", ["GET /a?b=c ."], [""]),
        ("\r\nGET / HTTP/1.1\r\n\(host)\r\n", ["GET / ."], [""]),
        ("POST /p HTTP/1.1\r\n\(host)Content-Length: 5\r\n\r\nhello", ["POST /p ."], ["hello"]),
        ("POST /p HTTP/1.1\r\n\(host)Content-Length: 0\r\n\r\n", ["POST /p ."], [""]),
        (
            "POST /p HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;x=\"y\"\r\n!\r\n0\r\nTrailer: t\r\n\r\n",
            ["POST /p ."], ["hello!"]
        ),
        (
            "GET /1 HTTP/1.1\r\n\(host)\r\nPOST /2 HTTP/1.1\r\n\(host)Content-Length: 2\r\n\r\nokGET /3 HTTP/1.1\r\n\(host)\r\n",
            ["GET /1 .", "POST /2 .", "GET /3 ."], ["", "ok", ""]
        ),
        ("GET http://a/x?y HTTP/1.1\r\n\(host)\r\n", ["GET /x?y ."], [""]),
        ("GET http://a HTTP/1.1\r\n\(host)\r\n", ["GET / ."], [""]),
        ("GET HTTP://A?y HTTP/1.1\r\n\(host)\r\n", ["GET /?y ."], [""]),
        ("GET /x?a?b HTTP/1.1\r\n\(host)\r\n", ["GET /x?a?b ."], [""]),
        (
            "POST /p HTTP/1.1\r\n\(host)Transfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n",
            ["POST /p ."], [""]
        ),
        ("OPTIONS * HTTP/1.1\r\n\(host)\r\n", ["OPTIONS * ."], [""]),
        ("GET / HTTP/1.1\r\n\(host)X:\t a\tb \r\nY:\r\n\r\n", ["GET / ."], [""]),
    ]

    @Test(arguments: good)
    func `a request reads the same however its bytes are cut`(
        text: String, requests: [String], bodies: [String]
    ) {
        for pieces in [1, 2, 3, 7, text.utf8.count] {
            let parsed = parse(text, pieces: pieces)
            #expect(parsed == Parsed(requests: requests, bodies: bodies), "in pieces of \(pieces)")
        }
    }

    /// Field notes F9: what two servers could read in two ways.
    static let bad: [(String, Int)] = [
        ("POST / HTTP/1.1\r\n\(host)Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\n\(host)Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\n\(host)Content-Length: 5, 5\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\n\(host)Content-Length: +5\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\n\(host)Content-Length: -1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\n\(host)Content-Length: 0x5\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\n\(host)Content-Length: 5 5\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\n\(host)Content-Length:\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\n\(host)Content-Length: 99999999999999999999\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\n\(host)Content-Length: ٥\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\n\(host)Transfer-Encoding: gzip\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\n\(host)Transfer-Encoding: gzip, chunked\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\n\(host)Transfer-Encoding: chunked, chunked\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\n\(host)Transfer-Encoding: xchunked\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\n\(host)Transfer-Encoding: identity\r\n\r\n", 400),
        (
            "POST / HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            400
        ),
        ("POST / HTTP/1.1\r\n\(host)Transfer-Encoding : chunked\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\n\(host)Transfer-Encoding: \u{B}chunked\r\n\r\n", 400),
        // Kelvin sign and long s: capitals of k and s to Unicode, and to a proxy nothing at all.
        ("POST / HTTP/1.1\r\n\(host)Transfer-Encoding: chun\u{212A}ed\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\u{301}\r\n\r\n", 400),
        ("GET http://\u{212A}/ HTTP/1.1\r\nHost: k\r\n\r\n", 400),
        ("GET http://a/ HTTP/1.1\r\nHost: a\u{301}\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n\(host)Expect: 100-continue\u{301}\r\n\r\n", 417),
        (
            "GET / HTTP/1.1\r\n\(host)Expect: 100-continue\r\nExpect: 100-continue;x\r\n\r\n", 417
        ),
        ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n\(host)X: a\r\n b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n X: a\r\n\(host)\r\n", 400),
        ("GET / HTTP/1.1\r\n\(host)X: a\nY: b\r\n\r\n", 400),
        ("GET / HTTP/1.1\n\(host)\r\n", 400),
        ("GET / HTTP/1.1\r\n\(host)X: a\rY: b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n\(host)X: a\0b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n\(host)X: a\u{7F}\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n\(host)X : a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n\(host): a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n\(host)no colon\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n\(host)X(y): a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n\(host)\(host)\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
        ("GET http://b/ HTTP/1.1\r\n\(host)\r\n", 400),
        ("GET  / HTTP/1.1\r\n\(host)\r\n", 400),
        ("GET / HTTP/1.1 \r\n\(host)\r\n", 400),
        ("GET /\r\n\(host)\r\n", 400),
        ("GET /a b HTTP/1.1\r\n\(host)\r\n", 400),
        ("GET /\u{E9} HTTP/1.1\r\n\(host)\r\n", 400),
        ("GET /#x HTTP/1.1\r\n\(host)\r\n", 400),
        ("GET x HTTP/1.1\r\n\(host)\r\n", 400),
        ("CONNECT a:80 HTTP/1.1\r\n\(host)\r\n", 400),
        ("G@T / HTTP/1.1\r\n\(host)\r\n", 400),
        ("GET / HTTP/2.0\r\n\(host)\r\n", 505),
        ("GET / http/1.1\r\n\(host)\r\n", 400),
        ("GET / HTTP/1.1\r\n\(host)Expect: the unexpected\r\n\r\n", 417),
        ("\r\n\r\nGET / HTTP/1.1\r\n\(host)\r\n", 400),
        (chunked("+5\r\nhello\r\n0\r\n\r\n"), 400),
        (chunked("0x5\r\nhello\r\n0\r\n\r\n"), 400),
        (chunked(" 5\r\nhello\r\n0\r\n\r\n"), 400),
        (chunked("5 \r\nhello\r\n0\r\n\r\n"), 400),
        (chunked("5 ;x\r\nhello\r\n0\r\n\r\n"), 400),
        (chunked("\r\nhello\r\n0\r\n\r\n"), 400),
        (chunked("5\nhello\r\n0\r\n\r\n"), 400),
        (chunked("5\r\nhelloX\r\n0\r\n\r\n"), 400),
        (chunked("5\r\nhello0\r\n\r\n"), 400),
        (chunked("fffffffffffffffff\r\n"), 413),
        (chunked("5;\(String(repeating: "x", count: 300))\r\n"), 400),
        (chunked("0\r\nTrailer : t\r\n\r\n"), 400),
        ("GET /\(String(repeating: "x", count: 9000)) HTTP/1.1\r\n", 414),
        ("GET /\(String(repeating: "x", count: 9000))", 414),
        ("GET / HTTP/1.1\r\n\(host)X: \(String(repeating: "x", count: 17_000))", 431),
        ("GET / HTTP/1.1\r\n\(host)\(String(repeating: "X: a\r\n", count: 101))\r\n", 431),
        (chunked("0\r\n\(String(repeating: "X: a\r\n", count: 101))\r\n"), 431),
    ]

    private static func chunked(_ body: String) -> String {
        "POST / HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\n\(body)"
    }

    @Test(arguments: bad)
    func `what could be read in two ways is refused`(text: String, status: Int) {
        #expect(parse(text).error == status)
        #expect(parse(text, pieces: 1).error == status, "byte by byte")
    }

    @Test func `bytes at random never do more than fail`() {
        var random = SystemRandomNumberGenerator()
        let alphabet = Array(
            "GET POST / HTTP/1.1\r\n\r\n:;Host Content-Length Transfer-Encoding chunked 0123456789abcdef\0\u{7F}"
                .utf8)
        for _ in 0..<2000 {
            var parser = RequestParser(limits: HTTPLimits())
            let bytes = (0..<200).compactMap { _ in alphabet.randomElement(using: &random) }
            parser.append(Array("POST / HTTP/1.1\r\n\(host)".utf8) + bytes)
            while let event = try? parser.next() {
                if case .body(let part) = event { #expect(part.count <= 200) }
            }
        }
    }

    @Test func `what has been read does not stay`() throws {
        var parser = RequestParser(limits: HTTPLimits())
        let request = Array(
            "GET / HTTP/1.1\r\n\(host)X: \(String(repeating: "x", count: 1000))\r\n\r\n".utf8)
        parser.append(request.prefix(1))
        for _ in 0..<2000 {
            // One byte of the next request always follows the one before.
            parser.append(request.dropFirst() + request.prefix(1))
            while try parser.next() != nil {}
        }
        #expect(parser.bufferCapacity < 1 << 20)
    }

    @Test func `the number of header fields is limited as it is set`() {
        var limits = HTTPLimits()
        limits.headerCount = 8
        let fields = String(repeating: "X: a\r\n", count: 7)
        #expect(parse("GET / HTTP/1.1\r\n\(host)\(fields)\r\n", limits: limits).error == nil)
        #expect(
            parse("GET / HTTP/1.1\r\n\(host)X: b\r\n\(fields)\r\n", limits: limits).error == 431)
    }

    @Test(arguments: [
        ("close", false), ("keep-alive, CLOSE", false), ("x,\tclose ,y", false), ("", true),
        ("closed", true), ("close\u{301}", true), ("clo\u{17F}e", true), ("x close", true),
    ])
    func `an option of the connection is a whole item, in ASCII`(value: String, keeps: Bool) throws
    {
        var parser = RequestParser(limits: HTTPLimits())
        parser.append(Array("GET / HTTP/1.1\r\n\(host)Connection: \(value)\r\n\r\n".utf8))
        guard case .head(let head) = try parser.next() else {
            Issue.record("no head")
            return
        }
        #expect(head.wantsKeepAlive == keeps)
    }

    /// Two runs of combining marks, the second of a lower class: normalising them moves each
    /// mark of the second over all of the first.
    @Test(arguments: ["Connection", "Expect", "Transfer-Encoding", "Host", "Accept", "X"])
    func `a field of combining marks costs no more than another`(name: String) {
        var limits = HTTPLimits()
        limits.headerBytes = 2 << 20
        let marks =
            String(repeating: "\u{301}", count: 200_000)
            + String(repeating: "\u{327}", count: 200_000)
        let fields = name == "Host" ? "" : host
        let began = ContinuousClock.now
        _ = parse("GET / HTTP/1.1\r\n\(fields)\(name): \(marks)\r\n\r\n", limits: limits)
        // Normalised it would be 40 thousand million moves.
        #expect(ContinuousClock.now - began < .seconds(5))
    }

    @Test func `a header of more fields than the list of fields can hold is refused`() {
        var limits = HTTPLimits()
        limits.headerCount = .max
        limits.headerBytes = 1 << 20
        let fields = String(repeating: "X:\r\n", count: 70_000)
        #expect(parse("GET / HTTP/1.1\r\n\(host)\(fields)\r\n", limits: limits).error == 431)
    }
}
