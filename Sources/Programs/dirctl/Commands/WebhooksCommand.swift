internal import ArgumentParser
internal import DirectoryClient

struct WebhooksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "webhooks", abstract: "Let the gateway post events to a URL.",
        discussion: """
            Example:
              dirctl webhooks add https://example.org/hook --types RECORD_PUSHED
            """,
        subcommands: [
            Add.self, List.self, Show.self, Test.self, Deliveries.self, Replay.self, Rotate.self,
            Enable.self, Disable.self, Remove.self,
        ])

    @OptionGroup var options: ClientOptions
    @OptionGroup var format: FormatOptions

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a webhook, and print its secret, which is not shown again.",
            discussion: """
                Each message is signed with the secret (Standard Webhooks).

                Example:
                  dirctl webhooks add https://example.org/hook --types RECORD_PUSHED
                """)

        @Argument(help: "The receiver: http or https.") var url: String
        @Option(help: "Only events of these types, separated by commas.") var types: [String] = []
        @Option(help: "Only events with a label that contains one of these, separated by commas.")
        var labels: [String] = []
        @Option(help: "Only events of these cids, separated by commas.") var cids: [String] = []
        @Option(help: "standard, cloudevents or cloudevents-batch.") var messages: String?
        @Option(help: "A text for people.") var description: String?
        @Option(help: "A further header field of each request, as 'Name: value'.")
        var header: [String] = []
        @OptionGroup var format: FormatOptions
        @OptionGroup var options: ClientOptions

        func run() async throws {
            var draft = WebhookDraft(url: url)
            draft.types = Self.list(types)
            draft.labels = Self.list(labels)
            draft.cids = Self.list(cids)
            draft.format = messages
            draft.description = description
            for line in header {
                let halves = line.utf8.split(separator: 0x3A, maxSplits: 1).map { Array($0) }
                guard halves.count == 2 else {
                    throw ValidationError("--header needs 'Name: value'")
                }
                let name = String(decoding: halves[0], as: UTF8.self)
                let value = String(decoding: halves[1].drop { $0 == 0x20 }, as: UTF8.self)
                draft.headers = (draft.headers ?? [:]).merging([name: value]) { $1 }
            }
            let webhook = try await options.client().addWebhook(draft)
            let secret = webhook.secret ?? ""
            try format.show(
                webhook,
                human:
                    "Webhook created with ID: \(webhook.id)\n  Secret: \(secret)\n  The secret is not shown again.",
                raw: secret)
        }

        private static func list(_ texts: [String]) -> [String]? {
            let items = texts.flatMap { $0.utf8.split(separator: 0x2C) }
                .map { String(decoding: $0.drop { $0 == 0x20 }, as: UTF8.self) }
            return items.isEmpty ? nil : items
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List webhooks, with their state and lag.",
            discussion: """
                Example:
                  dirctl webhooks list
                """)

        @OptionGroup var format: FormatOptions
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let client = try options.client()
            var webhooks: [WebhookInfo] = []
            var cursor: String?
            repeat {
                let page = try await client.webhooks(limit: 1000, after: cursor)
                webhooks += page.webhooks
                cursor = page.next
            } while cursor != nil
            try format.show(
                webhooks, human: WebhookText.line, raw: \.id, none: "No webhooks found")
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a webhook, and how far it is behind.",
            discussion: """
                Example:
                  dirctl webhooks show 4c5f7a3e-7a0e-4a52-9b5d-0d1f1a2b3c4d
                """)

        @Argument(help: "The id of the webhook.") var id: String
        @OptionGroup var format: FormatOptions
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let webhook = try await options.client().webhook(id)
            try format.show(webhook, human: WebhookText.text(webhook), raw: webhook.state)
        }
    }

    struct Deliveries: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the last attempts of a webhook, newest first.",
            discussion: """
                Example:
                  dirctl webhooks deliveries 4c5f7a3e-7a0e-4a52-9b5d-0d1f1a2b3c4d --state failed
                """)

        @Argument(help: "The id of the webhook.") var id: String
        @Option(help: "succeeded or failed.") var state: String?
        @Option(help: "The most attempts to show.") var limit = 100
        @OptionGroup var format: FormatOptions
        @OptionGroup var options: ClientOptions

        func run() async throws {
            guard (1...1000).contains(limit) else {
                throw ValidationError("--limit must be from 1 to 1000")
            }
            let page = try await options.client()
                .webhookAttempts(of: id, state: state, limit: limit)
            try format.show(
                page.attempts, human: WebhookText.line, raw: { "\($0.number)" },
                none: "No deliveries found")
        }
    }
}
