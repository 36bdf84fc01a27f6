// swift-tools-version: 6.2
// The targets in the order in which bytes pass through them. What each may import is said in
// docs/architecture.md, and `scripts/check-imports` proves it.

import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// For the rooms that touch raw memory or C: there every unsafe step is marked as one.
let boundary: [SwiftSetting] = strict + [.strictMemorySafety()]

/// Tests say no access levels on their imports.
let testing: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

let package = Package(
    name: "directory-gateway",
    platforms: [.macOS(.v26)],
    products: [
        .executable(name: "dir-gateway", targets: ["dir-gateway"]),
        .executable(name: "dirctl", targets: ["dirctl"]),
        .library(name: "DirectoryClient", targets: ["DirectoryClient", "Events"]),
        // what `Fuzz` and `Benchmarks`, packages of their own, look into
        .library(
            name: "Rooms",
            targets: [
                "Addresses", "Authentication", "Compression", "Directory", "DirectoryClient",
                "EventHub", "Events", "Gateway", "GatewayGRPC", "Libevent", "HTTPServer", "HTTP2",
                "Outbound", "Records", "Text", "Frames", "TLS", "Upstream",
                "Webhooks",
            ]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.3.0"),
        .package(
            url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        // without its default traits, which would link all of Foundation
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/apple/swift-async-algorithms", from: "1.1.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        // libevent's headers, and the few shims Swift cannot import
        .systemLibrary(
            name: "CLibevent", path: "Sources/Net/CLibevent", pkgConfig: "libevent_core",
            providers: [.apt(["libevent-dev"])]),

        // libcurl's headers, and its variadic functions, one for each type of argument
        .systemLibrary(
            name: "CCurl", path: "Sources/Net/CCurl", pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"])]),

        // IP addresses and networks
        .target(name: "Addresses", path: "Sources/Net/Addresses", swiftSettings: boundary),

        // OpenSSL's headers, and the macros Swift cannot import
        .systemLibrary(
            name: "COpenSSL", path: "Sources/Net/COpenSSL", pkgConfig: "openssl",
            providers: [.apt(["libssl-dev"])]),

        // certificates and their reload, names, handshake, records: the safe face of OpenSSL
        .target(
            name: "TLS", dependencies: ["COpenSSL", "Libevent"], path: "Sources/Net/TLS",
            swiftSettings: boundary),

        // nghttp2's header
        .systemLibrary(
            name: "CNghttp2", path: "Sources/Net/CNghttp2", pkgConfig: "libnghttp2",
            providers: [.apt(["libnghttp2-dev"])]),

        // zlib's header
        .systemLibrary(
            name: "CZlib", path: "Sources/Net/CZlib", pkgConfig: "zlib",
            providers: [.apt(["zlib1g-dev"])]),

        // gzip within bounds: the safe face of zlib
        .target(
            name: "Compression", dependencies: ["CZlib"], path: "Sources/Net/Compression",
            swiftSettings: boundary),

        // libsodium's headers, and the macros Swift cannot import
        .systemLibrary(
            name: "CSodium", path: "Sources/Net/CSodium", pkgConfig: "libsodium",
            providers: [.apt(["libsodium-dev"])]),

        // encryption with a secret key, as cosign's key files have it: the safe face of libsodium
        .target(
            name: "Secretbox", dependencies: ["CSodium"], path: "Sources/Net/Secretbox",
            swiftSettings: boundary),

        // event loop, executor, timer, signal thread, mailbox, listener: the safe face of libevent
        .target(
            name: "Libevent", dependencies: ["Addresses", "CLibevent"],
            path: "Sources/Net/Libevent",
            swiftSettings: boundary),

        // what systemd expects of a service: notifications, and sockets that it has opened
        .target(
            name: "Systemd", dependencies: ["Addresses", "Libevent"], path: "Sources/Net/Systemd",
            swiftSettings: boundary),

        // immutable shared bytes that leave through many sockets; the budget of memory
        .target(name: "Frames", path: "Sources/Streams/Frames", swiftSettings: boundary),

        // HTTP/1.1 parser, connection, exchange, event stream, limits
        .target(
            name: "HTTPServer",
            dependencies: [
                "Addresses", "Libevent", "Frames", "TLS",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ], path: "Sources/Net/HTTPServer", swiftSettings: boundary),

        // streams, flow control and limits of HTTP/2: a session that knows no socket
        .target(
            name: "HTTP2",
            dependencies: [
                "CNghttp2", "Frames", "HTTPServer", "Libevent",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ], path: "Sources/Net/HTTP2", swiftSettings: boundary),

        // text as bytes: comparing, searching, JSON, percent-coding, times, lists; backoff; pure
        .target(name: "Text", path: "Sources/Directory/Text", swiftSettings: strict),

        // event, its types, filter, id; JSON; SSE decoding: portable
        .target(
            name: "Events", dependencies: ["Text"], path: "Sources/Directory/Events",
            swiftSettings: strict),

        // cid, record, its rules and labels, keys, signatures: pure and portable
        .target(
            name: "Records",
            dependencies: [
                "Text",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
            ], path: "Sources/Directory/Records", swiftSettings: strict),

        // subscription index, send queues, encodings, delivery policy, backplane port
        .target(
            name: "EventHub",
            dependencies: [
                "Events", "Text", "Frames",
                .product(name: "DequeModule", package: "swift-collections"),
            ], path: "Sources/Streams/EventHub", swiftSettings: strict),

        // store, publications, signatures, syncs: the operations
        .target(
            name: "Directory",
            dependencies: [
                "Events", "Records", "Text",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
            ], path: "Sources/Directory/Directory", swiftSettings: strict),

        // token, JSON Web Token, certificate or session to subject, scopes and event filter
        .target(
            name: "Authentication",
            dependencies: [
                "Events", "Text",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "JWTKit", package: "jwt-kit"),
            ], path: "Sources/Faces/Authentication", swiftSettings: strict),

        // requests to addresses that clients name: which are allowed, and what may come back
        .target(
            name: "Outbound",
            dependencies: ["Addresses", "CCurl", "Directory", "Libevent", "Text"],
            path: "Sources/Faces/Outbound", swiftSettings: boundary),

        // events of the log to receivers that clients name: places, signatures, retries
        .target(
            name: "Webhooks",
            dependencies: [
                "Directory", "Events", "Libevent", "Outbound", "Text",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
            ], path: "Sources/Faces/Webhooks", swiftSettings: strict),

        // the messages of the Directory's own interface, generated from Protos
        .target(
            name: "DirectoryMessages",
            dependencies: [.product(name: "SwiftProtobuf", package: "swift-protobuf")],
            path: "Sources/Faces/DirectoryMessages", swiftSettings: strict),

        // the Directory's own interface: methods, framing and status of gRPC
        .target(
            name: "GatewayGRPC",
            dependencies: [
                "Compression", "Directory", "DirectoryMessages", "Events", "Frames",
                "HTTPServer", "Libevent", "Records", "Text",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ], path: "Sources/Faces/GatewayGRPC", swiftSettings: strict),

        // another Directory behind this gateway: its events, and the operations carried to it
        .target(
            name: "Upstream",
            dependencies: [
                "Addresses", "Directory", "DirectoryMessages", "Events", "Frames", "GatewayGRPC",
                "HTTP2", "Libevent", "Records", "TLS", "Text",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ], path: "Sources/Faces/Upstream", swiftSettings: strict),

        // routes, errors to status, dashboard files, metrics, health, settings
        .target(
            name: "Gateway",
            dependencies: [
                "GatewayGRPC",
                "Addresses", "Libevent", "TLS", "HTTPServer", "HTTP2", "Frames", "Text", "Events",
                "EventHub", "Records", "Directory", "Authentication", "Outbound", "Upstream",
                "Systemd", "Webhooks",
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Yams", package: "Yams"),
            ], path: "Sources/Faces/Gateway", swiftSettings: strict),

        // a gateway from the outside: operations over HTTP, and a stream that comes back
        .target(
            name: "DirectoryClient",
            dependencies: [
                "Events", "Text",
                .product(name: "AsyncAlgorithms", package: "swift-async-algorithms"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ], path: "Sources/Client/DirectoryClient", swiftSettings: strict),

        // the command line for people and scripts
        .executableTarget(
            name: "dirctl",
            dependencies: [
                "DirectoryClient", "Records", "Events", "Secretbox", "Text",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "Yams", package: "Yams"),
            ], path: "Sources/Programs/dirctl", swiftSettings: strict),

        // the server program: assembly and command line only
        .executableTarget(
            name: "dir-gateway",
            dependencies: [
                "Gateway", "Systemd",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ], path: "Sources/Programs/dir-gateway", swiftSettings: strict),

        // what several tests use: a bare socket, a reader of streams, an exchange without a
        // connection, records and events
        .target(
            name: "TestSupport",
            dependencies: [
                "Addresses", "CNghttp2", "Events", "Frames", "HTTPServer", "Libevent", "Records",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ], path: "Tests/TestSupport", swiftSettings: testing),
        .testTarget(name: "AddressesTests", dependencies: ["Addresses"], swiftSettings: testing),
        .testTarget(
            name: "LibeventTests", dependencies: ["Addresses", "Libevent", "TestSupport"],
            swiftSettings: testing),
        .testTarget(
            name: "SystemdTests", dependencies: ["Libevent", "Systemd"], swiftSettings: testing),
        .testTarget(
            name: "TLSTests", dependencies: ["TLS", "COpenSSL", "Libevent", "TestSupport"],
            swiftSettings: testing),
        .testTarget(
            name: "HTTPServerTests",
            dependencies: [
                "Addresses", "HTTP2", "HTTPServer", "Libevent", "Frames", "TLS", "TestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ], swiftSettings: testing),

        .testTarget(
            name: "HTTP2Tests",
            dependencies: [
                "HTTP2", "Frames", "TestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ], swiftSettings: testing),
        .testTarget(
            name: "TextTests", dependencies: ["TestSupport", "Text"], swiftSettings: testing),
        .testTarget(
            name: "EventsTests", dependencies: ["Events", "TestSupport", "Text"],
            swiftSettings: testing),
        .testTarget(
            name: "FramesTests", dependencies: ["Frames", "TestSupport"], swiftSettings: testing),
        .testTarget(
            name: "EventHubTests", dependencies: ["EventHub", "Events", "Frames", "TestSupport"],
            swiftSettings: testing),
        .testTarget(
            name: "RecordsTests", dependencies: ["Records", "TestSupport", "Text"],
            swiftSettings: testing),
        .testTarget(
            name: "DirectoryTests",
            dependencies: [
                "Directory", "EventHub", "Events", "Records", "TestSupport", "Text",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: testing),
        .testTarget(
            name: "AuthenticationTests",
            dependencies: [
                "Authentication", "Events", "TestSupport", "Text",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ], swiftSettings: testing),
        .testTarget(
            name: "OutboundTests",
            dependencies: ["Addresses", "Outbound", "Directory", "Libevent", "TestSupport"],
            swiftSettings: testing),
        .testTarget(
            name: "WebhooksTests",
            dependencies: [
                "Directory", "Events", "Libevent", "Outbound", "TestSupport", "Text", "Webhooks",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: testing),
        .testTarget(
            name: "CompressionTests", dependencies: ["Compression"], swiftSettings: testing),
        .testTarget(
            name: "SecretboxTests", dependencies: ["Secretbox"], swiftSettings: testing),
        .testTarget(
            name: "GatewayGRPCTests",
            dependencies: [
                "DirectoryMessages", "EventHub", "Events", "GatewayGRPC", "HTTPServer", "Records",
                "TestSupport", "Text",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ], swiftSettings: testing),
        .testTarget(
            name: "UpstreamTests",
            dependencies: ["Events", "TestSupport", "Upstream"], swiftSettings: testing),
        .testTarget(
            name: "GatewayTests",
            dependencies: [
                "Gateway", "dir-gateway", "dirctl", "DirectoryClient", "Directory",
                "DirectoryMessages", "Events",
                "Authentication", "HTTPServer", "Records", "Secretbox", "Text", "TestSupport",
                "Systemd",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ], swiftSettings: testing),

        // the checks of `make fuzz`, over the inputs that are kept
        .testTarget(
            name: "FuzzTests",
            dependencies: [
                "Addresses", "Authentication", "Directory", "DirectoryClient", "EventHub", "Events",
                "Gateway",
                "Libevent", "HTTPServer", "Outbound", "Records", "Text", "Frames",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            path: "Fuzz", exclude: ["Corpus", "Driver", "Package.swift"],
            sources: ["Replay", "Targets"], swiftSettings: testing),
    ]
)
