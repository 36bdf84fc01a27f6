import Text

@testable import Outbound

/// Checks what a hostile gateway can say of its records and signatures.
func checkRemoteResponse(_ input: [UInt8]) throws {
    let limits = RemoteLimits()
    if let page = try? RemoteGateway.readPage(input, limits) {
        for item in page.items {
            let count = item.signatures ?? 0
            try require((0...1_000_000).contains(count), "\(count) signatures")
        }
        try require(page.items.count <= limits.values, "\(page.items.count) records")
    }
    if let signatures = try? RemoteGateway.readSignatures(input, limits) {
        try require(signatures.count <= limits.values, "\(signatures.count) signatures")
    }
}
