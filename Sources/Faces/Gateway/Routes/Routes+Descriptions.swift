internal import HTTPTypes
internal import Text

extension Routes {
    /// - Parameter others: all other routes; the document describes these routes too.
    static func descriptions(of others: [Route]) -> [Route] {
        let asyncAPI = Route(
            .get, "/asyncapi.json", "the events, for machines (AsyncAPI 3.0)", scope: nil
        ) {
            _ in .json(AsyncAPI.document)
        }
        // Describes itself, without its handler.
        let summary = "the routes, for machines (OpenAPI 3.1)"
        let itself = Route(.get, "/openapi.json", summary, scope: nil) { _ in .empty(.noContent) }
        let document = OpenAPI.document(others + [itself, asyncAPI])
        return [
            Route(.get, "/openapi.json", summary, scope: nil) { _ in .json(document) }, asyncAPI,
        ]
    }
}
