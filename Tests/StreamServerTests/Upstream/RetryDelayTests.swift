import Testing

@testable import StreamServer

@Suite("Retry delay")
struct RetryDelayTests {
    @Test("the first retry comes at once, then delays double up to the maximum", arguments: 0..<20)
    func growth(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var retry = RetryDelay(delayMax: .seconds(5))
        for _ in 0..<2 {
            #expect(retry.next(using: &generator) <= .milliseconds(50))
            for step in [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000] {
                let delay = retry.next(using: &generator)
                #expect(delay >= .milliseconds(step / 2) && delay <= .milliseconds(step))
            }
            for _ in 0..<1000 { #expect(retry.next(using: &generator) <= .seconds(5)) }
            retry.reset()
        }
    }

    @Test("a small maximum holds for every delay")
    func small() {
        var generator = SeededGenerator(seed: 1)
        var retry = RetryDelay(delayMax: .milliseconds(10))
        for _ in 0..<100 { #expect(retry.next(using: &generator) <= .milliseconds(10)) }
    }
}
