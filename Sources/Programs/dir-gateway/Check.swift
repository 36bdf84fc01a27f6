internal import ArgumentParser
internal import Gateway

/// Checks the store of a stopped gateway.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check all of the store; exit 1 when it is damaged.",
        discussion: """
            Stop the gateway first. The check reads every page, every index and the content of \
            every record: a large store takes minutes.

            Example: dir-gateway check --data-dir /var/lib/directory-gateway
            """)

    @OptionGroup var options: SettingsOptions

    func run() throws {
        let directory = try Settings(try options.reader()).dataDirectory
        let fault: String?
        do { fault = try GatewayServer.check(store: directory) } catch {
            throw StartFailure(reason: "\(error)")
        }
        guard let fault else { return print("\(directory): the store is not damaged") }
        print("\(directory): the store is damaged: \(fault)")
        throw ExitCode.failure
    }
}
