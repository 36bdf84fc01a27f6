internal import HTTPServer
internal import HTTPTypes
internal import Text

extension Routes {
    /// - Parameters:
    ///   - others: all other routes; the document describes these routes too.
    ///   - isOpen: whether requests without a proof are allowed.
    ///   - isSecure: whether connections are over TLS.
    static func descriptions(of others: [Route], isOpen: Bool, isSecure: Bool) -> [Route] {
        let asyncAPI = Route(
            .get, "/asyncapi.json", "the events, for machines (AsyncAPI 3.0)", scope: nil
        ) { _ in document(AsyncAPI.document) }
        // Describes itself, without its handler.
        let summary = "the routes, for machines (OpenAPI 3.1)"
        let itself = Route(.get, "/openapi.json", summary, scope: nil) { _ in .empty(.noContent) }
        let openAPI = OpenAPI.document(
            others + [itself, asyncAPI], isOpen: isOpen, isSecure: isSecure)
        return [
            Route(.get, "/openapi.json", summary, scope: nil) { _ in document(openAPI) }, asyncAPI,
        ]
    }

    /// Returns a document that was encoded once, when the gateway started.
    private static func document(_ bytes: [UInt8]) -> RouteResponse {
        let fields: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
        return .response(Response(fields: fields, body: bytes))
    }
}
