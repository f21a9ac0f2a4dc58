import Dispatch
import Testing

@testable import StreamServer

@Suite("The way to a registry")
struct RegistryReaderTests {
    @Test("a call that hangs is left alone, and so are others until it ends")
    func stuck() async throws {
        let database = try RegistryDatabase()
        let reader = RegistryReader(path: database.path)
        let gate = DispatchSemaphore(value: 0)
        let first = await reader.attempt(within: .milliseconds(10)) { _ in
            gate.wait()
            return 1
        }
        #expect(first == nil)
        #expect(await reader.attempt(within: nil) { _ in 2 } == nil, "it is stuck")
        gate.signal()
        // Behind the call that hung, on the same thread.
        #expect(try await reader.read { try $0.lastMessage() } == 0)
        #expect(await reader.attempt(within: nil) { _ in 3 } == 3)
    }

    @Test("what goes wrong is told to who asked")
    func failures() async throws {
        let database = try RegistryDatabase()
        let reader = RegistryReader(path: database.path + ".missing")
        await #expect(throws: RegistryError.missing) {
            try await reader.read { try $0.lastMessage() }
        }
    }
}
