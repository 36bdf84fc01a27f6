internal import ArgumentParser
internal import Gateway

/// Checks the store of a stopped gateway.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check all of the store; exit 1 when it is damaged.",
        discussion: """
            Stop the gateway first. The check reads every page, every index, every reference and \
            the content of every record: a large store takes minutes.

            Example: dir-gateway check --data-dir /var/lib/directory-gateway
            """)

    @OptionGroup var options: SettingsOptions

    func run() throws {
        let directory = try Settings.dataDirectory(try options.reader())
        let fault: String?
        do { fault = try StoreAdministration.check(directory) } catch {
            throw StartFailure(reason: "\(error)")
        }
        guard let fault else { return print("\(directory): the store is not damaged") }
        print("\(directory): the store is damaged: \(fault)")
        throw ExitCode.failure
    }
}
