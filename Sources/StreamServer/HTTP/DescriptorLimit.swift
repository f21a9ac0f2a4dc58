import Glibc

/// How many files and connections the process may have open at once.
enum DescriptorLimit {
    /// Descriptors that are left for the journal, its readers and whatever else.
    private static let reserve = 512

    /// Raises the limit as far as this user may, and returns how many of it connections may take.
    static func raise() -> Int {
        var limit = rlimit()
        let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard unsafe getrlimit(kind, &limit) == 0 else { return reserve }
        let before = limit.rlim_cur
        limit.rlim_cur = limit.rlim_max
        if unsafe setrlimit(kind, &limit) != 0 { limit.rlim_cur = before }
        let all = Int(clamping: limit.rlim_cur)
        return max(all - reserve, all / 4)
    }
}
