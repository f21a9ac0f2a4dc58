// swift-tools-version: 6.2

import PackageDescription

// A package of its own, since everything in it is built for libFuzzer. It compiles the sources of
// the parsers where they are; the folders under Sources are links.
let package = Package(
    name: "tapedeck-fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        .systemLibrary(name: "CLZ4", pkgConfig: "liblz4"),
        .systemLibrary(name: "CChecksum"),
        .systemLibrary(name: "CPlatform"),
        .target(
            name: "Journal",
            dependencies: [
                "CLZ4", "CChecksum", "CPlatform",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "GRDB", package: "GRDB.swift"),
            ]
        ),
        .target(
            name: "StreamServer",
            dependencies: [
                "Journal",
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            sources: [
                "Ingest/EventLine.swift",
                "Ingest/LineCutter.swift",
                "Ingest/LineImporter.swift",
                "Ingest/LineSplitter.swift",
                "Recording/TypeFilter.swift",
                "Recording/UpstreamEvent.swift",
                "Recording/UpstreamParser.swift",
                "SSE/JSONObject.swift",
                "SocketIO",
                "Upstream/SocketIOSession.swift",
                "Upstream/SocketIOSession+Packets.swift",
                "Upstream/SocketIOSession+State.swift",
                "Upstream/UpstreamConfigurationError.swift",
                "Upstream/WebSocketFrameFilter.swift",
                "Upstream/WebSocketFrameHeader.swift",
            ]
        ),
        .executableTarget(
            name: "fuzz",
            dependencies: [
                "Journal", "StreamServer",
                .product(name: "NIOCore", package: "swift-nio"),
            ]
        ),
    ],
    swiftLanguageModes: [.v6]
)

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InferIsolatedConformances"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .strictMemorySafety(),
    ]
}
