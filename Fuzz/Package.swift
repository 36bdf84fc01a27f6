// swift-tools-version: 6.2
// What `make fuzz` builds: the parsers of the gateway and its client, instrumented for libFuzzer.
// `scripts/fuzz` passes the flags; without them this package does not link. The checks themselves are
// also a test of the package above (`Replay`), which needs neither.

import PackageDescription

let package = Package(
    name: "fuzz",
    platforms: [.macOS(.v26)],
    dependencies: [
        .package(name: "directory-gateway", path: ".."),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    ],
    targets: [
        .executableTarget(
            name: "fuzz",
            dependencies: [
                .product(name: "Rooms", package: "directory-gateway"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            path: ".", exclude: ["Corpus", "Replay"], sources: ["Driver", "Targets"],
            swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)])
    ]
)
