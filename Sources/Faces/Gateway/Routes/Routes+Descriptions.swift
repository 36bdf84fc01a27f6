internal import HTTPTypes
internal import Text

extension Routes {
    static let descriptions = [
        Route(.get, "/openapi.json", "the routes, for machines (OpenAPI 3.1)") { _, _ in
            .json(OpenAPI.document(Routes.all))
        },
        Route(.get, "/asyncapi.json", "the events, for machines (AsyncAPI 3.0)") { _, _ in
            .json(AsyncAPI.document)
        },
    ]
}
