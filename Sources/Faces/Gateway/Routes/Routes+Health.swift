internal import Authentication
internal import Frames
internal import HTTPServer
internal import HTTPTypes
internal import Text

extension Routes {
    static func health(_ health: Health, _ metrics: MetricsSource) -> [Route] {
        [
            Route(.get, "/healthz", "whether the process runs", scope: nil, admission: .vital) {
                _ in
                .json(["status": "ok"])
            },
            Route(
                .get, "/readyz", "whether the gateway can serve requests, with reasons",
                scope: .admin,
                admission: .vital
            ) { _ in
                let reasons = await health.reasons()
                guard reasons.isEmpty else {
                    var problem = Problem(
                        .serviceUnavailable, "not-ready", "Not ready",
                        "\(reasons.joined(separator: "; ")).",
                        remedy: "Send requests elsewhere for now.")
                    problem.more = [("reasons", .strings(reasons))]
                    throw problem
                }
                return .json(["status": "ready"])
            },
            Route(.get, "/metrics", "Prometheus metrics", scope: .admin, admission: .vital) { _ in
                let page = Metric.page(await metrics.snapshot())
                return .response(
                    Response(
                        fields: [
                            .contentType: "text/plain; version=0.0.4; charset=utf-8",
                            .cacheControl: "no-store",
                        ], body: page, isVital: true))
            },
        ]
    }
}
