internal import HTTPTypes

/// Finds the route of a request.
struct Router: Sendable {
    let routes: [Route]

    /// A route with the values of its path.
    struct Match {
        let route: Route
        let parameters: [String: String]
    }

    /// - Returns: nil when no route has this path.
    /// - Throws: 405 when one has the path but not the method, 400 when the path is badly encoded.
    func match(_ method: HTTPRequest.Method, _ path: String) throws(Problem) -> Match? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let candidates = routes.compactMap { route in route.match(parts).map { (route, $0) } }
        guard !candidates.isEmpty else { return nil }
        let exact = candidates.first { $0.0.method == method }
        // A GET route serves HEAD too, unless there is one of its own; the body is left out.
        guard
            let (route, raw) = exact
                ?? candidates.first(where: { method == .head && $0.0.method == .get })
        else {
            throw .wrongMethod(
                method.rawValue, path, allowed: allowed(candidates.map(\.0)))
        }
        var parameters: [String: String] = [:]
        for (name, value) in raw { parameters[name] = try percentDecoded(value) }
        return Match(route: route, parameters: parameters)
    }

    /// The methods that a path takes, for `OPTIONS`; empty when there is no such path.
    func methods(_ path: String) -> [String] {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let found = routes.filter { $0.match(parts) != nil }
        return found.isEmpty ? [] : allowed(found)
    }

    private func allowed(_ routes: [Route]) -> [String] {
        let methods = Set(routes.map(\.method.rawValue))
        let implied = methods.contains("GET") ? methods.union(["HEAD"]) : methods
        return implied.union(["OPTIONS"]).sorted()
    }
}
