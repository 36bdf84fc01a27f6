// swift-tools-version: 6.2
// What `make bench` measures with: the load, the raw limit, single pieces of work. `Benchmarks/run`
// builds it together with the programs that it measures, which are products of the package above.

import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "benchmarks",
    platforms: [.macOS(.v26)],
    dependencies: [
        .package(name: "directory-gateway", path: ".."),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        .executableTarget(
            name: "bench-load", path: "Load", cSettings: [.define("_GNU_SOURCE")],
            linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),
        .executableTarget(
            name: "bench-raw", path: "RawServer",
            linkerSettings: [
                .linkedLibrary("nghttp2"), .linkedLibrary("ssl"), .linkedLibrary("crypto"),
            ]),
        .executableTarget(
            name: "bench-micro",
            dependencies: [.product(name: "Rooms", package: "directory-gateway")],
            path: "Micro", swiftSettings: strict),
        .executableTarget(
            name: "bench-insert", dependencies: [.product(name: "GRDB", package: "GRDB.swift")],
            path: "Insert", swiftSettings: strict),
        .executableTarget(
            name: "bench-log",
            dependencies: [.product(name: "Rooms", package: "directory-gateway")],
            path: "Log", swiftSettings: strict),
    ]
)
