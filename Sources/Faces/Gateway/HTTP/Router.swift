internal import HTTPTypes
internal import Text

/// Finds the route of a request.
struct Router: Sendable {
    private typealias Candidate = (route: Route, values: [ExactString: String])

    let routes: [Route]
    /// The candidates by path, for patterns without values: nearly all requests are for these.
    private let literals: [ExactString: [Candidate]]

    init(routes: [Route]) {
        self.routes = routes
        let paths = Set(routes.filter(\.isLiteral).map { ExactString($0.pattern) })
        literals = Dictionary(
            uniqueKeysWithValues: paths.map { ($0, Self.candidates($0.string, routes)) })
    }

    /// A route with the values of its path.
    struct Match {
        let route: Route
        let parameters: [ExactString: String]
    }

    /// Finds the route of a method and a path.
    /// - Returns: nil when no route has this path.
    /// - Throws: 405 when one has the path but not the method, 400 when the path is badly encoded.
    func match(_ method: HTTPRequest.Method, _ path: String) throws(Problem) -> Match? {
        let candidates = literals[ExactString(path)] ?? Self.candidates(path, routes)
        guard !candidates.isEmpty else { return nil }
        let exact = candidates.first { $0.route.method == method }
        // A GET route serves HEAD too, unless there is one of its own; the body is left out.
        guard
            let (route, raw) = exact
                ?? candidates.first(where: { method == .head && $0.route.method == .get })
        else {
            throw .wrongMethod(
                method.rawValue, path, allowed: allowed(candidates.map(\.route)))
        }
        var parameters: [ExactString: String] = [:]
        for (name, value) in raw { parameters[name] = try percentDecoded(value) }
        return Match(route: route, parameters: parameters)
    }

    private static func candidates(_ path: String, _ routes: [Route]) -> [Candidate] {
        let parts = Self.parts(path)
        return routes.compactMap { route in route.match(parts).map { (route, $0) } }
    }

    /// Returns the methods of a path, for `OPTIONS`; empty when no route has the path.
    func methods(_ path: String) -> [String] {
        let parts = Self.parts(path)
        let found = routes.filter { $0.match(parts) != nil }
        return found.isEmpty ? [] : allowed(found)
    }

    private static func parts(_ path: String) -> [ExactString] {
        path.fields(on: UInt8(ascii: "/")).map(ExactString.init)
    }

    private func allowed(_ routes: [Route]) -> [String] {
        let methods = Set(routes.map { ExactString($0.method.rawValue) })
        let implied = methods.contains("GET") ? methods.union(["HEAD"]) : methods
        return implied.union(["OPTIONS"]).sorted().map(\.string)
    }
}
