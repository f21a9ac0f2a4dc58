import Foundation

/// Loads a server of event streams, checks what arrives, and measures it:
/// `stream-load SCENARIO --server tapedeck|nchan --port PORT [--processes PID,…] …`.
///
/// Prints `name value` lines; exits 1 if it cannot measure.
@main
enum StreamLoad {
    static func main() {
        do {
            try run(CommandLine.arguments.dropFirst())
        } catch {
            FileHandle.standardError.write(Data("stream-load: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func run(_ words: ArraySlice<String>) throws(LoadError) {
        var words = words
        let scenario = words.popFirst() ?? ""
        try raiseDescriptors()
        let arguments = try Arguments(words)
        switch scenario {
        case "saturated": try LiveScenario(arguments).saturated()
        case "in-flight": try LiveScenario(arguments).inFlight()
        case "rate": try LiveScenario(arguments).atRate()
        case "stall": try StallScenario(arguments).run()
        case "idle": try IdleScenario(arguments).run()
        case "catch-up": try CatchUpScenario(arguments).run()
        case "resume": try ResumeScenario(arguments).run()
        case "writers": try WritersScenario(arguments).run()
        case "reconnect": try ReconnectScenario(arguments).run()
        case "check": try SelfCheck.run()
        default: throw LoadError("there is no scenario \(scenario)")
        }
    }

    /// Lets this process have as many sockets as it may.
    private static func raiseDescriptors() throws(LoadError) {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            throw LoadError(call: "getrlimit")
        }
        limit.rlim_cur = limit.rlim_max
        guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            throw LoadError(call: "setrlimit")
        }
    }
}
