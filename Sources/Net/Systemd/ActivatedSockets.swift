internal import Addresses
internal import Glibc
public import Libevent

/// The sockets that the service manager has opened for the gateway (`sd_listen_fds(3)`).
public struct ActivatedSockets: Sendable {
    /// Why the sockets cannot be used.
    public struct Fault: Error, CustomStringConvertible {
        /// The reason.
        public let description: String
    }

    /// The most sockets that are taken.
    private static let countLimit = 256
    /// The name of the sockets for probes and scrapers, `FileDescriptorName=` of the socket unit.
    private static let adminName = "admin"

    /// The sockets for clients.
    public let clients: [ListeningSocket]
    /// The sockets for probes and scrapers: those with the name `admin`.
    public let admin: [ListeningSocket]

    /// No sockets: the gateway opens its own.
    public init() { (clients, admin) = ([], []) }

    /// Takes the sockets that are announced in the environment.
    /// - Parameters:
    ///   - first: the number of the first descriptor; the others follow it.
    ///   - variable: returns a variable of the environment.
    /// - Throws: when what is announced is not there, or is not a TCP socket that listens.
    public init(first: Int32 = 3, _ variable: (String) -> String?) throws(Fault) {
        // What is meant for another process, such as the one that has started this one.
        guard let process = variable("LISTEN_PID"), Int32(process) == getpid(),
            let number = variable("LISTEN_FDS")
        else {
            (clients, admin) = ([], [])
            return
        }
        guard let count = Int(number), (0...Self.countLimit).contains(count) else {
            throw Fault(description: "LISTEN_FDS is not a number from 0 to \(Self.countLimit)")
        }
        let names = variable("LISTEN_FDNAMES").map { names in
            names.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        }
        guard names == nil || names?.count == count || count == 0 else {
            throw Fault(description: "LISTEN_FDNAMES does not name \(count) descriptors")
        }
        var (clients, admin): ([ListeningSocket], [ListeningSocket]) = ([], [])
        for position in 0..<count {
            let descriptor = first + Int32(position)
            guard let socket = ListeningSocket(inherited: descriptor) else {
                throw Fault(
                    description:
                        "descriptor \(descriptor) of LISTEN_FDS is not a TCP socket that listens")
            }
            if names?[position].elementsEqual(Self.adminName.utf8) == true {
                admin.append(socket)
            } else {
                clients.append(socket)
            }
        }
        (self.clients, self.admin) = (clients, admin)
    }

    /// The address of the clients' sockets for the rules of access: one that other machines can reach,
    /// if there is one. nil without sockets.
    public var clientAddress: String? { Self.address(clients) }

    /// The same for the sockets of probes and scrapers.
    public var adminAddress: String? { Self.address(admin) }

    private static func address(_ sockets: [ListeningSocket]) -> String? {
        (sockets.first { !$0.address.isLoopback } ?? sockets.first)?.address.description
    }

    /// Closes the descriptors. Listeners that share the sockets have their own.
    public func close() { for socket in clients + admin { socket.close() } }
}
