// swift-tools-version: 6.2

import PackageDescription

// The journal and its tests alone, so that a mutant is built in little time: `run` copies their
// sources beside this. Warnings are not errors here, since mutants deserve some.
let package = Package(
    name: "tapedeck-mutants",
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
        .target(name: "TestSupport", dependencies: ["Journal"], path: "Tests/TestSupport"),
        .testTarget(name: "JournalTests", dependencies: ["Journal", "TestSupport"]),
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
    ]
}
