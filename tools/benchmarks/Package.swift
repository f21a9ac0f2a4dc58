// swift-tools-version: 6.2

import PackageDescription

// A package of its own, so that ordinary builds never see it. It compiles the journal's sources
// where they are; the folders under Sources are links.
let package = Package(
    name: "tapedeck-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
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
        .executableTarget(name: "benchmark", dependencies: ["Journal"]),
        .systemLibrary(name: "CEvents"),
        .executableTarget(name: "stream-load", dependencies: ["CEvents"]),
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
