internal import Authentication
internal import HTTPTypes
internal import Text

extension Routes {
    static func subscribers(_ loops: LoopGroup) -> [Route] {
        [
            Route(
                .get, "/subscribers", "subscribers: filter, since when, delivered, dropped, queued",
                scope: .admin
            ) { _ in
                .json(["subscribers": .array(await loops.subscribers().map(\.json))])
            }
        ]
    }
}
