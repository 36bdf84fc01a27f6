/// A parser of text from outside, with what must hold for every input.
///
/// No input may trap; beyond that each target compares two ways to the same result: bytes in one
/// piece and in many, a fast search and a plain one, a value and what is read back from its text.
struct FuzzTarget: Sendable {
    /// The name of its folder in `Fuzz/Corpus`.
    let name: String
    /// Whether strangers write such input; if not, it may cost the square of its length.
    var isFromStrangers = true
    /// Reads the input.
    /// - Throws: `Finding` when something does not hold.
    let check: @Sendable ([UInt8]) throws -> Void

    static let all: [FuzzTarget] = [
        FuzzTarget(name: "request", check: checkRequest),
        FuzzTarget(name: "json", check: checkJSON),
        FuzzTarget(name: "record", check: checkRecord),
        FuzzTarget(name: "event-stream", check: checkEventStream),
        FuzzTarget(name: "event", check: checkEvent),
        FuzzTarget(name: "query", check: checkQuery),
        FuzzTarget(name: "media-type", check: checkMediaType),
        FuzzTarget(name: "filters", check: checkFilters),
        FuzzTarget(name: "identifier", check: checkIdentifier),
        FuzzTarget(name: "time", check: checkTime),
        FuzzTarget(name: "search", check: checkSearch),
        FuzzTarget(name: "public-key", check: checkPublicKey),
        FuzzTarget(name: "remote-address", check: checkRemoteAddress),
        FuzzTarget(name: "remote-response", check: checkRemoteResponse),
        FuzzTarget(name: "lines", check: checkLines),
        FuzzTarget(name: "settings", isFromStrangers: false, check: checkSettings),
        FuzzTarget(name: "client", check: checkClient),
        FuzzTarget(name: "access", check: checkAccess),
    ]

    static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}

/// What does not hold for an input.
struct Finding: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Throws a finding unless the condition holds.
func require(_ condition: @autoclosure () throws -> Bool, _ message: @autoclosure () -> String)
    throws
{
    guard try condition() else { throw Finding(message()) }
}
