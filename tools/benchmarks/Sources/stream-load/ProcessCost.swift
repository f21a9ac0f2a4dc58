import Foundation

/// Processor time and memory of processes, by what the kernel tells of them.
struct ProcessCost {
    var processes: [Int32]

    /// Seconds of processors that they have had together.
    func cpuSeconds() throws(LoadError) -> Double {
        var ticks = 0
        for process in processes {
            let text = try ProcessCost.read("/proc/\(process)/stat")
            let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
            guard fields.count > 13, let user = Int(fields[12]), let system = Int(fields[13]) else {
                throw LoadError("/proc/\(process)/stat has no times")
            }
            ticks += user + system
        }
        return Double(ticks) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Their memory in KiB; what several share is divided between them.
    func memoryKiB() throws(LoadError) -> Double {
        var sum = 0
        for process in processes {
            let text = try ProcessCost.read("/proc/\(process)/smaps_rollup")
            guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Pss:") }),
                let value = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
            else { throw LoadError("/proc/\(process)/smaps_rollup has no Pss") }
            sum += value
        }
        return Double(sum)
    }

    /// Bytes that the kernel holds for the peers at those ports, sent to them or not, by the server
    /// at `port`.
    static func unreadBytes(server port: UInt16, peers: Set<UInt16>) throws(LoadError) -> Int {
        var sum = 0
        for line in try read("/proc/net/tcp").split(separator: "\n").dropFirst() {
            let fields = line.split(separator: " ")
            guard fields.count > 4, place(fields[1]) == port,
                let peer = place(fields[2]), peers.contains(peer),
                let queue = fields[4].split(separator: ":").first
            else { continue }
            sum += Int(queue, radix: 16) ?? 0
        }
        return sum
    }

    private static func place(_ address: Substring) -> UInt16? {
        address.split(separator: ":").last.flatMap { UInt16($0, radix: 16) }
    }

    /// A file of /proc, read to its end.
    private static func read(_ path: String) throws(LoadError) -> String {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw LoadError(call: "\(path) cannot be opened") }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { throw LoadError(call: "\(path) cannot be read") }
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }

    /// Seconds of processors that this process has had.
    static var ownCPUSeconds: Double {
        var usage = rusage()
        unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }
}
