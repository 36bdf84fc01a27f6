internal import ArgumentParser
internal import DirectoryClient

/// What is done with one webhook.
extension WebhooksCommand {
    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send a message without an event; exit 1 when the receiver does not take it.",
            discussion: """
                Example:
                  dirctl webhooks test 4c5f7a3e-7a0e-4a52-9b5d-0d1f1a2b3c4d
                """)

        @Argument(help: "The id of the webhook.") var id: String
        @OptionGroup var format: FormatOptions
        @OptionGroup var options: ClientOptions

        func run() async throws {
            // The gateway waits for the receiver.
            let client = try options.client { $0.timeout = max($0.timeout, .seconds(60)) }
            let attempt = try await client.testWebhook(id)
            try format.show(attempt, human: WebhookText.line(attempt), raw: attempt.state)
            guard attempt.reason == nil else { throw Exit.Silently(code: .failed) }
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send events again, in their order.",
            discussion: """
                Example:
                  dirctl webhooks replay 4c5f7a3e-7a0e-4a52-9b5d-0d1f1a2b3c4d --since 10m
                """)

        @Argument(help: "The id of the webhook.") var id: String
        @Option(help: "A time (RFC 3339), or how long ago, such as 10m.") var since: String?
        @Option(help: "The id of the event before the first one.") var after: String?
        @Option(help: "The number of the attempt with the first one.") var delivery: Int?
        @OptionGroup var format: FormatOptions
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let start: WebhookReplay
            switch (since, after, delivery) {
            case (let text?, nil, nil): start = .since(text)
            case (nil, let event?, nil): start = .after(event)
            case (nil, nil, let number?): start = .delivery(number)
            default: throw ValidationError("give one of --since, --after and --delivery")
            }
            let webhook = try await options.client().replayWebhook(id, from: start)
            if let reset = webhook.reset {
                Output.notice("Not all events are kept (\(reset.cause)): the oldest come first.")
            }
            try format.show(
                webhook, human: "Replaying to webhook with ID: \(webhook.id)", raw: webhook.id)
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a new secret; the one before is used too for 24 hours.",
            discussion: """
                Example:
                  dirctl webhooks rotate 4c5f7a3e-7a0e-4a52-9b5d-0d1f1a2b3c4d
                """)

        @Argument(help: "The id of the webhook.") var id: String
        @OptionGroup var format: FormatOptions
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let secret = try await options.client().rotateWebhook(id)
            try format.show(
                secret,
                human:
                    "Secret: \(secret.secret)\n  The one before is used too until \(secret.previousUntil).",
                raw: secret.secret)
        }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Enable a webhook, which goes on where it was.",
            discussion: """
                Example:
                  dirctl webhooks enable 4c5f7a3e-7a0e-4a52-9b5d-0d1f1a2b3c4d
                """)

        @Argument(help: "The id of the webhook.") var id: String
        @OptionGroup var format: FormatOptions
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let webhook = try await options.client().setWebhook(id, enabled: true)
            try format.show(webhook, human: "Webhook enabled with ID: \(id)", raw: id)
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Disable a webhook; its events are kept for some time.",
            discussion: """
                Example:
                  dirctl webhooks disable 4c5f7a3e-7a0e-4a52-9b5d-0d1f1a2b3c4d
                """)

        @Argument(help: "The id of the webhook.") var id: String
        @OptionGroup var format: FormatOptions
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let webhook = try await options.client().setWebhook(id, enabled: false)
            try format.show(webhook, human: "Webhook disabled with ID: \(id)", raw: id)
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a webhook.",
            discussion: """
                Example:
                  dirctl webhooks remove 4c5f7a3e-7a0e-4a52-9b5d-0d1f1a2b3c4d
                """)

        @Argument(help: "The id of the webhook.") var id: String
        @OptionGroup var format: FormatOptions
        @OptionGroup var options: ClientOptions

        func run() async throws {
            try await options.client().removeWebhook(id)
            try format.show(["id": id], human: "Webhook removed with ID: \(id)", raw: id)
        }
    }
}

/// Webhooks and attempts for people.
enum WebhookText {
    static func line(_ webhook: WebhookInfo) -> String {
        var line = "\(webhook.id)  \(webhook.state)  \(webhook.url)"
        if webhook.lagEvents > 0 { line += "  (\(webhook.lagEvents) events behind)" }
        return line
    }

    static func text(_ webhook: WebhookInfo) -> String {
        var lines = ["Webhook \(webhook.id)", "  URL: \(webhook.url)", "  State: \(webhook.state)"]
        func add(_ name: String, _ value: String?) {
            if let value { lines.append("  \(name): \(value)") }
        }
        add("Disabled because", webhook.disabledReason)
        add("Description", webhook.description)
        add("Messages", webhook.format)
        add("Types", webhook.types?.joined(separator: ", "))
        add("Labels", webhook.labels?.joined(separator: ", "))
        add("Cids", webhook.cids?.joined(separator: ", "))
        add("Created", webhook.createdAt)
        add("Behind", "\(webhook.lagEvents) events")
        add("Last success", webhook.lastSuccessAt)
        add("Last failure", webhook.lastFailure.map { "\($0.at), \($0.reason)" })
        add("Next attempt", webhook.nextAttemptAt)
        return lines.joined(separator: "\n")
    }

    static func line(_ attempt: WebhookAttempt) -> String {
        var line = "#\(attempt.number)  \(attempt.at)  \(attempt.state)  \(attempt.kind)"
        line += "  \(attempt.messageID)"
        if let status = attempt.status { line += "  \(status)" }
        if let reason = attempt.reason { line += "  \(reason)" }
        return line
    }
}
