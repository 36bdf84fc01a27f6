internal import ArgumentParser
internal import Gateway

/// Checks the store of a gateway that does not run.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the store thoroughly; exit 1 when it is damaged.",
        discussion: """
            Stop the gateway first. Every page, every index and the content of every record is \
            looked at: a large store takes minutes.

            Example: dir-gateway check --data-dir /var/lib/directory-gateway
            """)

    @OptionGroup var options: SettingsOptions

    func run() throws {
        let directory = try Settings(try options.reader()).dataDirectory
        let fault: String?
        do { fault = try GatewayServer.check(store: directory) } catch {
            throw StartFailure(reason: "\(error)")
        }
        guard let fault else { return print("\(directory): the store is whole") }
        print("\(directory): the store is damaged: \(fault)")
        throw ExitCode.failure
    }
}
