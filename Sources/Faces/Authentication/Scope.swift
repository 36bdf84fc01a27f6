internal import Text

/// What a subject may do. Each route and each gRPC method needs one of these, or none.
public enum Scope: UInt8, Sendable, CaseIterable {
    /// Open event streams and read the event log.
    case readEvents
    /// Read, list and verify records, and read syncs.
    case readRecords
    /// Push, publish, sign, delete and sync records.
    case writeRecords
    /// Register and manage webhooks.
    case webhooks
    /// See subscribers and metrics.
    case admin

    /// The name in tokens, settings and problems.
    public var name: String {
        switch self {
        case .readEvents: "events:read"
        case .readRecords: "records:read"
        case .writeRecords: "records:write"
        case .webhooks: "webhooks"
        case .admin: "admin"
        }
    }

    /// Reads a name, in this case only.
    public init?(name: String) {
        guard let found = Self.allCases.first(where: { $0.name.hasBytes(of: name) }) else {
            return nil
        }
        self = found
    }
}

/// A name that is no scope.
public struct UnknownScope: Error, Sendable, CustomStringConvertible {
    /// The name.
    public let name: String

    /// The error, with the scopes that there are.
    public var description: String {
        let known = Scope.allCases.map(\.name)
        let hint = nearest(to: name, in: known).map { ", did you mean '\($0)'?" } ?? ":"
        return
            "unknown scope '\(name.clipped(to: 64))'\(hint) the scopes are \(known.joined(separator: ", "))"
    }
}

/// A set of scopes.
public struct ScopeSet: OptionSet, Sendable, Hashable {
    /// One bit for each scope.
    public let rawValue: UInt8

    /// Makes a set from its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Makes the set of these scopes.
    public init(_ scopes: some Sequence<Scope>) {
        rawValue = scopes.reduce(0) { $0 | 1 << $1.rawValue }
    }

    /// Every scope.
    public static let all = ScopeSet(Scope.allCases)

    /// Reads the names of scopes.
    /// - Throws: `UnknownScope` for the first name that is none.
    public init(names: [String]) throws(UnknownScope) {
        var scopes: [Scope] = []
        for name in names {
            guard let scope = Scope(name: name) else { throw UnknownScope(name: name) }
            scopes.append(scope)
        }
        self.init(scopes)
    }

    /// Reads the scopes among names that another program has made; other names are ignored.
    public init(knownIn names: [String]) { self.init(names.compactMap(Scope.init(name:))) }

    /// Returns whether `scope` is in the set.
    public func contains(_ scope: Scope) -> Bool { rawValue & 1 << scope.rawValue != 0 }

    /// The scopes, in the order of their declaration.
    public var scopes: [Scope] { Scope.allCases.filter(contains) }

    /// The names of the scopes.
    public var names: [String] { scopes.map(\.name) }
}
