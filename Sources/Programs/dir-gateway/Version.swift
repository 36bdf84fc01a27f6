internal import ArgumentParser
internal import Gateway

/// Prints the version.
struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the version.", discussion: "Example: dir-gateway version")

    func run() { print("dir-gateway \(GatewayServer.version)") }
}
