import Foundation
import Journal
import TestSupport
import Testing

@testable import StreamServer

@Suite("Upstream memory")
struct UpstreamMemoryFileTests {
    private let directory = "/j/upstreams"
    private let heard = Timestamp(microseconds: 1_700_000_000_000_000)
    private let later = Timestamp(microseconds: 1_800_000_000_000_000)

    private func epoch(_ name: String = "k7q2m9xa") throws -> Epoch { try #require(Epoch(name)) }

    private func file(_ files: MemoryFileSystem, upstream: String = "u") -> UpstreamMemoryFile {
        UpstreamMemoryFile(upstream: upstream, in: directory, files)
    }

    @Test("what was written is read, for each upstream its own")
    func roundTrip() throws {
        let files = MemoryFileSystem()
        var memory = UpstreamMemory(keys: [1, 2, 2], heardAt: heard)
        var first = file(files)
        #expect(first.read(epoch: try epoch(), lastIngest: later) == nil)
        for key in 3..<400 as Range<UInt64> {
            memory.append(key)
            try first.write(memory, epoch: try epoch())
        }
        #expect(file(files).read(epoch: try epoch(), lastIngest: later) == memory)
        #expect(memory.keys.count == UpstreamMemory.keysMax)
        #expect(file(files, upstream: "v").read(epoch: try epoch(), lastIngest: later) == nil)
        var again = file(files)
        try again.write(UpstreamMemory(heardAt: later), epoch: try epoch())
        let read = file(files).read(epoch: try epoch(), lastIngest: heard)
        #expect(read == UpstreamMemory(heardAt: later))
    }

    @Test("in another epoch the events are forgotten, and the time is not")
    func otherEpoch() throws {
        let files = MemoryFileSystem()
        var written = file(files)
        try written.write(UpstreamMemory(keys: [1], heardAt: heard), epoch: try epoch())
        let memory = file(files).read(epoch: try epoch("aaaaaaaa"), lastIngest: later)
        #expect(memory == UpstreamMemory(heardAt: heard, isForgetful: true))
    }

    @Test("a damaged file is no first link")
    func damaged() throws {
        let files = MemoryFileSystem()
        var written = file(files)
        try written.write(UpstreamMemory(keys: [1], heardAt: heard), epoch: try epoch())
        let name = try #require(try files.names(in: directory).first)
        let opened = try files.open("\(directory)/\(name)", for: .writing)
        try opened.write([UInt8](repeating: 7, count: 5120), at: .zero)
        let memory = file(files).read(epoch: try epoch(), lastIngest: later)
        #expect(memory == UpstreamMemory(heardAt: later, isForgetful: true))
    }

    @Test("a memory counts each key as often as it is held")
    func counts() {
        var memory = UpstreamMemory(keys: [1, 1], heardAt: heard)
        #expect(memory.count(of: 1) == 2)
        for _ in 0..<UpstreamMemory.keysMax - 1 { memory.append(2) }
        #expect(memory.count(of: 1) == 1)
        memory.append(2)
        #expect(memory.count(of: 1) == 0)
        #expect(memory.count(of: 2) == UpstreamMemory.keysMax)
    }
}
